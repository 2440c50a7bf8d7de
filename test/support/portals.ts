import { inject } from 'vitest'
import { Portals } from '../../src/domain/portals/portals.ts'
import { ManualClock } from '../../src/kernel/clock.ts'
import { seededIds } from '../../src/kernel/ids.ts'
import type { Databases } from '../../src/storage/databases.ts'
import { openDatabases } from '../../src/storage/open-databases.ts'
import { SqliteDatabases } from '../../src/storage/sqlite/sqlite-databases.ts'
import { engine } from './databases.ts'

export type Engine = Databases['engine']

const onFatal = (error: unknown): void => {
  throw error
}

function portalsOver(databases: Databases, clock: ManualClock): Portals & AsyncDisposable {
  const portals = new Portals({
    databases,
    clock,
    ids: seededIds('portals'),
    baseUrl: () => 'http://portal.test',
  })
  return Object.assign(portals, { [Symbol.asyncDispose]: () => portals.close() })
}

/** The portals of a data folder, as a process has them. */
export function portalsIn(folder: string): Portals & AsyncDisposable {
  const clock = new ManualClock()
  return portalsOver(new SqliteDatabases({ folder, clock, onFatal }), clock)
}

/** The portals of an engine: in a data folder, or in the database of the run, where other tests have theirs too. */
export async function portalsOf(wanted: Engine, folder: string): Promise<Portals & AsyncDisposable> {
  if (wanted === 'sqlite') return portalsIn(folder)
  const clock = new ManualClock()
  const database = inject('postgresUrl')
  const place = { database, databasePool: 4, databaseTimeout: 2, ephemeral: false, data: folder }
  return portalsOver(await openDatabases(place, { clock, onFatal, onError: () => {} }), clock)
}

/** From which engine to which a run moves portals: all pairs over both runs, none twice. */
export const pairs: readonly (readonly [from: Engine, to: Engine])[] =
  engine === 'sqlite'
    ? [['sqlite', 'sqlite']]
    : [
        ['sqlite', 'postgres'],
        ['postgres', 'sqlite'],
        ['postgres', 'postgres'],
      ]

/** Every row of every table, as any engine gives it. */
export async function contentsOf({ databases }: Portals, name: string): Promise<Record<string, unknown[]>> {
  await using snapshot = await databases.snapshot(name)
  const contents: Record<string, unknown[]> = {}
  for (const table of snapshot.tables) {
    const rows: unknown[] = []
    for await (const row of snapshot.rows(table)) rows.push(row)
    contents[table] = rows
  }
  return contents
}
