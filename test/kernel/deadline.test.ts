import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { timeLeft, withDeadline, withoutDeadline } from '../../src/kernel/deadline.ts'

test('the time of a call runs down through everything that it awaits', async () => {
  expect(timeLeft()).toBe(Infinity)
  await withDeadline(1_000, async () => {
    const first = timeLeft()
    expect(first).toBeLessThanOrEqual(1_000)
    await sleep(20)
    expect(timeLeft()).toBeLessThan(first)
    expect(timeLeft()).toBeGreaterThan(0)
  })
  expect(timeLeft()).toBe(Infinity)
})

test('what a call starts for others has its own time', async () => {
  const { promise, resolve } = Promise.withResolvers<number>()
  withDeadline(1, () => withoutDeadline(() => setTimeout(() => resolve(timeLeft()), 5)))
  expect(await promise).toBe(Infinity)
})
