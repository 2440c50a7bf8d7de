import { forgetTokens } from '../domain/apps/tokens.ts'
import type { Job } from './timers.ts'

/** Drops tokens that nobody can use any more. */
export const forgetOldTokens: Job = {
  name: 'forgetOldTokens',
  every: 10 * 60 * 1000,
  run: (tx, now) => forgetTokens(tx, now),
}
