import type { RateUse, Taken } from '../domain/limits/use.ts'

/** A leaky bucket: it takes `capacity` requests at once and loses `drainPerSecond` of them each second. */
export interface RatePlan {
  readonly drainPerSecond: number
  readonly capacity: number
}

/** The plans of the reference's page of limits, by name. */
export const RATE_PLANS = {
  /** Not limited: a portal on one's own server. */
  off: undefined,
  standard: { drainPerSecond: 2, capacity: 50 },
  enterprise: { drainPerSecond: 5, capacity: 250 },
} as const satisfies Record<string, RatePlan | undefined>

/** How many callers are kept; the one unheard of for longest gives way. */
const MOST_KEYS = 100_000

interface Bucket {
  /** Thousandths of a request, so that whole milliseconds and whole rates are counted without rounding. */
  level: number
  /** Epoch milliseconds up to which it has drained. */
  at: number
  /** How much of what was taken here the other processes have not been told. */
  untold: number
  untoldSince: number
}

/** How often each key may do something. */
export class RateLimiter {
  readonly #capacity: number
  readonly #drainPerMillisecond: number
  /** After how many milliseconds any bucket is empty. */
  readonly #idle: number
  readonly #mostKeys: number
  /** In the order in which they were last asked for. */
  readonly #buckets = new Map<string, Bucket>()
  /** The keys of which the other processes have something to be told. */
  readonly #untold = new Set<string>()

  constructor({ drainPerSecond, capacity }: RatePlan, mostKeys = MOST_KEYS) {
    this.#capacity = capacity * 1000
    this.#drainPerMillisecond = drainPerSecond
    this.#idle = this.#capacity / this.#drainPerMillisecond
    this.#mostKeys = mostKeys
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /** Takes one request at `now`, epoch milliseconds, or answers false and takes nothing. */
  take(key: string, now: number): boolean {
    const bucket = this.#touch(key, now)
    bucket.level = drained(bucket.level, now - bucket.at, this.#drainPerMillisecond)
    // Also where the clock was set back: else nothing would drain until it has caught up.
    bucket.at = now
    if (bucket.level + 1000 > this.#capacity) return false
    bucket.level += 1000
    if (bucket.untold === 0) bucket.untoldSince = now
    bucket.untold += 1000
    this.#untold.add(key)
    return true
  }

  /** What other processes are to be told, of at most so many keys. It stays so until {@link told}. */
  untold(most: number): Taken[] {
    const taken: Taken[] = []
    for (const key of this.#untold) {
      if (taken.length === most) break
      taken.push({ caller: key, amount: this.#buckets.get(key)!.untold })
    }
    return taken
  }

  /** They were told at `now`. */
  told(taken: readonly Taken[], now: number): void {
    for (const { caller, amount } of taken) {
      const bucket = this.#buckets.get(caller)
      if (!bucket) continue
      bucket.untold = Math.max(0, bucket.untold - amount)
      bucket.untoldSince = now
      if (bucket.untold === 0) this.#untold.delete(caller)
    }
  }

  /** They could not be told: what drains meanwhile need not be told any more. */
  notTold(now: number): void {
    for (const key of this.#untold) {
      const bucket = this.#buckets.get(key)!
      bucket.untold = drained(bucket.untold, now - bucket.untoldSince, this.#drainPerMillisecond)
      bucket.untoldSince = now
      if (bucket.untold === 0) this.#untold.delete(key)
    }
  }

  /** Follows the bucket that all processes share, which holds what was told. */
  follow({ caller, level, at }: RateUse, now: number): void {
    const bucket = this.#touch(caller, now)
    bucket.level = drained(level, now - at, this.#drainPerMillisecond) + bucket.untold
    bucket.at = now
  }

  #touch(key: string, now: number): Bucket {
    const bucket = this.#buckets.get(key) ?? { level: 0, at: now, untold: 0, untoldSince: now }
    this.#buckets.delete(key)
    this.#forgetIdle(now)
    this.#buckets.set(key, bucket)
    return bucket
  }

  /** A few at each call, oldest first: no timer, no pause, and the map cannot grow faster than it is cleaned. */
  #forgetIdle(now: number): void {
    let looked = 0
    for (const [key, { at }] of this.#buckets) {
      if (++looked > 2 || (now - at < this.#idle && this.#buckets.size < this.#mostKeys)) return
      this.#buckets.delete(key)
      this.#untold.delete(key)
    }
  }
}

/** What is left of a level after a while; a clock that was set back drains nothing. */
function drained(level: number, milliseconds: number, drainPerMillisecond: number): number {
  return Math.max(0, level - Math.max(0, milliseconds) * drainPerMillisecond)
}
