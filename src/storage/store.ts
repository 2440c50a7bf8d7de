import type { Kysely } from 'kysely'
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

/** Reads what is committed; inside a transaction, what the transaction sees. */
export interface Reader {
  /** For queries that are built anew each time. */
  readonly db: Pick<Kysely<Schema>, 'selectFrom' | 'selectNoFrom' | 'with' | 'fn' | 'dynamic'>
  /** All rows of a query that is built once: for paths where the time to build it counts. */
  all<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row[]>
  first<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row | undefined>
}

/** A transaction. Whatever writes takes one of these; no service keeps a handle of its own. */
export interface Tx extends Reader {
  readonly db: Kysely<Schema>
  /** Runs a statement that is built once; answers the id of the row it inserted, where it did. */
  run<Params extends object>(query: Prepared<Params, unknown>, params: Params): Promise<number>
  /** Writes the event to the outbox. */
  emit(event: DomainEvent): Promise<void>
  /** Runs a part that may fail on its own: what it wrote is undone, the rest of the transaction stays. */
  savepoint<T>(work: () => Promise<T>): Promise<T>
  /** Called once the transaction is durable; never when it is not. Must not throw. */
  afterCommit(hook: () => void): void
}

/** The database of one portal. */
export interface Store {
  readonly read: Reader
  /**
   * The only way to write. Resolves when the transaction is durable. `work` awaits nothing but `tx`:
   * transactions that wait at the same moment are committed together.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Grows whenever this process has committed a write to one of the tables (as the database names them). */
  version(tables: readonly string[]): number
  /** What was written since the store was opened: durable commits, the transactions in them, and attempts that had to be repeated. */
  readonly counted: Readonly<{ commits: number; transactions: number; retries: number }>
  /** Finishes what was begun and closes the database. */
  close(): Promise<void>
}
