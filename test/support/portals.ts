import { Portals } from '../../src/domain/portals/portals.ts'
import { ManualClock } from '../../src/kernel/clock.ts'
import { seededIds } from '../../src/kernel/ids.ts'

/** The portals of a data folder, as a process has them. */
export function portalsIn(folder: string): Portals & AsyncDisposable {
  const portals = new Portals({
    folder,
    clock: new ManualClock(),
    ids: seededIds(folder),
    baseUrl: () => 'http://portal.test',
    onFatal: (error) => {
      throw error
    },
  })
  return Object.assign(portals, { [Symbol.asyncDispose]: () => portals.close() })
}
