import { CLOCK_SKEW, addOperatingUse, addTaken, operatingUseSince, rateUseSince } from '../domain/limits/use.ts'
import type { Portal } from '../domain/portals/portal.ts'
import { messageOf } from '../kernel/errors.ts'
import type { Reader, Tx } from '../storage/store.ts'
import { StoreGone } from '../storage/unavailable.ts'
import { Limits, type LimitsOptions } from './limits.ts'

/** From one round to the next, in milliseconds. */
const ROUND = 400
/** Rounds go on for so long after the last call, in milliseconds; the next call begins them again at once. */
const ATTENTIVE = 5_000
/** What is older than this counts for no limit. */
const OLDEST = 11 * 60_000
/** Callers, and callers with methods, that are told of in one round at the most. */
const MOST_AT_ONCE = 400

export interface SharedLimitsOptions {
  readonly portal: Pick<Portal, 'store' | 'clock'>
  readonly plan: Pick<LimitsOptions, 'rate' | 'operatingSeconds'>
  readonly onError: (reason: string) => void
}

/**
 * The limits of one portal that several processes serve. Each admits by what it knows, and while there are calls it
 * tells the others every 400 ms what it has let through, and learns what they have: so many processes let a caller
 * make at the most as many requests too many as they let through in one round. While the database is out of reach
 * each limits for itself; what has not drained by then is told later.
 */
export class SharedLimits {
  readonly limits: Limits
  readonly #options: SharedLimitsOptions
  #next: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #stopped = false
  /** By `performance.now()`. */
  #calledAt = 0
  /** Up to when this process knows what the others have told, by the portal's clock. */
  #knownTo = Number.NEGATIVE_INFINITY

  constructor(options: SharedLimitsOptions) {
    this.#options = options
    this.limits = new Limits({ ...options.plan, onCall: () => this.#called() })
  }

  /** Tells what is left to tell, and begins nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#next)
    await this.#running
    if (!isNothing(this.limits.untold(1))) await this.#round()
  }

  #called(): void {
    this.#calledAt = performance.now()
    // Nobody has called for long: what became known of the caller elsewhere is asked for at once.
    if (!this.#next && !this.#running) this.#schedule(0)
  }

  #schedule(delay: number): void {
    if (this.#stopped) return
    this.#next = setTimeout(() => {
      this.#next = undefined
      this.#running = this.#round().finally(() => {
        this.#running = undefined
        if (performance.now() - this.#calledAt < ATTENTIVE || !isNothing(this.limits.untold(1))) this.#schedule(ROUND)
      })
    }, delay)
    this.#next.unref()
  }

  async #round(): Promise<void> {
    const { portal, plan, onError } = this.#options
    const now = portal.clock.now()
    const since = Math.max(now - OLDEST, Math.min(this.#knownTo, now) - CLOCK_SKEW)
    try {
      await exchange(this.limits, { portal, plan, since })
      this.#knownTo = now
    } catch (error) {
      // A portal that was deleted is closed soon, and there is nothing left to limit.
      if (!(error instanceof StoreGone)) onError(messageOf(error))
    }
  }
}

export interface Exchange extends Pick<SharedLimitsOptions, 'portal' | 'plan'> {
  /** Up to when what the others have let through is known, epoch milliseconds. */
  readonly since: number
}

/** One round: tells what these limits have let through, and has them follow what was let through anywhere. */
export async function exchange(limits: Limits, { portal: { store, clock }, plan, since }: Exchange): Promise<void> {
  const use = limits.untold(MOST_AT_ONCE)
  const now = clock.now()
  const learn = async (read: Reader) => ({
    rates: plan.rate ? await rateUseSince(read, since, now) : [],
    operating: await operatingUseSince(read, since, now),
  })
  const tellAndLearn = async (tx: Tx) => {
    await addTaken(tx, use.rates, plan.rate?.drainPerSecond ?? 0, now)
    await addOperatingUse(tx, use.operating, now)
    return learn(tx)
  }
  try {
    const known = await (isNothing(use) ? learn(store.read) : store.write(tellAndLearn, { isolation: 'claims' }))
    limits.told(use, now)
    limits.follow(known, clock.now())
  } catch (error) {
    limits.notTold(clock.now())
    throw error
  }
}

function isNothing({
  rates,
  operating,
}: {
  readonly rates: readonly unknown[]
  readonly operating: readonly unknown[]
}) {
  return rates.length === 0 && operating.length === 0
}
