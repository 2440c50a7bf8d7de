import pg from 'pg'
import { StoreGone } from '../unavailable.ts'
import type { Connections } from './connections.ts'

/** undefined_table, invalid_schema_name */
const NOT_THERE = new Set(['42P01', '3F000'])

/** The failure itself, or {@link StoreGone} where the reason is that the whole schema is not there any more. */
export async function explained(error: unknown, connections: Connections, schema: string): Promise<unknown> {
  if (!(error instanceof pg.DatabaseError) || !NOT_THERE.has(error.code ?? '')) return error
  const { rows } = await connections.use((connection) =>
    connection.execute('select from pg_namespace where nspname = $1', [schema]),
  )
  return rows.length === 0 ? new StoreGone(error) : error
}
