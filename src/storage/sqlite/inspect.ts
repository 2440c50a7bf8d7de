import { DatabaseSync } from 'node:sqlite'
import { sqliteDialect } from '../dialect.ts'
import { migrate, migrations } from '../migrations/migrate.ts'
import { kyselyOver } from './kysely.ts'
import { openDatabase } from './sqlite-store.ts'
import { Statements } from './statements.ts'

/** What can be told of a portal's file from outside. */
export interface Inspection {
  /** What the integrity check found; nothing in a sound file. */
  readonly damage: readonly string[]
  /** Schema steps that this version does not know: a newer one has written them. */
  readonly newerSteps: readonly string[]
  /** Schema steps that it still lacks. */
  readonly pendingSteps: readonly string[]
  /** Epoch milliseconds of the newest thing in it. */
  readonly newestAt: number | undefined
}

/** Reads a portal's file through, changing nothing. Throws where it is no database. */
export function inspect(file: string): Inspection {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
  try {
    const damage = column(database, 'pragma integrity_check').filter((line) => line !== 'ok')
    const steps = column(database, 'select name from schema_step order by name')
    const known = migrations.map(({ name }) => name)
    const newest =
      damage.length === 0
        ? database.prepare('select created_at from message order by id desc limit 1').get()
        : undefined
    return {
      damage,
      newerSteps: steps.filter((step) => !known.includes(step)),
      pendingSteps: known.filter((step) => !steps.includes(step)),
      newestAt: newest === undefined ? undefined : Number(newest['created_at']),
    }
  } finally {
    database.close()
  }
}

function column(database: DatabaseSync, sql: string): string[] {
  return database
    .prepare(sql)
    .all()
    .map((row) => String(Object.values(row)[0]))
}

/** Brings a portal's file to the newest schema; says which steps it took. */
export async function migrateFile(file: string): Promise<string[]> {
  const database = openDatabase(file)
  try {
    return await migrate(kyselyOver(new Statements(database), { names: 'asIs' }), sqliteDialect)
  } finally {
    database.close()
  }
}
