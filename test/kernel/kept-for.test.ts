import { expect, test } from 'vitest'
import { keptFor } from '../../src/kernel/kept-for.ts'

test('a result is told again until its time is over; who comes meanwhile shares the read under way', async () => {
  let now = 0
  const reads: PromiseWithResolvers<number>[] = []
  const kept = keptFor(
    100,
    () => {
      reads.push(Promise.withResolvers<number>())
      return reads.at(-1)!.promise
    },
    () => now,
  )
  const both = Promise.all([kept(), kept()])
  now = 5_000
  reads[0]!.resolve(1)
  expect(await both).toEqual([1, 1])
  now += 99
  expect(await kept()).toBe(1)
  now += 1
  const next = kept()
  reads[1]!.resolve(2)
  expect(await next).toBe(2)
  expect(reads).toHaveLength(2)
})

test('a failure is told to those who waited for it, and not kept', async () => {
  let fails = true
  const kept = keptFor(1_000, async () => {
    if (fails) throw new Error('not now')
    return 'well'
  })
  await expect(Promise.all([kept(), kept()])).rejects.toThrow('not now')
  fails = false
  expect(await kept()).toBe('well')
})
