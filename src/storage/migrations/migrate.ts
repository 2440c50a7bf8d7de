import { type Kysely, sql } from 'kysely'
import { UserError } from '../../kernel/errors.ts'
import type { Dialect } from '../dialect.ts'
import { initial } from './0001-initial.ts'
import { type Migration, migrationDb } from './table.ts'

/** All steps, oldest first. */
export const migrations: readonly Migration[] = [initial]

type AnyDb = Kysely<Record<string, Record<string, unknown>>>

/** The names of the steps that a database has taken; none in a new one. */
async function taken(db: AnyDb): Promise<string[]> {
  await db.schema
    .createTable('schema_step')
    .ifNotExists()
    .addColumn('name', 'text', (c) => c.primaryKey().notNull())
    .execute()
  const rows = await db.selectFrom('schema_step').select('name').orderBy('name').execute()
  return rows.map((row) => String(row['name']))
}

/** The steps that a database still lacks. Refuses one that a newer version has written. */
async function pendingMigrations(db: AnyDb): Promise<Migration[]> {
  const names = new Set(await taken(db))
  const unknown = [...names].filter((name) => !migrations.some((migration) => migration.name === name))
  if (unknown.length > 0) {
    throw new UserError(
      `This data was written by a newer version of Cordboard (it has schema step ${unknown.join(', ')}). Start that version, or restore a backup made with this one.`,
    )
  }
  return migrations.filter((migration) => !names.has(migration.name))
}

/**
 * Brings a database to the newest schema, or through the named steps only, each step in its own transaction;
 * says which steps it took.
 */
export async function migrate(db: AnyDb, dialect: Dialect, only?: readonly string[]): Promise<string[]> {
  const pending = await pendingMigrations(db)
  const done: string[] = []
  for (const migration of pending) {
    if (only && !only.includes(migration.name)) continue
    await sql`begin immediate`.execute(db)
    try {
      // Another process may have taken the step while this one waited for its turn.
      if (!(await taken(db)).includes(migration.name)) {
        await migration.up(migrationDb(db, dialect))
        await db.insertInto('schema_step').values({ name: migration.name }).execute()
        done.push(migration.name)
      }
      await sql`commit`.execute(db)
    } catch (error) {
      await sql`rollback`.execute(db)
      throw error
    }
  }
  return done
}
