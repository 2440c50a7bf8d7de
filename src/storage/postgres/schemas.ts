import type { AnyDb } from '../migrations/migrate.ts'
import type { Connection } from './connections.ts'
import { executeOn, kyselyIn } from './queries.ts'

/** A name as SQL takes it, whatever characters it has. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Kysely over a schema as it stands, for steps that change it. */
export function asIs(connection: Connection, schema: string): AnyDb {
  return kyselyIn(schema, (query) => executeOn(connection, query), 'asIs')
}

/** Waits until no other process makes, changes or deletes the portal; until the transaction ends none will. */
export async function lockPortal(connection: Connection, name: string): Promise<void> {
  await connection.execute('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`cordboard portal ${name}`])
}
