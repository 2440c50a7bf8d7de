import type { CompiledQuery, Kysely, QueryResult, UnknownRow } from 'kysely'
import type { Clock } from '../../kernel/clock.ts'
import { errorOf } from '../../kernel/errors.ts'
import { postgresDialect } from '../dialect.ts'
import type { Execute } from '../kysely.ts'
import { writtenTable } from '../names.ts'
import { insertEvent } from '../event-log.ts'
import { type Prepared, valuesOf } from '../prepared.ts'
import type { Schema } from '../schema.ts'
import { type DomainEvent, NOBODY, type Origin, type Tx } from '../store.ts'
import type { Connection, Outcome } from './connections.ts'
import { failureKind } from './failures.ts'
import { type NamedStatement, type Queries, kyselyIn } from './queries.ts'

/** The transaction's own number, by which the server tells later whether it was committed. */
const XID = 'pg_current_xact_id()::text as xid'
const RETURNING = `returning "id", ${XID}`

export interface TransactionParts {
  readonly connection: Connection
  readonly schema: string
  readonly queries: Queries
  readonly clock: Clock
}

/**
 * A transaction on a connection. Statements whose answer nobody needs are sent without waiting for it: what goes
 * wrong with one of them is thrown by the next that is waited for, and by the commit at the latest.
 */
export class PostgresTx implements Tx {
  readonly dialect = postgresDialect
  readonly hooks: (() => void)[] = []
  /** The tables written to. */
  readonly written = new Set<string>()
  readonly #parts: TransactionParts
  #db: Kysely<Schema> | undefined
  #origin = NOBODY
  /** The first thing that went wrong since the last savepoint that could be returned to: PostgreSQL refuses all after it. */
  #failure: Error | undefined
  /** A conflict or a lost line among it: then the whole transaction is over, whatever the work makes of it. */
  #over: Error | undefined
  #xid: string | undefined
  #savepoints = 0

  constructor(parts: TransactionParts) {
    this.#parts = parts
  }

  /** Built when it is first used: the hot paths do without. */
  get db(): Kysely<Schema> {
    this.#db ??= this.dbOver((query) => this.execute(query))
    return this.#db
  }

  /** Kysely over the portal's tables that hands its statements to `execute`. */
  dbOver(execute: Execute): Kysely<Schema> {
    return kyselyIn<Schema>(this.#parts.schema, execute)
  }

  /** Runs what Kysely has built. */
  async execute({ sql, parameters }: CompiledQuery): Promise<QueryResult<UnknownRow>> {
    const { rows, affected } = await this.#wait(this.#send(sql, parameters))
    return { rows, numAffectedRows: BigInt(affected) }
  }

  /** What ended the transaction before its time. */
  get over(): Error | undefined {
    return this.#over
  }

  /** The transaction's number where it has written: `undefined` before {@link prepareCommit} has asked. */
  get xid(): string | undefined {
    return this.#xid
  }

  async all<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row[]> {
    const { rows } = await this.#wait(this.#sendNamed(this.#parts.queries.get(query), params))
    return rows as Row[]
  }

  async first<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row | undefined> {
    return (await this.all(query, params))[0]
  }

  run<Params extends object>(query: Prepared<Params, unknown>, params: Params): Promise<void> {
    this.#sendNamed(this.#parts.queries.get(query), params).catch(() => {})
    return this.#failure ? Promise.reject(this.#failure) : Promise.resolve()
  }

  async insert<Params extends object>(query: Prepared<Params, unknown>, params: Params): Promise<number> {
    const { rows } = await this.#wait(this.#sendNamed(this.#parts.queries.get(query, RETURNING), params))
    const { id, xid } = rows[0] as { id: number; xid: string }
    this.#xid = xid
    return id
  }

  emit(event: DomainEvent): Promise<void> {
    return this.emitFor(this.#origin, event)
  }

  actFor(origin: Origin): void {
    this.#origin = origin
  }

  /** Writes an event that somebody else has caused than the others of the transaction. */
  emitFor(origin: Origin, event: DomainEvent): Promise<void> {
    return this.run(insertEvent, { ...event, ...origin, createdAt: this.#parts.clock.now() })
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const name = `inner_work_${++this.#savepoints}`
    const hooksBefore = this.hooks.length
    this.#send(`savepoint ${name}`).catch(() => {})
    try {
      const value = await work()
      await this.#wait(this.#send(`release ${name}`))
      return value
    } catch (error) {
      if (this.#over) throw this.#over
      this.hooks.length = hooksBefore
      // What was still under way belongs to what is undone here: its failure must not be taken for a later one's.
      await this.#parts.connection.execute(`rollback to ${name}`)
      const failure = this.#failure
      this.#failure = undefined
      this.#send(`release ${name}`).catch(() => {})
      throw failure ?? error
    }
  }

  afterCommit(hook: () => void): void {
    this.hooks.push(hook)
  }

  /** Waits for everything that was sent; throws what went wrong. */
  async settle(): Promise<void> {
    await this.#wait(this.#send('select 1'))
  }

  /** Learns the number of a transaction that has written, so that the fate of its commit can be asked for. */
  async prepareCommit(): Promise<void> {
    if (this.#xid !== undefined || this.written.size === 0) return
    const { rows } = await this.#wait(this.#send(`select ${XID}`))
    this.#xid = String(rows[0]!['xid'])
  }

  /** Resolves when the transaction is durable; throws the reason where it is not. */
  async commit(): Promise<void> {
    const { command } = await this.#send('commit')
    // A transaction in which something failed is rolled back by its commit.
    if (command !== 'COMMIT') throw this.#failure ?? new Error(`The commit was answered with ${command}`)
  }

  async #wait(outcome: Promise<Outcome>): Promise<Outcome> {
    try {
      return await outcome
    } catch (error) {
      // "Current transaction is aborted" says nothing: the reason came before.
      throw this.#failure ?? error
    }
  }

  #sendNamed({ sql, name, parameters }: NamedStatement, params: object): Promise<Outcome> {
    return this.#send(sql, valuesOf(parameters, params), name)
  }

  async #send(sql: string, values: readonly unknown[] = [], name?: string): Promise<Outcome> {
    const table = writtenTable(sql)
    if (table !== undefined) this.written.add(table)
    try {
      return await this.#parts.connection.execute(sql, values, name)
    } catch (thrown) {
      const error = errorOf(thrown)
      this.#failure ??= error
      const kind = failureKind(error)
      if (kind === 'conflict' || kind === 'lost') this.#over ??= error
      throw error
    }
  }
}
