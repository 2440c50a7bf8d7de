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
import { explained } from './gone.ts'
import { Gate } from './gate.ts'
import { type Again, patiently, readPatiently } from './patience.ts'
import { Queries, executeOn, kyselyIn } from './queries.ts'
import { PostgresTx } from './transaction.ts'

/** After so many tries among others a transaction runs alone in its process: then it meets only those of other processes. */
const TRIES_TOGETHER = 2
/** How often a transaction that found a key taken is tried: only one that another has just taken is worth it. */
const TRIES_AT_KEYS = 3
/** How long the server is asked for the fate of a commit, in milliseconds. */
const ASKING = 800

const BEGIN = {
  serial: 'begin isolation level serializable',
  claims: 'begin isolation level read committed',
  snapshot: 'begin isolation level repeatable read',
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
  readonly era: string | undefined
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
  readonly #schema: string
  readonly #queries: Queries

  constructor(connections: Connections, schema: string, queries: Queries) {
    this.#connections = connections
    this.#schema = schema
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

  async #read<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await readPatiently(this.#connections, work)
    } catch (error) {
      throw await explained(error, this.#connections, this.#schema)
    }
  }
}

/** A portal's schema. Transactions are serialisable: one that another came between runs again from its beginning. */
export class PostgresStore implements Store {
  readonly read: Reader
  readonly counted: Commits = { commits: 0, transactions: 0, retries: 0 }
  readonly #options: PostgresOptions
  readonly #queries: Queries
  readonly #writes = new Writes()
  readonly #all = new Gate()
  readonly #wide = new Gate()
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor(options: PostgresOptions) {
    this.#options = options
    this.#queries = new Queries(options.schema)
    this.read = new PostgresReader(options.connections, options.schema, this.#queries)
  }

  async write<T>(work: (tx: Tx) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    if (this.#closed) throw new Error('The store is closed')
    const running = options.wide ? this.#inTurn(work, options) : this.#write(work, options)
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

  async #inTurn<T>(work: (tx: Tx) => Promise<T>, options: WriteOptions): Promise<T> {
    const leave = await entered(this.#wide, true)
    try {
      return await this.#write(work, options)
    } finally {
      leave()
    }
  }

  async #write<T>(work: (tx: Tx) => Promise<T>, { isolation = 'serial' }: WriteOptions): Promise<T> {
    const { value, tx } = await patiently(async (attempts) => {
      if (attempts > 1) this.counted.retries++
      const outcome = await this.#admitted(attempts > TRIES_TOGETHER, () => this.#attempt(work, BEGIN[isolation]))
      if (outcome.kind === 'again' && failureKind(outcome.error) === 'duplicate' && attempts >= TRIES_AT_KEYS)
        throw outcome.error
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

  async #admitted<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    const leave = await entered(this.#all, alone)
    try {
      return await work()
    } finally {
      leave()
    }
  }

  async #attempt<T>(work: (tx: Tx) => Promise<T>, begin: string): Promise<Attempt<T>> {
    const { connections, schema, clock } = this.#options
    let committing: Committing<T> | undefined
    try {
      return await connections.use(async (connection) => {
        connection.noteEra()
        connection.execute(begin).catch(() => {})
        const tx = new PostgresTx({ connection, schema, queries: this.#queries, clock })
        try {
          const value = await work(tx)
          if (tx.over) throw tx.over
          await tx.prepareCommit()
          committing = { value, tx, era: connection.era }
          await tx.commit()
          return { kind: 'committed', ...committing }
        } catch (error) {
          // After the commit was sent there is nothing to roll back, and a broken line rolls back by itself.
          if (!committing) await connection.execute('rollback').catch(() => {})
          throw tx.over ?? error
        }
      })
    } catch (error) {
      const kind = failureKind(error)
      if (kind === 'other') throw await explained(error, connections, schema)
      if (kind === 'lost' && committing) return { kind: 'unknown', error, ...committing }
      return { kind: 'again', error }
    }
  }

  /**
   * Asks the server for the fate of a commit whose answer was lost. A yes counts only where it has not crashed since:
   * it may have lost the transaction and given its number to another one.
   */
  async #wasCommitted({ tx: { xid }, era }: Committing<unknown>, error: unknown): Promise<boolean> {
    // It has written nothing: whether it was committed makes no difference.
    if (xid === undefined) return false
    const enough = performance.now() + ASKING
    while (performance.now() < enough && timeLeft() > 0) {
      try {
        const fate = await this.#options.connections.use((connection) => fateOf(xid, era, connection))
        if (fate === 'doubtful') break
        if (fate !== 'under way') return fate === 'committed'
      } catch (failure) {
        if (failureKind(failure) !== 'lost') throw failure
      }
      await sleep(50)
    }
    throw new StoreUnavailable('unknown', error)
  }
}

type Fate = 'committed' | 'aborted' | 'under way' | 'doubtful'

async function fateOf(xid: string, era: string | undefined, connection: Connection): Promise<Fate> {
  try {
    const { rows } = await connection.execute('select pg_xact_status($1::xid8) as status', [xid])
    const { status } = rows[0]!
    if (status === 'aborted') return 'aborted'
    if (status !== 'committed') return 'under way'
  } catch (error) {
    if (isNumberUnknown(error)) return 'aborted'
    throw error
  }
  return era !== undefined && (await connection.askEra()) === era ? 'committed' : 'doubtful'
}

/** Whoever is inside may hang on a line that was cut: nobody waits longer than his own time. */
async function entered(gate: Gate, alone: boolean): Promise<() => void> {
  const leave = await gate.enter(alone, timeLeft())
  if (!leave) throw new StoreUnavailable('no', new Error('Other transactions did not end in time'))
  return leave
}
