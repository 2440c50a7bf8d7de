import { forgetAnswersBefore } from '../domain/apps/idempotency.ts'
import type { Job } from './timers.ts'

/** Clients repeat a call within seconds; a day is far beyond the longest of them. */
const KEPT = 24 * 60 * 60 * 1000

/** Drops the answers that were kept for repeated requests. */
export const forgetOldAnswers: Job = {
  name: 'forgetOldAnswers',
  every: 10 * 60 * 1000,
  run: (tx, now) => forgetAnswersBefore(tx, now - KEPT),
}
