const SHORTEST = 100
const LONGEST = 5000
/** Milliseconds after which a line counts as good: one that ends sooner is tried again more and more slowly. */
const GOOD = 5000

/** How long to wait before a line is tried again: growing from 100 ms to 5 s, and random, so that many do not come at once. */
export class Backoff {
  #next = SHORTEST

  /** Milliseconds until the next try: between half of the present delay and all of it. */
  next(): number {
    const delay = this.#next
    this.#next = Math.min(delay * 2, LONGEST)
    return delay * (0.5 + Math.random() / 2)
  }

  /** A line ended that was up for so many milliseconds. */
  ended(lasted: number): void {
    if (lasted >= GOOD) this.#next = SHORTEST
  }
}
