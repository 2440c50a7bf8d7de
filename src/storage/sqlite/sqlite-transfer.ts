import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { UserError, messageOf } from '../../kernel/errors.ts'
import { sqliteDialect } from '../dialect.ts'
import { migrate, migrations } from '../migrations/migrate.ts'
import { type Filling, type PlainRow, RowRefused, type Snapshot } from '../transfer.ts'
import { kyselyOver } from './kysely.ts'
import { openDatabase } from './sqlite-store.ts'
import { Statements, encode } from './statements.ts'

interface Column {
  readonly name: string
  readonly type: string
  readonly pk: number
}

/** Tables that hold data: not those that the engine or a search index keeps for itself. */
function dataTables(database: DatabaseSync): string[] {
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

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function plain(value: SQLOutputValue, type: string): unknown {
  if (value === null) return null
  if (value instanceof Uint8Array) return { $base64: Buffer.from(value).toString('base64') }
  if (type === 'boolean') return value !== 0
  return type === 'json' && typeof value === 'string' ? (JSON.parse(value) as unknown) : value
}

function stored(value: unknown, type: string): unknown {
  if (type === 'json') return value === null ? null : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return value
  if ('$base64' in value && typeof value.$base64 === 'string') return Buffer.from(value.$base64, 'base64')
  throw new RowRefused('an object where a plain value belongs')
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
    *rows(table) {
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
    lastIds() {
      const rows = database.prepare('select name, seq from sqlite_sequence order by name').all()
      return new Map(rows.map(({ name, seq }) => [String(name), Number(seq)]))
    },
    [Symbol.dispose]: () => database.close(),
  }
}

/**
 * Begins a new portal's file with the schema steps that its rows were written under. It is filled under a
 * name that is no portal's and renamed at the end.
 */
export async function beginFilling(file: string, steps: readonly string[]): Promise<Filling> {
  const unknown = steps.filter((step) => !migrations.some(({ name }) => name === step))
  if (unknown.length > 0) {
    throw new UserError(
      `It was written by a newer version of Cordboard (it has schema step ${unknown.join(', ')}): use that version to take it in`,
    )
  }
  const partial = `${file}.partial`
  const discard = async (): Promise<void> => {
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(partial + suffix, { force: true })
  }
  await discard()
  const database = openDatabase(partial)
  try {
    await migrate(asIs(database), sqliteDialect, steps)
    database.exec('begin')
    return fillingOf(database, { file, partial, discard })
  } catch (error) {
    database.close()
    await discard()
    throw error
  }
}

function asIs(database: DatabaseSync) {
  return kyselyOver<Record<string, Record<string, unknown>>>(new Statements(database), { names: 'asIs' })
}

/** Primary result codes of SQLite: 19 is a constraint, 20 a datatype that does not fit. */
function isConstraint(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  const code = Number(error.errcode) & 0xff
  return code === 19 || code === 20
}

interface Inserter {
  readonly columns: readonly Column[]
  readonly statement: StatementSync
}

function fillingOf(
  database: DatabaseSync,
  place: { file: string; partial: string; discard: () => Promise<void> },
): Filling {
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
    insert(table: string, row: PlainRow) {
      const { columns, statement } = inserterOf(table)
      const missing = columns.find(({ name }) => !(name in row))
      if (missing || Object.keys(row).length !== columns.length)
        throw new RowRefused(`its columns are not those of "${table}"`)
      const values = columns.map(({ name, type }) => encode(stored(row[name], type)))
      try {
        statement.run(...values)
      } catch (error) {
        // Of a constraint the row is guilty, of anything else the disk.
        if (isConstraint(error)) throw new RowRefused(messageOf(error), { cause: error })
        throw new UserError(`${place.partial} cannot be written: ${messageOf(error)}`, { cause: error })
      }
    },
    setLastId(table, id) {
      if (!tables.includes(table)) throw new RowRefused(`there is no table "${table}"`)
      const { changes } = database.prepare('update sqlite_sequence set seq = ? where name = ?').run(BigInt(id), table)
      if (changes === 0)
        database.prepare('insert into sqlite_sequence (name, seq) values (?, ?)').run(table, BigInt(id))
    },
    async finish() {
      database.exec('commit')
      await migrate(asIs(database), sqliteDialect)
      // Closing the last connection moves everything from the log into the file.
      database.close()
      if (existsSync(place.file)) throw new UserError(`${place.file} has come to be meanwhile: choose another name`)
      await rename(place.partial, place.file)
      await place.discard()
    },
    async discard() {
      if (database.isOpen) database.close()
      await place.discard()
    },
  }
}
