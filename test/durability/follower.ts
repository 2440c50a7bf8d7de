import { DEFAULT_PORTAL } from '../../src/domain/portals/portal.ts'
import { followEvents } from '../../src/events/feed.ts'
import { eventsTopic } from '../../src/events/portal-events.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { createLogger } from '../../src/kernel/log.ts'
import { openBus } from '../../src/realtime/open-bus.ts'
import { openDatabases } from '../../src/storage/open-databases.ts'

/** Somebody who wants to hear of every event, once and in order. */
export interface Follower extends AsyncDisposable {
  /** The numbers of the events as they came. */
  readonly seen: readonly number[]
  /** When each came (milliseconds of `performance.now()`), and how long after it happened. */
  readonly delays: readonly { readonly at: number; readonly delay: number }[]
}

export interface FollowerOptions {
  readonly database: string
  readonly bus: string
  /** The name of the database, by which its processes know each other on the bus. */
  readonly scope: string
}

/** Follows the events of the default portal from the first on, also while the database is away now and then. */
export async function startFollower({ database, bus: address, scope }: FollowerOptions): Promise<Follower> {
  const databases = await openDatabases(
    { database, databasePool: 2, databaseTimeout: 2, ephemeral: false, data: '' },
    { clock: systemClock, onFatal: () => {}, onError: () => {} },
  )
  const store = await databases.open(DEFAULT_PORTAL)
  const bus = openBus(address, undefined, { scope, log: createLogger('silent') })
  const stopping = new AbortController()
  const seen: number[] = []
  const delays: { at: number; delay: number }[] = []
  const onHint = (listener: () => void): (() => void) => bus.subscribe(eventsTopic({ name: DEFAULT_PORTAL }), listener)
  const follow = async (): Promise<void> => {
    for await (const { seq, createdAt } of followEvents({ store, onHint }, 0, stopping.signal)) {
      seen.push(seq)
      delays.push({ at: performance.now(), delay: systemClock.now() - createdAt })
    }
  }
  const following = follow()
  following.catch(() => {})
  return {
    seen,
    delays,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await following
      await bus.close()
      await store.close()
      await databases.close()
    },
  }
}
