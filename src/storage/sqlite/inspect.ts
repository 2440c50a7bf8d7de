import { DatabaseSync } from 'node:sqlite'
import type { Inspection } from '../databases.ts'
import { stepsOf } from '../migrations/migrate.ts'

/** Reads a portal's file through, changing nothing. Throws where it is no database. */
export function inspect(file: string): Inspection {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
  try {
    const damage = column(database, 'pragma integrity_check').filter((line) => line !== 'ok')
    const steps = column(database, 'select name from schema_step order by name')
    const newest =
      damage.length === 0
        ? database.prepare('select created_at from message order by id desc limit 1').get()
        : undefined
    return {
      damage,
      ...stepsOf(steps),
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
