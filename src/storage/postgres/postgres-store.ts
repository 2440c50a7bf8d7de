import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Clock } from '../../kernel/clock.ts'
import { postgresDialect } from '../dialect.ts'
import { type Prepared, valuesOf } from '../prepared.ts'
import type { Schema } from '../schema.ts'
import type { Commits, Reader, Store, Tx, WriteOptions } from '../store.ts'
import { StoreUnavailable } from '../unavailable.ts'
import { Writes } from '../writes.ts'
import type { Connection, Connections } from './connections.ts'
import { failureKind } from './failures.ts'
import { explained } from './gone.ts'
import { Gate } from './gate.ts'
import { Queries, executeOn, kyselyIn } from './queries.ts'
import { PostgresTx } from './transaction.ts'

/** How long a call is tried again, in milliseconds: with the limits of one try its answer comes within five seconds. */
const PATIENCE = { conflict: 2_500, lost: 800 }
/** After so many tries among others a transaction runs alone in its process: then it meets only those of other processes. */
const TRIES_TOGETHER = 2
/** How often a transaction that found a key taken is tried: only one that another has just taken is worth it. */
const TRIES_AT_KEYS = 3
/** The longest pause before a try, in milliseconds. */
const LONGEST_PAUSE = 60
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

type Attempt<T> =
  | { readonly kind: 'committed'; readonly value: T; readonly tx: PostgresTx }
  /** Nothing was written, and another try may go through. */
  | { readonly kind: 'again'; readonly error: unknown }
  /** The line broke in the commit. */
  | { readonly kind: 'unknown'; readonly error: unknown; readonly value: T; readonly tx: PostgresTx }

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

  /** Reading again harms nothing: a line that breaks is passed over while there is time. */
  #read<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return patiently(async () => {
      try {
        return { kind: 'committed', value: await this.#connections.use(work) }
      } catch (error) {
        const kind = failureKind(error)
        if (kind === 'conflict' || kind === 'lost') return { kind: 'again', error }
        throw await explained(error, this.#connections, this.#schema)
      }
    }).then(({ value }) => value)
  }
}

/** Tries until it is done, and as long as there is time. */
async function patiently<Done extends { readonly kind: string }>(
  attempt: (attempts: number) => Promise<Done | { readonly kind: 'again'; readonly error: unknown }>,
): Promise<Exclude<Done, { readonly kind: 'again' }>> {
  const began = performance.now()
  for (let attempts = 1; ; attempts++) {
    const outcome = await attempt(attempts)
    if (outcome.kind !== 'again') return outcome as Exclude<Done, { readonly kind: 'again' }>
    const { error } = outcome as { readonly error: unknown }
    const patience = failureKind(error) === 'lost' ? PATIENCE.lost : PATIENCE.conflict
    if (performance.now() - began > patience) throw new StoreUnavailable('no', error)
    // Those who met once would meet again if they all waited as long.
    await sleep(Math.random() * Math.min(LONGEST_PAUSE, 2 ** attempts))
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
    const leave = await this.#wide.enter(true)
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
      return (await this.#wasCommitted(outcome.tx, outcome.error))
        ? { ...outcome, kind: 'committed' as const }
        : { kind: 'again' as const, error: outcome.error }
    })
    this.counted.commits++
    this.counted.transactions++
    this.#options.onCommit?.(1)
    this.#writes.note(tx.written)
    for (const hook of tx.hooks) hook()
    return value
  }

  async #admitted<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    const leave = await this.#all.enter(alone)
    try {
      return await work()
    } finally {
      leave()
    }
  }

  async #attempt<T>(work: (tx: Tx) => Promise<T>, begin: string): Promise<Attempt<T>> {
    const { connections, schema, clock } = this.#options
    let committing: { readonly value: T; readonly tx: PostgresTx } | undefined
    try {
      return await connections.use(async (connection) => {
        connection.execute(begin).catch(() => {})
        const tx = new PostgresTx({ connection, schema, queries: this.#queries, clock })
        try {
          const value = await work(tx)
          if (tx.over) throw tx.over
          await tx.prepareCommit()
          committing = { value, tx }
          await tx.commit()
          return { kind: 'committed', value, tx }
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

  /** Asks the server for the fate of a commit whose answer was lost. */
  async #wasCommitted(tx: PostgresTx, error: unknown): Promise<boolean> {
    // It has written nothing: whether it was committed makes no difference.
    if (tx.xid === undefined) return false
    const enough = AbortSignal.timeout(ASKING)
    while (!enough.aborted) {
      try {
        const status = await this.#options.connections.use(async (connection) => {
          const { rows } = await connection.execute('select pg_xact_status($1::xid8) as status', [tx.xid])
          return rows[0]!['status']
        })
        if (status === 'committed') return true
        if (status === 'aborted') return false
      } catch (failure) {
        if (failureKind(failure) !== 'lost') throw failure
      }
      await sleep(50)
    }
    throw new StoreUnavailable('unknown', error)
  }
}
