import { forgetDeliveriesBefore } from '../domain/delivery/log.ts'
import { forgetReservedBefore } from '../domain/delivery/offline-events.ts'
import type { Job } from './timers.ts'

const DAY = 24 * 60 * 60 * 1000
/** How long what became of a delivery can be read, and it can be sent again. */
const KEPT = 7 * DAY
/** How long an application may take to confirm what it has reserved. */
const RESERVED = 30 * DAY

/** Drops the log of deliveries that are over, and reserved events that nobody has confirmed. */
export const forgetOldDeliveries: Job = {
  name: 'forgetOldDeliveries',
  every: 60_000,
  async run(tx, now) {
    await forgetDeliveriesBefore(tx, now - KEPT)
    await forgetReservedBefore(tx, now - RESERVED)
  },
}
