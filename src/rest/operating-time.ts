import type { OperatingUse as SharedOperating } from '../domain/limits/use.ts'

const MINUTE = 60_000
/** How long what was used counts, in milliseconds. */
const WINDOW = 10 * MINUTE
const DEFAULT_OPERATING_LIMIT = 480
/** How many callers with methods are kept; the one unheard of for longest gives way. */
const MOST_KEYS = 100_000

interface Basket {
  /** When its first call began, cut to the second because clients are told seconds: it counts ten minutes from then. */
  first: number
  milliseconds: number
  /** How much of it the other processes have not been told. */
  untold: number
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
  /** The names of which the other processes have something to be told. */
  readonly #untold = new Set<string>()

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
    const baskets = this.#touch(name, now)
    let basket = baskets.at(-1)
    if (basket === undefined || minuteOf(now) > minuteOf(basket.first)) {
      basket = { first: now - (now % 1000), milliseconds: 0, untold: 0 }
      baskets.push(basket)
    }
    basket.milliseconds += milliseconds
    basket.untold += milliseconds
    if (milliseconds > 0) this.#untold.add(name)
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

  /** What other processes are to be told, of at most so many keys with methods. It stays so until {@link told}. */
  untold(most: number): SharedOperating[] {
    const uses: SharedOperating[] = []
    let names = 0
    for (const name of this.#untold) {
      if (++names > most) break
      const [caller, method] = name.split('\n') as [string, string]
      const baskets = this.#used.get(name)!.filter(({ untold }) => untold > 0)
      // It has waited for so long that it does not count any more.
      if (baskets.length === 0) this.#untold.delete(name)
      for (const { first, untold } of baskets)
        uses.push({ caller, method, minute: minuteOf(first), firstAt: first, milliseconds: untold })
    }
    return uses
  }

  told(uses: readonly SharedOperating[]): void {
    for (const { caller, method, minute, milliseconds } of uses) {
      const name = nameOf(caller, method)
      const baskets = this.#used.get(name) ?? []
      const basket = baskets.find(({ first }) => minuteOf(first) === minute)
      if (basket) basket.untold = Math.max(0, basket.untold - milliseconds)
      if (baskets.every(({ untold }) => untold === 0)) this.#untold.delete(name)
    }
  }

  /** Follows what all processes share, which holds what was told. */
  follow({ caller, method, minute, firstAt, milliseconds }: SharedOperating, now: number): void {
    if (now - firstAt >= WINDOW) return
    const baskets = this.#touch(nameOf(caller, method), now)
    let basket = baskets.find(({ first }) => minuteOf(first) === minute)
    if (!basket) {
      basket = { first: firstAt, milliseconds: 0, untold: 0 }
      baskets.push(basket)
      baskets.sort((a, b) => a.first - b.first)
    }
    basket.first = Math.min(basket.first, firstAt)
    basket.milliseconds = milliseconds + basket.untold
  }

  #touch(name: string, now: number): Basket[] {
    const baskets = this.#current(name, now)
    this.#used.delete(name)
    this.#forgetIdle(now)
    this.#used.set(name, baskets)
    return baskets
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
      this.#untold.delete(name)
    }
  }
}

function minuteOf(time: number): number {
  return Math.floor(time / MINUTE)
}

function nameOf(key: string, method: string): string {
  return `${key}\n${method.toLowerCase()}`
}

function secondsIn(baskets: readonly Basket[]): number {
  let milliseconds = 0
  for (const basket of baskets) milliseconds += basket.milliseconds
  return milliseconds / 1000
}
