import { UserError, messageOf } from '../../kernel/errors.ts'
import { postgresDialect } from '../dialect.ts'
import { migrate } from '../migrations/migrate.ts'
import { storedValues } from '../plain-values.ts'
import { type Filling, type PlainRow, RowRefused, type Snapshot } from '../transfer.ts'
import { storableJson } from './codec.ts'
import type { Connection, Connections, PatientConnection } from './connections.ts'
import { dataRefusal } from './failures.ts'
import { asIs, lockPortal, quoted } from './schemas.ts'

/** Rows that are fetched at once. */
const CHUNK = 1_000

interface Column {
  readonly name: string
  readonly type: string
  /** Its place in the key, from 1; 0 where it is not part of it. */
  readonly key: number
  /** Whether the database gives its values. */
  readonly given: boolean
}

/** Tables that hold data, with their columns in order. */
async function dataTables(connection: Connection, schema: string): Promise<Map<string, Column[]>> {
  const { rows } = await connection.execute(
    `select c.relname as table, a.attname as name, format_type(a.atttypid, null) as type,
       coalesce(array_position(i.indkey::int2[], a.attnum), -1) + 1 as key, a.attidentity <> '' as given
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_index i on i.indrelid = c.oid and i.indisprimary
     where n.nspname = $1 and c.relkind in ('r', 'p') and c.relname <> 'schema_step'
     order by c.relname collate "C", a.attnum`,
    [schema],
  )
  const tables = new Map<string, Column[]>()
  for (const { table, name, type, key, given } of rows) {
    const columns = tables.get(String(table)) ?? []
    columns.push({ name: String(name), type: String(type), key: Number(key), given: given === true })
    tables.set(String(table), columns)
  }
  return tables
}

/** How many rows a schema holds, and the bytes of its tables and indexes. */
export async function sizeOf(connection: Connection, schema: string): Promise<{ rows: number; bytes: number }> {
  const names = [...(await dataTables(connection, schema)).keys()].map((table) => `${quoted(schema)}.${quoted(table)}`)
  let rows = 0
  let bytes = 0
  for (const name of names) {
    const counted = await connection.execute(
      `select count(*) as rows, pg_total_relation_size($1::regclass) as bytes from ${name}`,
      [name],
    )
    rows += Number(counted.rows[0]?.['rows'])
    bytes += Number(counted.rows[0]?.['bytes'])
  }
  return { rows, bytes }
}

function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? { $base64: Buffer.from(value).toString('base64') } : (value ?? null)
}

/** Reads a portal's schema in a transaction that sees it as it is now. */
export async function openSnapshot(connections: Connections, schema: string): Promise<Snapshot> {
  const connection = await connections.openPatiently()
  try {
    await connection.execute('begin isolation level repeatable read read only')
    const taken = await connection.execute(`select name from ${quoted(schema)}.schema_step order by name collate "C"`)
    return snapshotOf(connection, schema, {
      steps: taken.rows.map(({ name }) => String(name)),
      tables: await dataTables(connection, schema),
    })
  } catch (error) {
    await connection.close()
    throw new UserError(`Cannot read schema ${schema}: ${messageOf(error)}`, { cause: error })
  }
}

