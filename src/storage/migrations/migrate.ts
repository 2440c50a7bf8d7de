import type { Kysely } from 'kysely'
import { UserError } from '../../kernel/errors.ts'
import type { Dialect } from '../dialect.ts'
import { initial } from './0001-initial.ts'
import { eventsTimersLimits } from './0002-events-timers-limits.ts'
import { eventDelivery } from './0003-event-delivery.ts'
import { type Migration, migrationDb } from './table.ts'

/** All steps, oldest first. */
export const migrations: readonly Migration[] = [initial, eventsTimersLimits, eventDelivery]

/** A database whose tables are not known to the type checker: as it was, or as it will be. */
export type AnyDb = Kysely<Record<string, Record<string, unknown>>>

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

/** Refuses steps that only a newer version knows. */
export function refuseNewer(steps: Iterable<string>, advice: string): void {
  const unknown = [...steps].filter((step) => !migrations.some(({ name }) => name === step))
  if (unknown.length > 0)
    throw new UserError(
      `It was written by a newer version of Cordboard (it has schema step ${unknown.join(', ')}): ${advice}`,
    )
}

/** The steps that a database still lacks. Refuses one that a newer version has written. */
async function pendingMigrations(db: AnyDb): Promise<Migration[]> {
  const names = new Set(await taken(db))
  refuseNewer(names, 'start that version, or restore a backup made with this one')
  return migrations.filter((migration) => !names.has(migration.name))
}

/**
 * Takes the steps that a database lacks, or the named ones of them, in the transaction of the caller; says which
 * they were.
 */
export async function migrate(db: AnyDb, dialect: Dialect, only?: readonly string[]): Promise<string[]> {
  const done: string[] = []
  for (const migration of await pendingMigrations(db)) {
    if (only && !only.includes(migration.name)) continue
    await migration.up(migrationDb(db, dialect))
    await db.insertInto('schema_step').values({ name: migration.name }).execute()
    done.push(migration.name)
  }
  return done
}

/** The steps that a database has and this version does not know, and those that it lacks. */
export function stepsOf(names: readonly string[]): { newerSteps: string[]; pendingSteps: string[] } {
  const known = migrations.map(({ name }) => name)
  return {
    newerSteps: names.filter((step) => !known.includes(step)),
    pendingSteps: known.filter((step) => !names.includes(step)),
  }
}
