import type { Portal } from '../domain/portals/portal.ts'
import { messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/log.ts'
import type { Outgoing } from '../kernel/outgoing.ts'
import type { Bus } from '../realtime/bus.ts'
import { Deliverer, type DeliveryCounts } from './deliverer.ts'
import { FanOut } from './fan-out.ts'
import { Sequencer } from './sequencer.ts'
import { wireEvents } from './wire/index.ts'

/** What processes tell each other of a portal's events: `{ seq }`, the last number given. */
export function eventsTopic({ name }: Pick<Portal, 'name'>): string {
  return `events:${name}`
}

/** How often events are looked for that a process numbered which then died, in milliseconds. */
const POLL = 1_000

export interface PortalEventsOptions {
  readonly bus: Bus
  readonly logger: Logger
  readonly outgoing: Outgoing
}

/** The events of one portal in this process. */
interface Served {
  readonly handOut: () => void
  stop(): Promise<void>
}

/**
 * Numbers the events of every portal that this process has open, wakes who waits for them in any process, hands them
 * to the handlers that are bound and delivers them.
 */
export class PortalEvents {
  /** What became of deliveries. */
  readonly counts: DeliveryCounts = { delivered: 0, retried: 0, failed: 0 }
  readonly #options: PortalEventsOptions
  readonly #served = new Map<Portal, Served>()
  readonly #poll: NodeJS.Timeout

  constructor(options: PortalEventsOptions) {
    this.#options = options
    this.#poll = setInterval(() => {
      for (const { handOut } of this.#served.values()) handOut()
    }, POLL)
    this.#poll.unref()
  }

  add(portal: Portal): void {
    this.#served.set(portal, this.#serve(portal))
  }

  /** Before the portal's store is closed. */
  async remove(portal: Portal): Promise<void> {
    const served = this.#served.get(portal)
    this.#served.delete(portal)
    await served?.stop()
  }

  /** Once every portal is removed. */
  close(): void {
    clearInterval(this.#poll)
    this.#options.outgoing.close()
  }

  #serve(portal: Portal): Served {
    const { bus, logger, outgoing } = this.#options
    const log = logger.child({ portal: portal.name })
    const deliverer = new Deliverer({
      portal,
      outgoing,
      counts: this.counts,
      onError: (reason) => log.warn({ reason }, 'Deliveries could not be looked after'),
    })
    const fanOut = new FanOut({
      portal,
      wireEvents,
      onUntold: ({ seq, type }, name, reason) =>
        log.error({ seq, type, event: name, reason }, 'The body of an event could not be made'),
    })
    let running: Promise<void> | undefined
    let again = false
    const run = async (): Promise<void> => {
      try {
        do {
          again = false
          if (await fanOut.run()) deliverer.wake()
        } while (again)
      } catch (error) {
        // They stay where they are, and the next poll looks for them.
        log.warn({ reason: messageOf(error) }, 'Events could not be handed out yet')
      }
    }
    const handOut = (): void => {
      again = true
      running ??= run().finally(() => (running = undefined))
    }
    const sequencer = new Sequencer({
      store: portal.store,
      onNumbered: (seq) => {
        bus.publish(eventsTopic(portal), { seq })
        handOut()
      },
      onError: (reason) => log.warn({ reason }, 'Events could not be numbered yet'),
    })
    return {
      handOut,
      async stop() {
        await sequencer.stop()
        await running
        await deliverer.stop()
      },
    }
  }
}
