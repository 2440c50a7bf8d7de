import type { OperatingUse, RateUse, Taken } from '../domain/limits/use.ts'
import { OperatingTime } from './operating-time.ts'
import { RateLimiter, type RatePlan } from './rate-limiter.ts'

export interface LimitsOptions {
  /** How many requests a caller may make; not limited when left out. */
  readonly rate?: RatePlan | undefined
  /** Seconds of processing that a caller may use of one method within ten minutes; not limited when left out. */
  readonly operatingSeconds?: number | undefined
  /** Told of every call, let through or not: other processes may have something to say of its caller. */
  readonly onCall?: () => void
}

/** What processes tell each other of their callers. */
export interface Use<Rate> {
  readonly rates: readonly Rate[]
  readonly operating: readonly OperatingUse[]
}

/** The limits of one portal. The figures of `operating` are true whether or not they are enforced. */
export class Limits {
  readonly #rate: RateLimiter | undefined
  readonly #operating: OperatingTime
  readonly #limited: boolean
  readonly #onCall: (() => void) | undefined

  constructor({ rate, operatingSeconds, onCall }: LimitsOptions) {
    this.#rate = rate && new RateLimiter(rate)
    this.#limited = operatingSeconds !== undefined
    this.#operating = new OperatingTime(operatingSeconds)
    this.#onCall = onCall
  }

  /** Whether the caller may make one more request now. */
  admit(caller: string, now: number): boolean {
    this.#onCall?.()
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

  /** What the other processes are to be told, at most so much of either. */
  untold(most: number): Use<Taken> {
    return { rates: this.#rate?.untold(most) ?? [], operating: this.#operating.untold(most) }
  }

  /** They were told at `now`. */
  told({ rates, operating }: Use<Taken>, now: number): void {
    this.#rate?.told(rates, now)
    this.#operating.told(operating)
  }

  /** Telling them has failed. */
  notTold(now: number): void {
    this.#rate?.notTold(now)
  }

  /** Follows what all processes together have let through. */
  follow({ rates, operating }: Use<RateUse>, now: number): void {
    for (const use of rates) this.#rate?.follow(use, now)
    for (const use of operating) this.#operating.follow(use, now)
  }
}
