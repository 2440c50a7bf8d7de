import { forgetEventsBefore } from '../storage/event-log.ts'
import type { Job } from './timers.ts'

/** How long a reader of events may be away and still miss nothing. */
const KEPT = 7 * 24 * 60 * 60 * 1000

/** Drops the events that everybody has read by now. */
export const forgetOldEvents: Job = {
  name: 'forgetOldEvents',
  every: 60_000,
  run: (tx, now) => forgetEventsBefore(tx, now - KEPT),
}
