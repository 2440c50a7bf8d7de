import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { type Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { type Engine, type Execute, kyselyOver } from '../kysely.ts'
import { camelCase, writtenTable } from '../names.ts'

type Decoder = (value: SQLOutputValue) => unknown

const asIs: Decoder = (value) => value
const decoders: Record<string, Decoder> = {
  boolean: (value) => (value === null ? null : value !== 0),
  json: (value) => (typeof value === 'string' ? (JSON.parse(value) as unknown) : value),
}

/** What SQLite can hold of a value: booleans become 0 and 1, objects and lists JSON. */
export function encode(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) return JSON.stringify(value)
  return value as SQLInputValue
}

/** A prepared statement with the codec of its columns: names in camelCase, booleans and JSON by declared type. */
export class Statement {
  readonly #statement: StatementSync
  readonly #names: string[] = []
  readonly #decoders: Decoder[] = []
  /** Whether running it gives rows. */
  readonly returnsRows: boolean
  /** The table it writes to, if it writes. */
  readonly #target: string | undefined
  readonly #written: Set<string>

  constructor(statement: StatementSync, sql: string, written: Set<string>) {
    this.#statement = statement
    this.#target = writtenTable(sql)
    this.#written = written
    const columns = statement.columns()
    for (const column of columns) {
      this.#names.push(camelCase(column.name))
      this.#decoders.push(decoders[column.type?.toLowerCase() ?? ''] ?? asIs)
    }
    this.returnsRows = columns.length > 0
    if (this.returnsRows) statement.setReturnArrays(true)
  }

  all(values: readonly unknown[]): Record<string, unknown>[] {
    if (this.#target !== undefined) this.#written.add(this.#target)
    const rows = this.#statement.all(...values.map(encode)) as unknown as SQLOutputValue[][]
    return rows.map((row) => this.#decode(row))
  }

  first(values: readonly unknown[]): Record<string, unknown> | undefined {
    const row = this.#statement.get(...values.map(encode)) as unknown as SQLOutputValue[] | undefined
    return row && this.#decode(row)
  }

  run(values: readonly unknown[]): { changes: number; insertId: number } {
    if (this.#target !== undefined) this.#written.add(this.#target)
    const { changes, lastInsertRowid } = this.#statement.run(...values.map(encode))
    return { changes: Number(changes), insertId: Number(lastInsertRowid) }
  }

  #decode(row: SQLOutputValue[]): Record<string, unknown> {
    const decoded: Record<string, unknown> = {}
    for (let i = 0; i < row.length; i++) decoded[this.#names[i]!] = this.#decoders[i]!(row[i]!)
    return decoded
  }
}

const KEPT = 400

/** Prepared statements by their SQL; the longest unused one goes when there are too many. */
export class Statements {
  readonly #database: DatabaseSync
  readonly #kept = new Map<string, Statement>()
  /** The tables written to since the set was last cleared. */
  readonly written = new Set<string>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  get(sql: string): Statement {
    let statement = this.#kept.get(sql)
    if (statement) this.#kept.delete(sql)
    else statement = new Statement(this.#database.prepare(sql), sql, this.written)
    this.#kept.set(sql, statement)
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    return statement
  }
}

const engine: Engine = {
  createAdapter: () => new SqliteAdapter(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
}

/**
 * Kysely over one SQLite connection. `ready` is asked before each query: it answers a promise to wait for,
 * or nothing.
 */
export function kyselyOn<Db>(
  statements: Statements,
  names: 'camel' | 'asIs',
  ready: () => Promise<void> | undefined = () => undefined,
): Kysely<Db> {
  const execute: Execute = async ({ sql, parameters }) => {
    const wait = ready()
    if (wait) await wait
    const statement = statements.get(sql)
    if (statement.returnsRows) return { rows: statement.all(parameters) }
    const { changes, insertId } = statement.run(parameters)
    return { rows: [], insertId: BigInt(insertId), numAffectedRows: BigInt(changes) }
  }
  return kyselyOver<Db>(engine, execute, names)
}
