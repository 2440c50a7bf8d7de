import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Clock } from '../../kernel/clock.ts'
import { timeLeft, withoutDeadline } from '../../kernel/deadline.ts'
import { postgresDialect } from '../dialect.ts'
import { type Prepared, valuesOf } from '../prepared.ts'
import type { Schema } from '../schema.ts'
import type { Commits, Reader, Store, Tx, WriteOptions } from '../store.ts'
import { StoreUnavailable } from '../unavailable.ts'
import { Writes } from '../writes.ts'
import type { Connection, Connections } from './connections.ts'
import { failureKind, isNumberUnknown } from './failures.ts'
import { type Again, patiently, readPatiently } from './patience.ts'
import { Queries, executeOn, kyselyIn } from './queries.ts'
import { PostgresTx } from './transaction.ts'
import { Turns } from './turns.ts'

/** How long the server is asked for the fate of a commit, in milliseconds. */
const ASKING = 800

const BEGIN = {
  serial: 'begin isolation level serializable',
  claims: 'begin isolation level read committed',
} as const

export interface PostgresOptions {
  readonly connections: Connections
  readonly schema: string
  readonly clock: Clock
  /** Told after each commit how many transactions shared it: here it is always one. */
  readonly onCommit?: ((transactions: number) => void) | undefined
}

/** A transaction whose commit was sent. */
interface Committing<T> {
  readonly value: T
  readonly tx: PostgresTx
  /** When it was sent, in milliseconds of `performance.now()`. */
  readonly sentAt: number
}

type Attempt<T> =
  | ({ readonly kind: 'committed' } & Committing<T>)
  | Again
  /** The line broke in the commit. */
  | ({ readonly kind: 'unknown'; readonly error: unknown } & Committing<T>)

class PostgresReader implements Reader {
  readonly dialect = postgresDialect
  readonly db: Kysely<Schema>
  readonly #connections: Connections
  readonly #queries: Queries

  constructor(connections: Connections, schema: string, queries: Queries) {
    this.#connections = connections
    this.#queries = queries
    this.db = kyselyIn<Schema>(schema, (query) => this.#read((connection) => executeOn(connection, query)))
  }

  async all<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row[]> {
    const { sql, parameters, name } = this.#queries.get(query)
    const values = valuesOf(parameters, params)
    const { rows } = await this.#read((connection) => connection.execute(sql, values, name))
    return rows as Row[]
  }

  async first<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row | undefined> {
    return (await this.all(query, params))[0]
  }

  #read<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return readPatiently(this.#connections, work)
  }
}

/** A portal's schema. Transactions are serialisable: one that another came between runs again from its beginning. */
export class PostgresStore implements Store {
  readonly read: Reader
  readonly counted: Commits = { commits: 0, transactions: 0, retries: 0 }
  readonly #options: PostgresOptions
  readonly #queries: Queries
  readonly #writes = new Writes()
  /** Many that change the same at once would make each other fail again and again. */
  readonly #turns = new Turns()
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor(options: PostgresOptions) {
    this.#options = options
    this.#queries = new Queries(options.schema)
    this.read = new PostgresReader(options.connections, options.schema, this.#queries)
  }

  async write<T>(work: (tx: Tx) => Promise<T>, { isolation = 'serial' }: WriteOptions = {}): Promise<T> {
    if (this.#closed) throw new Error('The store is closed')
    const running = this.#write(work, BEGIN[isolation])
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  version(tables: readonly string[]): number {
    return this.#writes.version(tables)
  }

  onWrite(table: string, listener: () => void): () => void {
    return this.#writes.listen(table, listener)
  }

  /** The connections are those of the whole database, and closed with it. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#running)
  }

  async #write<T>(work: (tx: Tx) => Promise<T>, begin: string): Promise<T> {
    let metOthers = false
    const { value, tx } = await patiently(async (attempts) => {
      if (attempts > 1) this.counted.retries++
      const attempt = (): Promise<Attempt<T>> => this.#attempt(work, begin)
      const outcome = await (metOthers ? this.#turns.take(attempt) : attempt())
      metOthers = outcome.kind === 'again' && failureKind(outcome.error) === 'conflict'
      if (outcome.kind !== 'unknown') return outcome
      return (await this.#wasCommitted(outcome, outcome.error))
        ? { ...outcome, kind: 'committed' as const }
        : { kind: 'again' as const, error: outcome.error }
    })
    this.counted.commits++
    this.counted.transactions++
    this.#options.onCommit?.(1)
    withoutDeadline(() => {
      this.#writes.note(tx.written)
      for (const hook of tx.hooks) hook()
    })
    return value
  }

  async #attempt<T>(work: (tx: Tx) => Promise<T>, begin: string): Promise<Attempt<T>> {
    const { connections, schema, clock } = this.#options
    let committing: Committing<T> | undefined
    try {
      return await connections.use(async (connection) => {
        connection.execute(begin).catch(() => {})
        const tx = new PostgresTx({ connection, schema, queries: this.#queries, clock })
        try {
          const value = await work(tx)
          if (tx.over) throw tx.over.error
          await tx.prepareCommit()
          committing = { value, tx, sentAt: performance.now() }
          await tx.commit()
          return { kind: 'committed', ...committing }
        } catch (error) {
          // After the commit was sent there is nothing to roll back, and a broken line rolls back by itself.
          if (!committing) await connection.execute('rollback').catch(() => {})
          throw tx.over?.error ?? error
        }
      })
    } catch (error) {
      const kind = failureKind(error)
      if (kind === 'other') throw error
      if (kind === 'lost' && committing) return { kind: 'unknown', error, ...committing }
      return { kind: 'again', error }
    }
  }

  /**
   * Asks the server for the fate of a commit whose answer was lost. A yes counts only over a connection that was there
   * before: a server that has crashed since may have lost the transaction and given its number to another one.
   */
  async #wasCommitted({ tx: { xid }, sentAt }: Committing<unknown>, error: unknown): Promise<boolean> {
    // It has written nothing: whether it was committed makes no difference.
    if (xid === undefined) return false
    const enough = performance.now() + ASKING
    while (performance.now() < enough && timeLeft() > 0) {
      try {
        const fate = await this.#options.connections.use((connection) => fateOf(xid, sentAt, connection))
        if (fate !== 'later') return fate === 'committed'
      } catch (failure) {
        if (failureKind(failure) === 'other') throw failure
      }
      await sleep(50)
    }
    throw new StoreUnavailable('unknown', error)
  }
}

async function fateOf(xid: string, sentAt: number, connection: Connection): Promise<'committed' | 'aborted' | 'later'> {
  try {
    const { rows } = await connection.execute('select pg_xact_status($1::xid8) as status', [xid])
    const { status } = rows[0]!
    if (status === 'aborted') return 'aborted'
    return status === 'committed' && connection.openedAt < sentAt ? 'committed' : 'later'
  } catch (error) {
    if (isNumberUnknown(error)) return 'aborted'
    throw error
  }
}
