import type { OutgoingAnswer } from '../kernel/outgoing.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The pauses after each attempt that failed: three days in all. */
const PAUSES = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  ...Array.from({ length: 4 }, () => 14 * HOUR),
]
/** A handler that wants to be left alone for longer is tried after that. */
const LONGEST_WISH = 24 * HOUR

/** Whether another attempt may go better: too many calls, or an error of the server. */
export function isWorthRetrying(status: number): boolean {
  return status === 429 || status >= 500
}

/** When to try again after so many attempts have failed; nothing where enough was tried. */
export function retryAt(now: number, failed: number, wish: number | undefined): number | undefined {
  const pause = PAUSES[failed - 1]
  return pause === undefined ? undefined : now + Math.max(pause, Math.min(wish ?? 0, LONGEST_WISH))
}

/** How long a handler wants to be left alone, in milliseconds: `Retry-After` in seconds or as a date. */
export function wishOf({ headers }: OutgoingAnswer, now: number): number | undefined {
  const text = headers['retry-after']?.trim()
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
