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

/** How many callers, or callers with methods, are kept; the one unheard of for longest gives way. */
const MOST_KEYS = 100_000

interface Bucket {
  /** Thousandths of a request, so that whole milliseconds and whole rates are counted without rounding. */
  level: number
  /** Epoch milliseconds up to which it has drained. */
  at: number
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
    const bucket = this.#buckets.get(key) ?? { level: 0, at: now }
    this.#buckets.delete(key)
    this.#forgetIdle(now)
    this.#buckets.set(key, bucket)
    // A clock that was set back drains nothing, and does not stop the draining until it has caught up.
    if (now > bucket.at) bucket.level = Math.max(0, bucket.level - (now - bucket.at) * this.#drainPerMillisecond)
    bucket.at = now
    if (bucket.level + 1000 > this.#capacity) return false
    bucket.level += 1000
    return true
  }

  /** A few at each call, oldest first: no timer, no pause, and the map cannot grow faster than it is cleaned. */
  #forgetIdle(now: number): void {
    let looked = 0
    for (const [key, { at }] of this.#buckets) {
      if (++looked > 2 || (now - at < this.#idle && this.#buckets.size < this.#mostKeys)) return
      this.#buckets.delete(key)
    }
  }
}

const MINUTE = 60_000
/** How long what was used counts, in milliseconds. */
const WINDOW = 10 * MINUTE
const DEFAULT_OPERATING_LIMIT = 480

interface Basket {
  /** When its first call began, cut to the second because clients are told seconds: it counts ten minutes from then. */
  readonly first: number
  milliseconds: number
}

/** What a key has used of a method. */
export interface OperatingUse {
  /** Seconds of processing within the window. */
  readonly operating: number
  /** Epoch seconds, whole: when the oldest part of it stops counting. */
  readonly resetAt: number
}

/**
 * The processing time that each caller used of each method within ten minutes, in baskets of a minute as the
 * reference describes: a basket counts for ten minutes from its first call.
 */
export class OperatingTime {
  readonly #limit: number
  readonly #mostKeys: number
  /** In the order in which they were last added to. */
  readonly #used = new Map<string, Basket[]>()

  /** `limit` in seconds. */
  constructor(limit = DEFAULT_OPERATING_LIMIT, mostKeys = MOST_KEYS) {
    this.#limit = limit
    this.#mostKeys = mostKeys
  }

  /** How many pairs of key and method are remembered. */
  get size(): number {
    return this.#used.size
  }

  /** Counts a call that began at `now`, epoch milliseconds. Letter case of the method does not matter. */
  add(key: string, method: string, milliseconds: number, now: number): void {
    const name = nameOf(key, method)
    const baskets = this.#current(name, now)
    this.#used.delete(name)
    this.#forgetIdle(now)
    this.#used.set(name, baskets)
    const last = baskets.at(-1)
    if (last !== undefined && Math.floor(now / MINUTE) <= Math.floor(last.first / MINUTE))
      last.milliseconds += milliseconds
    else baskets.push({ first: now - (now % 1000), milliseconds })
  }

  used(key: string, method: string, now: number): OperatingUse {
    const baskets = this.#current(nameOf(key, method), now)
    return {
      operating: secondsIn(baskets),
      resetAt: Math.floor(((baskets[0]?.first ?? now) + WINDOW) / 1000),
    }
  }

  /** Whether the limit is passed already: the call that passes it is still let through. */
  exceeded(key: string, method: string, now: number): boolean {
    return secondsIn(this.#current(nameOf(key, method), now)) > this.#limit
  }

  /** The baskets that still count; at most eleven. */
  #current(name: string, now: number): Basket[] {
    const baskets = this.#used.get(name)
    if (baskets === undefined) return []
    let gone = 0
    while (gone < baskets.length && now - baskets[gone]!.first >= WINDOW) gone++
    if (gone > 0) baskets.splice(0, gone)
    // Left from before a clock was set back.
    while (baskets.length > 0 && baskets.at(-1)!.first - now >= WINDOW) baskets.pop()
    return baskets
  }

  #forgetIdle(now: number): void {
    let looked = 0
    for (const [name, baskets] of this.#used) {
      const last = baskets.at(-1)
      const counts = last !== undefined && now - last.first < WINDOW
      if (++looked > 2 || (counts && this.#used.size < this.#mostKeys)) return
      this.#used.delete(name)
    }
  }
}

function nameOf(key: string, method: string): string {
  return `${key}\n${method.toLowerCase()}`
}

function secondsIn(baskets: readonly Basket[]): number {
  let milliseconds = 0
  for (const basket of baskets) milliseconds += basket.milliseconds
  return milliseconds / 1000
}

export interface LimitsOptions {
  /** How many requests a caller may make; not limited when left out. */
  readonly rate?: RatePlan | undefined
  /** Seconds of processing that a caller may use of one method within ten minutes; not limited when left out. */
  readonly operatingSeconds?: number | undefined
}

/** The limits of one portal. The figures of `operating` are true whether or not they are enforced. */
export class Limits {
  readonly #rate: RateLimiter | undefined
  readonly #operating: OperatingTime
  readonly #limited: boolean

  constructor({ rate, operatingSeconds }: LimitsOptions) {
    this.#rate = rate && new RateLimiter(rate)
    this.#limited = operatingSeconds !== undefined
    this.#operating = new OperatingTime(operatingSeconds)
  }

  /** Whether the caller may make one more request now. */
  admit(caller: string, now: number): boolean {
    return this.#rate?.take(caller, now) ?? true
  }

  /** Whether the caller has used up his time of the method. */
  exceeded(caller: string, method: string, now: number): boolean {
    return this.#limited && this.#operating.exceeded(caller, method, now)
  }

  /** Counts the milliseconds that a call took; answers what `time` shows. */
  record(caller: string, method: string, milliseconds: number, now: number): { operating: number; resetAt: number } {
    this.#operating.add(caller, method, milliseconds, now)
    return this.#operating.used(caller, method, now)
  }
}
