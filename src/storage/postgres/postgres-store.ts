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
import { Companion } from './companion.ts'
import type { Connection, Connections } from './connections.ts'
import { Convoy, type Passenger } from './convoy.ts'
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
  readonly #convoy = new Convoy({
    together: (passengers) => this.#together(passengers),
    alone: (work) => this.#write(work, {}),
  })
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor(options: PostgresOptions) {
    this.#options = options
    this.#queries = new Queries(options.schema)
    this.read = new PostgresReader(options.connections, options.schema, this.#queries)
  }

  async write<T>(work: (tx: Tx) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    if (this.#closed) throw new Error('The store is closed')
    const running = this.#run(work, options)
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

  #run<T>(work: (tx: Tx) => Promise<T>, options: WriteOptions): Promise<T> {
    if (options.about !== undefined) return this.#convoy.add(options.about, work)
    return options.wide ? this.#inTurn(work, options) : this.#write(work, options)
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
    this.#note(tx, 1, tx.hooks)
    return value
  }

  /** Tells who wants to know that a transaction is durable. */
  #note({ written }: PostgresTx, transactions: number, hooks: readonly (() => void)[]): void {
    this.counted.commits++
    this.counted.transactions += transactions
    this.#options.onCommit?.(transactions)
    withoutDeadline(() => {
      this.#writes.note(written)
      for (const hook of hooks) hook()
    })
  }

  /** Runs works side by side in one transaction and settles them; answers those that have to be run one by one. */
  async #together(passengers: readonly Passenger[]): Promise<readonly Passenger[]> {
    const waiting = new Set(passengers)
    const done: { readonly passenger: Passenger; readonly value: unknown; readonly companion: Companion }[] = []
    const travel = async (tx: PostgresTx, passenger: Passenger): Promise<void> => {
      const companion = new Companion(tx)
      try {
        done.push({ passenger, value: await passenger.work(companion), companion })
      } catch (error) {
        if (companion.mayHaveWritten || tx.over) throw error
        // It has said no before it did anything: that is nobody else's matter.
        waiting.delete(passenger)
        passenger.reject(error)
      }
    }
    try {
      const attempt = () =>
        this.#attempt(async (tx) => {
          const travelled = await Promise.allSettled(passengers.map((passenger) => travel(tx, passenger)))
          const failed = travelled.find(({ status }) => status === 'rejected')
          if (failed) throw (failed as PromiseRejectedResult).reason
        }, BEGIN.serial)
      const outcome = await this.#admitted(false, attempt)
      if (outcome.kind === 'again') return [...waiting]
      if (outcome.kind === 'unknown' && !(await this.#wasCommitted(outcome, outcome.error))) return [...waiting]
      const hooks = done.flatMap(({ companion }) => companion.hooks)
      this.#note(outcome.tx, done.length, hooks)
      for (const { passenger, value } of done) passenger.resolve(value)
    } catch (error) {
      // Each by itself will tell what was wrong with it; but what may have been committed must not be done again.
      if (!(error instanceof StoreUnavailable && error.carriedOut === 'unknown')) return [...waiting]
      for (const passenger of waiting) passenger.reject(error)
    }
    return []
  }

  async #admitted<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    const leave = await entered(this.#all, alone)
    try {
      return await work()
    } finally {
      leave()
    }
  }

  async #attempt<T>(work: (tx: PostgresTx) => Promise<T>, begin: string): Promise<Attempt<T>> {
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
