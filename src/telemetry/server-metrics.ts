import { OPEN_STATES, countOpenSessions } from '../domain/openlines/sessions.ts'
import type { Portals } from '../domain/portals/portals.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Logger } from '../kernel/log.ts'
import type { DeliveryCounts } from '../events/deliverer.ts'
import type { Bus } from '../realtime/bus.ts'
import { unnumbered } from '../storage/event-log.ts'
import { type Metrics, createMetrics } from './metrics.ts'

/** What a server is measured by. */
export interface Measured {
  readonly portals: () => Portals
  readonly bus: () => Bus
  /** What became of deliveries to handlers. */
  readonly deliveries: () => DeliveryCounts
  readonly clock: Clock
  readonly logger: Logger
}

/** The figures of one server, with what is read from its portals and its bus when somebody asks. */
export function serverMetrics({ portals, bus, deliveries, clock, logger }: Measured): Metrics {
  const sessions = async (): Promise<Record<string, number>> => {
    const total = Object.fromEntries(OPEN_STATES.map((state) => [state, 0]))
    for (const { store } of await portals().opened()) {
      for (const { state, count } of await countOpenSessions(store.read)) total[state] = (total[state] ?? 0) + count
    }
    return total
  }
  const outbox = async (): Promise<{ rows: number; oldestSeconds: number }> => {
    const waiting = await Promise.all((await portals().opened()).map(({ store }) => unnumbered(store.read)))
    const now = clock.now()
    return {
      rows: waiting.reduce((sum, { count }) => sum + count, 0),
      oldestSeconds: Math.max(0, ...waiting.map(({ oldestAt = now }) => (now - oldestAt) / 1000)),
    }
  }
  return createMetrics({
    sources: {
      stores: async () => (await portals().opened()).map(({ store }) => store),
      sessions,
      outbox,
      deliveries: () => ({ ...deliveries() }),
      bus: () => ({ connected: bus().connected, hints: bus().counters.received }),
    },
    onError: (error) => logger.warn({ err: error }, 'A figure could not be read'),
  })
}
