import { AsyncLocalStorage } from 'node:async_hooks'

/** By when whoever called wants an answer, in milliseconds of `performance.now()`. */
const deadlines = new AsyncLocalStorage<number>()

/** Runs work that has so many milliseconds: what waits for something within it asks {@link timeLeft} how long it may. */
export function withDeadline<T>(milliseconds: number, work: () => T): T {
  return deadlines.run(performance.now() + milliseconds, work)
}

/** Milliseconds until the work under way should have an answer, also less than 0; infinite where nobody waits for one. */
export function timeLeft(): number {
  const deadline = deadlines.getStore()
  return deadline === undefined ? Infinity : deadline - performance.now()
}

/** Runs what nobody waits for, though somebody's call was the occasion. */
export function withoutDeadline<T>(work: () => T): T {
  return deadlines.exit(work)
}
