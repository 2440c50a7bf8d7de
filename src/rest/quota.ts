import { OperatingTime, type RatePlan, RateLimiter } from './limits.ts'

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
