import { createApplication } from '../../src/domain/apps/applications.ts'
import type { Caller } from '../../src/domain/caller.ts'
import type { Portal } from '../../src/domain/portals/portal.ts'
import { Deliverer, type DeliveryCounts } from '../../src/events/deliverer.ts'
import { FanOut } from '../../src/events/fan-out.ts'
import { wireEvents as allEvents } from '../../src/events/wire/index.ts'
import type { WireEvent } from '../../src/events/wire/wire-event.ts'
import { Outgoing, type OutgoingOptions } from '../../src/kernel/outgoing.ts'
import { numberEvents } from '../../src/storage/event-log.ts'
import { ADMIN, type TestPortal } from './portal.ts'

/** What a process does with a portal's events, step by step as a test wants it. */
export interface TestDelivery extends AsyncDisposable {
  readonly counts: DeliveryCounts
  readonly deliverer: Deliverer
  /** Numbers what has happened and hands it out. */
  handOut(): Promise<void>
  /** The same, and sends what is due. */
  deliver(): Promise<void>
}

export interface TestDeliveryOptions extends Partial<OutgoingOptions> {
  readonly timeout?: number
  /** Milliseconds between two looks of the deliverer. */
  readonly poll?: number
  readonly wireEvents?: readonly WireEvent[]
}

const fails = (reason: string): void => {
  throw new Error(reason)
}

export function testDelivery(portal: Portal, options: TestDeliveryOptions = {}): TestDelivery {
  const { timeout = 2_000, poll = 20, wireEvents = allEvents, ...others } = options
  const counts = { delivered: 0, retried: 0, failed: 0 }
  const outgoing = new Outgoing({ mayCall: () => true, ...others })
  const fanOut = new FanOut({ portal, wireEvents, onUntold: (_, name, reason) => fails(`${name}: ${reason}`) })
  const deliverer = new Deliverer({ portal, outgoing, counts, onError: fails, timeout, poll })
  const handOut = async (): Promise<void> => {
    while (typeof (await numberEvents(portal.store)) === 'number');
    await fanOut.run()
  }
  return {
    counts,
    deliverer,
    handOut,
    async deliver() {
      await handOut()
      deliverer.wake()
    },
    async [Symbol.asyncDispose]() {
      await deliverer.stop()
      outgoing.close()
    },
  }
}

/** The administrator by an application of its own. */
export async function newApplication(t: TestPortal, scopes = ['crm', 'user']): Promise<Caller> {
  const { store, ids, clock } = t.portal
  const { id, clientId } = await store.write((tx) => createApplication(tx, ids, clock.now(), { title: 'Test', scopes }))
  return t.as(ADMIN, { scopes, via: { kind: 'application', id, clientId } })
}
