import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { UserError, messageOf } from '../../kernel/errors.ts'
import { refuseNewer } from '../migrations/migrate.ts'
import { REASONS, storedValues } from '../plain-values.ts'
import { type Filling, type PlainRow, RowRefused, type Snapshot } from '../transfer.ts'
import { type NewFile, newFile } from './new-file.ts'
import { migrateSqlite, openDatabase } from './sqlite-store.ts'
import { encode } from './statements.ts'

interface Column {
  readonly name: string
  readonly type: string
  readonly pk: number
}

/** Tables that hold data: not those that the engine or a search index keeps for itself. */
export function dataTables(database: DatabaseSync): string[] {
  const rows = database
    .prepare(
      `select name from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite\\_%' escape '\\' and name <> 'schema_step' order by name`,
    )
    .all()
  return rows.map(({ name }) => String(name))
}

function columnsOf(database: DatabaseSync, table: string): Column[] {
  return database
    .prepare('select name, lower(type) as type, pk from pragma_table_info(?)')
    .all(table)
    .map(({ name, type, pk }) => ({ name: String(name), type: String(type), pk: Number(pk) }))
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function plain(value: SQLOutputValue, type: string): unknown {
  if (value === null) return null
  if (value instanceof Uint8Array) return { $base64: Buffer.from(value).toString('base64') }
  if (type === 'boolean') return value !== 0
  return type === 'json' && typeof value === 'string' ? (JSON.parse(value) as unknown) : value
}

function stepsOf(database: DatabaseSync): string[] {
  return database
    .prepare('select name from schema_step order by name')
    .all()
    .map(({ name }) => String(name))
}

/** Reads a portal's file without keeping its writers waiting. */
export function openSnapshot(file: string): Snapshot {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
    database.exec('begin')
    // The transaction sees the database as it is at the first read, which this is.
    return snapshotOf(database, stepsOf(database))
  } catch (error) {
    database?.close()
    throw new UserError(`Cannot read the portal's database ${file}: ${messageOf(error)}`, { cause: error })
  }
}

function snapshotOf(database: DatabaseSync, steps: string[]): Snapshot {
  return {
    steps,
    tables: dataTables(database),
    async *rows(table) {
      const columns = columnsOf(database, table)
      const keys = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk)
      const order = keys.length > 0 ? `order by ${keys.map(({ name }) => quoted(name)).join(', ')}` : ''
      const statement = database.prepare(
        `select ${columns.map(({ name }) => quoted(name)).join(', ')} from ${quoted(table)} ${order}`,
      )
      for (const row of statement.iterate()) {
        yield Object.fromEntries(columns.map(({ name, type }) => [name, plain(row[name] ?? null, type)]))
      }
    },
    async lastIds() {
      const rows = database.prepare('select name, seq from sqlite_sequence order by name').all()
      return new Map(rows.map(({ name, seq }) => [String(name), Number(seq)]))
    },
    [Symbol.asyncDispose]: async () => database.close(),
  }
}

/**
 * Begins a new portal's file with the schema steps that its rows were written under. It is filled under a
 * name that is no portal's and renamed at the end.
 */
export async function beginFilling(file: string, steps: readonly string[]): Promise<Filling> {
  refuseNewer(steps, 'use that version to take it in')
  const made = await newFile(file)
  const database = openDatabase(made.path)
  try {
    await migrateSqlite(database, undefined, steps)
    database.exec('begin')
    return fillingOf(database, made)
  } catch (error) {
    database.close()
    await made.discard()
    throw error
  }
}

/** Why the data of a row are refused, in words for people. Extended result codes of SQLite: the low byte 19 is a constraint. */
function dataRefusal(error: unknown): string | undefined {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
  if (code === 2067 || code === 1555 || code === 2579) return REASONS.twice
  if (code === 1299) return REASONS.missing
  // 20 is a datatype that does not fit.
  return [19, 20].includes(code & 0xff) ? REASONS.unfit : undefined
}

interface Inserter {
  readonly columns: readonly Column[]
  readonly statement: StatementSync
}

function fillingOf(database: DatabaseSync, made: NewFile): Filling {
  const tables = dataTables(database)
  const inserters = new Map<string, Inserter>()
  // Steps may have written rows of their own; those of the export take their place.
  for (const table of tables) database.exec(`delete from ${quoted(table)}`)

  const inserterOf = (table: string): Inserter => {
    let inserter = inserters.get(table)
    if (!inserter) {
      if (!tables.includes(table)) throw new RowRefused(`there is no table "${table}"`)
      const columns = columnsOf(database, table)
      const names = columns.map(({ name }) => quoted(name)).join(', ')
      const statement = database.prepare(
        `insert into ${quoted(table)} (${names}) values (${columns.map(() => '?').join(', ')})`,
      )
      inserter = { columns, statement }
      inserters.set(table, inserter)
    }
    return inserter
  }

  return {
    tables,
    async insert(table: string, row: PlainRow) {
      const { columns, statement } = inserterOf(table)
      const values = storedValues(table, columns, row).map(encode)
      try {
        statement.run(...values)
      } catch (error) {
        // Of a constraint the row is guilty, of anything else the disk.
        const reason = dataRefusal(error)
        if (reason !== undefined) throw new RowRefused(reason, { cause: error })
        throw new UserError(`${made.path} cannot be written: ${messageOf(error)}`, { cause: error })
      }
    },
    async setLastId(table, id) {
      if (!tables.includes(table)) throw new RowRefused(`there is no table "${table}"`)
      // Tables of logs keep no account of it: their newest row is never deleted.
      if (!givesIdsOnce(database, table)) return
      const { changes } = database.prepare('update sqlite_sequence set seq = ? where name = ?').run(BigInt(id), table)
      if (changes === 0)
        database.prepare('insert into sqlite_sequence (name, seq) values (?, ?)').run(table, BigInt(id))
    },
    async finish() {
      database.exec('commit')
      await migrateSqlite(database)
      // Closing the last connection moves everything from the log into the file.
      database.close()
      await made.keep()
    },
    async discard() {
      if (database.isOpen) database.close()
      await made.discard()
    },
  }
}

function givesIdsOnce(database: DatabaseSync, table: string): boolean {
  const sql = database.prepare("select sql from sqlite_schema where type = 'table' and name = ?").get(table)?.['sql']
  return typeof sql === 'string' && /\bautoincrement\b/i.test(sql)
}
