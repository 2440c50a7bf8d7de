import { forgetUseBefore } from '../domain/limits/use.ts'
import type { Job } from './timers.ts'

/** Buckets are empty within a minute, and processing time counts for ten: an hour is far beyond both. */
const KEPT = 60 * 60 * 1000

/** Drops what callers have used so long ago that no limit counts it any more. */
export const forgetOldUse: Job = {
  name: 'forgetOldUse',
  every: 10 * 60 * 1000,
  run: (tx, now) => forgetUseBefore(tx, now - KEPT),
}
