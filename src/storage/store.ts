import type { Kysely } from 'kysely'
import type { Dialect } from './dialect.ts'
import type { Prepared } from './prepared.ts'
import type { Schema } from './schema.ts'

/** Something that happened, told in the transaction of the data it tells of. */
export interface DomainEvent {
  /** `message.added`, `session.started`, … */
  readonly type: string
  /** What it happened to, `chat:12`; order holds per subject. */
  readonly subject: string
  readonly payload: object
}

/** Who caused what a transaction tells of. */
export interface Origin {
  /** The person who acted; 0 where it was the portal itself. */
  readonly userId: number
  /** The caller and the key of his that the call named, `app:3/exchange`: he is not told of it in a queue of that key. */
  readonly authConnector: string
}

export const NOBODY: Origin = { userId: 0, authConnector: '' }

/** Reads what is committed; inside a transaction, what the transaction sees. */
export interface Reader {
  /** What the engine writes in its own way. */
  readonly dialect: Dialect
  /** For queries that are built anew each time. */
  readonly db: Pick<Kysely<Schema>, 'selectFrom' | 'selectNoFrom' | 'with' | 'fn' | 'dynamic'>
  /** All rows of a query that is built once: for paths where the time to build it counts. */
  all<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row[]>
  first<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row | undefined>
}

/** A transaction. Whatever writes takes one of these; no service keeps a handle of its own. */
export interface Tx extends Reader {
  readonly db: Kysely<Schema>
  /** Runs a statement that is built once. */
  run<Params extends object>(query: Prepared<Params, unknown>, params: Params): Promise<void>
  /** Runs an insert that is built once; answers the id that the database gave the row. */
  insert<Params extends object>(query: Prepared<Params, unknown>, params: Params): Promise<number>
  /** Writes the event to the outbox. */
  emit(event: DomainEvent): Promise<void>
  /** Says who causes what is told from here on; nobody does before. */
  actFor(origin: Origin): void
  /** Runs a part that may fail on its own: what it wrote is undone, the rest of the transaction stays. */
  savepoint<T>(work: () => Promise<T>): Promise<T>
  /** Called once the transaction is durable; never when it is not. Must not throw. */
  afterCommit(hook: () => void): void
}

/** What a store has committed since it was opened. */
export interface Commits {
  /** Commits; on SQLite several transactions share one. */
  commits: number
  transactions: number
  /** Tries beyond the first, after a conflict or a lost connection. */
  retries: number
}

export interface WriteOptions {
  /**
   * `serial` (when left out): as if transactions ran one after another. `claims`: the work holds by `dialect.claim`
   * every row that it decides by, and needs no more; on PostgreSQL it then runs into no conflict. `snapshot`: the
   * same, and all its statements see one moment.
   */
  readonly isolation?: 'serial' | 'claims' | 'snapshot'
  /**
   * What the work is about, `chat:12`, where it reads no row that such a work about something else writes, and takes no
   * savepoint. Works about different things may then share a transaction.
   */
  readonly about?: string | undefined
  /** Whether it touches many rows: such transactions of a process take turns, since they would only hinder each other. */
  readonly wide?: boolean
}

/** The database of one portal. */
export interface Store {
  readonly read: Reader
  readonly counted: Readonly<Commits>
  /**
   * The only way to write. Resolves when the transaction is durable. `work` awaits nothing but `tx`, and has no
   * effect outside it: transactions that wait at the same moment are committed together on SQLite, and one that
   * another came between runs again on PostgreSQL. Throws `StoreUnavailable` where the database cannot be reached.
   */
  write<T>(work: (tx: Tx) => Promise<T>, options?: WriteOptions): Promise<T>
  /** Calls the listener after every commit of this process that wrote to the table. Answers how to stop that. */
  onWrite(table: string, listener: () => void): () => void
  /** Grows whenever this process has committed a write to one of the tables (as the database names them). */
  version(tables: readonly string[]): number
  /** Finishes what was begun and closes the database. */
  close(): Promise<void>
}
