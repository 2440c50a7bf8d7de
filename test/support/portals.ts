import { Portals } from '../../src/domain/portals/portals.ts'
import { ManualClock } from '../../src/kernel/clock.ts'
import { seededIds } from '../../src/kernel/ids.ts'
import { SqliteDatabases } from '../../src/storage/sqlite/sqlite-databases.ts'

const onFatal = (error: unknown): void => {
  throw error
}

/** The portals of a data folder, as a process has them. */
export function portalsIn(folder: string): Portals & AsyncDisposable {
  const clock = new ManualClock()
  const portals = new Portals({
    databases: new SqliteDatabases({ folder, clock, onFatal }),
    clock,
    ids: seededIds(folder),
    baseUrl: () => 'http://portal.test',
  })
  return Object.assign(portals, { [Symbol.asyncDispose]: () => portals.close() })
}
