import { expect, test } from 'vitest'
import { Turns } from '../../src/storage/postgres/turns.ts'

test('work that takes turns does not overlap, whether it succeeds or not', async () => {
  const turns = new Turns()
  let running = 0
  const work = (n: number) => async (): Promise<number> => {
    expect(++running).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 5))
    running--
    if (n === 1) throw new Error('one fails')
    return n
  }
  const outcomes = await Promise.allSettled([0, 1, 2].map((n) => turns.take(work(n))))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('nobody waits long for work that hangs', { timeout: 5_000 }, async () => {
  const turns = new Turns()
  void turns.take(() => new Promise(() => {}))
  expect(await turns.take(async () => 'went anyway')).toBe('went anyway')
})
