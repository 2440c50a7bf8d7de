/** Where the product reads the time. Nothing else may call `Date.now()`, so that a test can move the clock. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** A clock that stands still until it is moved; for tests and simulations. */
export class ManualClock implements Clock {
  #now: number

  constructor(start = Date.UTC(2026, 0, 5, 9, 0, 0)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  /** Moves the clock on by so many milliseconds. */
  advance(milliseconds: number): void {
    this.#now += milliseconds
  }

  set(epochMilliseconds: number): void {
    this.#now = epochMilliseconds
  }
}