function snapshotOf(
  connection: PatientConnection,
  schema: string,
  { steps, tables }: { steps: readonly string[]; tables: ReadonlyMap<string, Column[]> },
): Snapshot {
  return {
    steps,
    tables: [...tables.keys()],
    async *rows(table) {
      const columns = tables.get(table) ?? []
      const names = columns.map(({ name }) => quoted(name)).join(', ')
      const keys = columns.filter(({ key }) => key > 0).toSorted((a, b) => a.key - b.key)
      const order = keys.map(({ name, type }) => `${quoted(name)}${type === 'text' ? ' collate "C"' : ''}`).join(', ')
      await connection.execute(
        `declare reading no scroll cursor for select ${names} from ${quoted(schema)}.${quoted(table)}${order === '' ? '' : ` order by ${order}`}`,
      )
      for (;;) {
        const rows = await connection.values(`fetch ${CHUNK} from reading`)
        for (const row of rows) yield Object.fromEntries(columns.map(({ name }, i) => [name, plain(row[i])]))
        if (rows.length < CHUNK) break
      }
      await connection.execute('close reading')
    },
    async lastIds() {
      const last = new Map<string, number>()
      for (const [table, columns] of tables) {
        const given = columns.find((column) => column.given)
        if (!given) continue
        const { rows } = await connection.execute(
          'select pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass) as id',
          [`${quoted(schema)}.${quoted(table)}`, given.name],
        )
        const id = rows[0]?.['id']
        if (typeof id === 'number') last.set(table, id)
      }
      return last
    },
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

export interface NewSchema {
  /** The portal's name. */
  readonly name: string
  readonly schema: string
  /** The schema steps under which its rows were written. */
  readonly steps: readonly string[]
}

/** Begins a new portal's schema. Everything happens in one transaction: nobody sees it before it is finished. */
export async function beginFilling(connections: Connections, { name, schema, steps }: NewSchema): Promise<Filling> {
  const connection = await connections.openPatiently()
  try {
    await connection.execute('begin')
    await lockPortal(connection, name)
    await connection.execute(`create schema ${quoted(schema)}`)
    await migrate(asIs(connection, schema), postgresDialect, steps)
    const tables = await dataTables(connection, schema)
    // Steps may have written rows of their own; those of the export take their place.
    for (const table of tables.keys()) await connection.execute(`delete from ${quoted(schema)}.${quoted(table)}`)
    return fillingOf(connection, schema, tables)
  } catch (error) {
    await connection.close()
    throw error
  }
}

function fillingOf(
  connection: PatientConnection,
  schema: string,
  tables: ReadonlyMap<string, readonly Column[]>,
): Filling {
  const inserts = new Map<string, string>()
  const lastIds = new Map<string, number>()

  const insertOf = (table: string, columns: readonly Column[]): string => {
    let sql = inserts.get(table)
    if (sql === undefined) {
      const names = columns.map(({ name }) => quoted(name)).join(', ')
      const values = columns.map((_, i) => `$${i + 1}`).join(', ')
      sql = `insert into ${quoted(schema)}.${quoted(table)} (${names}) overriding system value values (${values})`
      inserts.set(table, sql)
    }
    return sql
  }
  const columnsOf = (table: string): readonly Column[] => {
    const columns = tables.get(table)
    if (!columns) throw new RowRefused(`there is no table "${table}"`)
    return columns
  }

  return {
    tables: [...tables.keys()],
    async insert(table: string, row: PlainRow) {
      const columns = columnsOf(table)
      const values = storedValues(table, columns, row).map((value, i) =>
        columns[i]!.type === 'json' && typeof value === 'string' ? storableJson(value) : value,
      )
      try {
        await connection.execute(insertOf(table, columns), values, `fill ${table}`)
      } catch (error) {
        const reason = dataRefusal(error)
        throw reason === undefined ? error : new RowRefused(reason, { cause: error })
      }
    },
    async setLastId(table, id) {
      columnsOf(table)
      lastIds.set(table, id)
    },
    async finish() {
      await migrate(asIs(connection, schema), postgresDialect)
      for (const [table, columns] of await dataTables(connection, schema)) {
        const given = columns.find((column) => column.given)
        if (given) await continueIds(connection, `${quoted(schema)}.${quoted(table)}`, given.name, lastIds.get(table))
      }
      await connection.execute('commit')
      await connection.close()
    },
    // What was not committed was never there.
    discard: () => connection.close(),
  }
}

/** The next id given is above the last one that was given, and above all that are there. */
async function continueIds(connection: Connection, table: string, column: string, lastId = 0): Promise<void> {
  await connection.execute(
    `select setval(pg_get_serial_sequence($1, $2), last) from (
       select greatest($3::bigint, coalesce(max(${quoted(column)}), 0)) as last from ${table}) as ids where last > 0`,
    [table, column, lastId],
  )
}
