import type { Portal } from '../domain/portals/portal.ts'
import type { Logger } from '../kernel/log.ts'
import type { Bus } from '../realtime/bus.ts'
import { Sequencer } from './sequencer.ts'

/** What processes tell each other of a portal's events: `{ seq }`, the last number given. */
export function eventsTopic({ name }: Pick<Portal, 'name'>): string {
  return `events:${name}`
}

export interface PortalEventsOptions {
  readonly bus: Bus
  readonly logger: Logger
}

/** Numbers the events of every portal that this process has open, and wakes who waits for them in any process. */
export class PortalEvents {
  readonly #options: PortalEventsOptions
  readonly #sequencers = new Map<Portal, Sequencer>()

  constructor(options: PortalEventsOptions) {
    this.#options = options
  }

  add(portal: Portal): void {
    const { bus, logger } = this.#options
    const sequencer = new Sequencer({
      store: portal.store,
      onNumbered: (seq) => bus.publish(eventsTopic(portal), { seq }),
      onError: (reason) => logger.warn({ portal: portal.name, reason }, 'Events could not be numbered yet'),
    })
    this.#sequencers.set(portal, sequencer)
  }

  /** Before the portal's store is closed. */
  async remove(portal: Portal): Promise<void> {
    const sequencer = this.#sequencers.get(portal)
    this.#sequencers.delete(portal)
    await sequencer?.stop()
  }
}
