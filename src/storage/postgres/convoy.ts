import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { timeLeft, withoutDeadline } from '../../kernel/deadline.ts'
import type { Tx } from '../store.ts'
import { StoreUnavailable } from '../unavailable.ts'

/** A transaction that waits to share a commit. */
export interface Passenger {
  /** What it is about, `chat:12`: no two of one key travel together. */
  readonly key: string
  /** Runs in the context of whoever asked for it. */
  readonly work: (tx: Tx) => Promise<unknown>
  /** By when an answer is wanted, in milliseconds of `performance.now()`. */
  readonly deadline: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

export interface ConvoyOptions {
  /** Runs works in one transaction and settles them; answers those that have to be run one by one. */
  readonly together: (passengers: readonly Passenger[]) => Promise<readonly Passenger[]>
  readonly alone: (work: Passenger['work']) => Promise<unknown>
}

/** How many travel together: beyond it the first would wait too long for its answer. */
const LARGEST = 32
/** How many turns of the event loop may gather them. */
const LONGEST_GATHERING = 8
/** How long the next convoy waits for those that have to go alone, in milliseconds. */
const PATIENCE = 20
/** A convoy may be held up by a commit that is not answered: how long it is waited for beyond the time of a call. */
const GRACE = 1_000

/**
 * Lets transactions that do not touch each other's rows share one: their statements go out side by side, in a packet a
 * step instead of a packet each, and one commit ends them all. One convoy is under way at a time; who comes meanwhile
 * waits for the next.
 */
export class Convoy {
  readonly #options: ConvoyOptions
  #waiting: Passenger[] = []
  /** Keys of those who go alone: whoever comes after them must not overtake them. */
  readonly #busy = new Set<string>()
  #underWay = false

  constructor(options: ConvoyOptions) {
    this.#options = options
  }

  async add<T>(key: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const inContext = AsyncLocalStorage.snapshot()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.push({
      key,
      work: (tx) => inContext(work, tx),
      deadline: performance.now() + timeLeft(),
      resolve: resolve as (value: unknown) => void,
      reject,
    })
    const late = (): void => reject(new StoreUnavailable('unknown', new Error('The commit was not answered in time')))
    const timer = timeLeft() === Infinity ? undefined : setTimeout(late, timeLeft() + GRACE)
    // What it does for others is none of this call's.
    withoutDeadline(() => this.#depart())
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  #depart(): void {
    if (this.#underWay || this.#waiting.length === 0) return
    this.#underWay = true
    this.#gather(0, 0)
  }

  /** Waits while every turn of the loop brings more: what arrives together over the sockets goes together. */
  #gather(seen: number, turns: number): void {
    setImmediate(() => {
      const arrived = this.#waiting.length
      if (arrived > seen && arrived < LARGEST && turns < LONGEST_GATHERING) this.#gather(arrived, turns + 1)
      else void this.#go()
    })
  }

  async #go(): Promise<void> {
    for (let passengers = this.#board(); passengers.length > 0; passengers = this.#board()) {
      const left = passengers.length === 1 ? passengers : await this.#options.together(passengers)
      const alone = left.map((passenger) => this.#alone(passenger))
      if (alone.length > 0) await Promise.race([Promise.all(alone), sleep(PATIENCE)])
    }
    this.#underWay = false
  }

  /** The first of each key, in one order of keys for all processes: they then wait for each other's rows in that order. */
  #board(): Passenger[] {
    const now = performance.now()
    const taken = new Map<string, Passenger>()
    const later: Passenger[] = []
    for (const passenger of this.#waiting) {
      const { key, deadline, reject } = passenger
      if (deadline <= now) reject(new StoreUnavailable('no', new Error('Other transactions did not end in time')))
      else if (taken.size < LARGEST && !taken.has(key) && !this.#busy.has(key)) taken.set(key, passenger)
      else later.push(passenger)
    }
    this.#waiting = later
    return [...taken.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
  }

  async #alone({ key, work, resolve, reject }: Passenger): Promise<void> {
    this.#busy.add(key)
    try {
      resolve(await this.#options.alone(work))
    } catch (error) {
      reject(error)
    } finally {
      this.#busy.delete(key)
      this.#depart()
    }
  }
}
