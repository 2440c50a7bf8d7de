import { setTimeout as sleep } from 'node:timers/promises'
import { timeLeft } from '../../kernel/deadline.ts'

/** How long a turn is waited for, in milliseconds. */
const LONGEST_WAIT = 500

/** Lets work follow one another that would only hinder each other at once. Who has waited for long goes anyway. */
export class Turns {
  #last: Promise<void> = Promise.resolve()

  async take<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last
    const { promise, resolve: done } = Promise.withResolvers<void>()
    this.#last = promise
    const enough = new AbortController()
    const wait = Math.max(0, Math.min(LONGEST_WAIT, timeLeft()))
    await Promise.race([before, sleep(wait, undefined, { signal: enough.signal }).catch(() => {})])
    enough.abort()
    try {
      return await work()
    } finally {
      done()
    }
  }
}
