import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OperatingTime } from '../../src/rest/operating-time.ts'
import { RATE_PLANS, RateLimiter } from '../../src/rest/rate-limiter.ts'

const START = Date.UTC(2026, 4, 14, 10, 5, 20, 350)
const MINUTE = 60_000

/** Pauses in milliseconds: mostly none, sometimes long. */
const pause = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(600), fc.nat(60_000))
const plan = fc.record({ drainPerSecond: fc.integer({ min: 1, max: 10 }), capacity: fc.integer({ min: 1, max: 60 }) })

function takeMany(limiter: RateLimiter, times: number, now: number): number {
  return Array.from({ length: times }, () => limiter.take('a', now)).filter(Boolean).length
}

describe('RATE_PLANS', () => {
  it('are those of the reference, and off', () => {
    expect(RATE_PLANS).toEqual({
      off: undefined,
      standard: { drainPerSecond: 2, capacity: 50 },
      enterprise: { drainPerSecond: 5, capacity: 250 },
    })
  })
})

describe('RateLimiter', () => {
  it('takes the capacity at once and then the drain', () => {
    const limiter = new RateLimiter(RATE_PLANS.standard)
    expect(takeMany(limiter, 100, START)).toBe(50)
    expect(limiter.take('a', START + 499)).toBe(false)
    expect(limiter.take('a', START + 500)).toBe(true)
    expect(limiter.take('a', START + 500)).toBe(false)
    expect(takeMany(limiter, 100, START + 10_000)).toBe(19)
    expect(takeMany(limiter, 100, START + 100_000)).toBe(50)
  })

  it('never refuses who keeps to the drain', () => {
    const limiter = new RateLimiter(RATE_PLANS.enterprise)
    for (let n = 0; n < 2000; n++) expect(limiter.take('a', START + n * 200)).toBe(true)
  })

  it('keeps keys apart', () => {
    const limiter = new RateLimiter({ drainPerSecond: 1, capacity: 1 })
    expect([limiter.take('a', START), limiter.take('a', START), limiter.take('b', START)]).toEqual([true, false, true])
  })

  it('lets no more through than capacity and drain, in any stretch of time', () => {
    fc.assert(
      fc.property(plan, fc.array(pause, { maxLength: 300 }), (rate, pauses) => {
        const limiter = new RateLimiter(rate)
        const taken: number[] = []
        let now = START
        for (const wait of pauses) {
          now += wait
          if (limiter.take('a', now)) taken.push(now)
        }
        for (const [first, from] of taken.entries()) {
          for (const [last, to] of taken.entries()) {
            if (last < first) continue
            expect((last - first + 1) * 1000).toBeLessThanOrEqual(
              rate.capacity * 1000 + rate.drainPerSecond * (to - from),
            )
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  it('consumes nothing by refusing', () => {
    const step = fc.record({ wait: pause, extra: fc.nat(5) })
    fc.assert(
      fc.property(plan, fc.array(step, { maxLength: 200 }), (rate, steps) => {
        const patient = new RateLimiter(rate)
        const pressing = new RateLimiter(rate)
        let now = START
        for (const { wait, extra } of steps) {
          now += wait
          const answer = patient.take('a', now)
          expect(pressing.take('a', now)).toBe(answer)
          // Asks again only when refused: those attempts must change nothing.
          const more = Array.from({ length: answer ? 0 : extra }, () => pressing.take('a', now))
          expect(more).not.toContain(true)
        }
      }),
    )
  })

  it('goes on when the clock is set back', () => {
    const limiter = new RateLimiter(RATE_PLANS.standard)
    takeMany(limiter, 50, START)
    expect(limiter.take('a', START - 3_600_000)).toBe(false)
    expect(limiter.take('a', START - 3_600_000 + 500)).toBe(true)
  })

  it('forgets idle keys and none other, and stays below its bound', () => {
    const limiter = new RateLimiter({ drainPerSecond: 1, capacity: 10 }, 100)
    for (let n = 0; n < 50; n++) limiter.take(`k${n}`, START)
    expect(limiter.size).toBe(50)
    takeMany(limiter, 10, START)
    expect(takeMany(limiter, 30, START + 9999)).toBe(9)
    expect(limiter.size).toBe(51)
    for (let n = 0; n < 30; n++) limiter.take('other', START + 10_000)
    expect(limiter.size).toBe(2)
    for (let n = 0; n < 1000; n++) limiter.take(`x${n}`, START + 10_000)
    expect(limiter.size).toBe(100)
  })
})

describe('OperatingTime', () => {
  it('sums what a key used of a method, in whatever letter case', () => {
    const time = new OperatingTime()
    time.add('a', 'crm.item.list', 1500, START)
    time.add('a', 'CRM.Item.List', 500, START + 1000)
    time.add('a', 'user.get', 7, START)
    time.add('b', 'crm.item.list', 9, START)
    expect(time.used('a', 'crm.item.list', START + 2000)).toEqual({
      operating: 2,
      // The example of the reference: called first at 10:05:20, counted until 10:15:20.
      resetAt: Date.UTC(2026, 4, 14, 10, 15, 20) / 1000,
    })
    expect(time.used('c', 'crm.item.list', START)).toEqual({ operating: 0, resetAt: Math.floor(START / 1000) + 600 })
  })

  it('forgets a basket exactly when it said it would', () => {
    const time = new OperatingTime()
    time.add('a', 'm', 1000, START)
    time.add('a', 'm', 2000, START + MINUTE)
    const { resetAt } = time.used('a', 'm', START + MINUTE)
    expect(time.used('a', 'm', resetAt * 1000 - 1).operating).toBe(3)
    expect(time.used('a', 'm', resetAt * 1000)).toEqual({ operating: 2, resetAt: resetAt + 60 })
    expect(time.used('a', 'm', resetAt * 1000 + MINUTE).operating).toBe(0)
  })

  it('blocks after the call that passes the limit', () => {
    const time = new OperatingTime()
    for (let call = 0; call < 24; call++) time.add('a', 'm', 20_000, START + call * 20_000)
    const now = START + 480_000
    expect(time.used('a', 'm', now).operating).toBe(480)
    expect(time.exceeded('a', 'm', now)).toBe(false)
    time.add('a', 'm', 1, now)
    expect(time.exceeded('a', 'm', now)).toBe(true)
    expect(time.exceeded('a', 'other', now)).toBe(false)
    expect(time.exceeded('a', 'm', time.used('a', 'm', now).resetAt * 1000)).toBe(false)
    expect(new OperatingTime(0.5).exceeded('a', 'm', now)).toBe(false)
  })

  it('counts everything of the last nine minutes and nothing older than eleven', () => {
    const call = fc.record({ wait: fc.nat(4 * MINUTE), milliseconds: fc.nat(90_000) })
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
        const time = new OperatingTime()
        const made: { at: number; milliseconds: number }[] = []
        let now = START
        for (const { wait, milliseconds } of calls) {
          now += wait
          time.add('a', 'm', milliseconds, now)
          made.push({ at: now, milliseconds })
          const since = (age: number): number =>
            made.filter(({ at }) => now - at < age).reduce((sum, each) => sum + each.milliseconds, 0) / 1000
          const { operating, resetAt } = time.used('a', 'm', now)
          expect(operating).toBeGreaterThanOrEqual(since(9 * MINUTE))
          expect(operating).toBeLessThanOrEqual(since(10 * MINUTE))
          expect(Number.isInteger(resetAt)).toBe(true)
          expect(resetAt * 1000).toBeGreaterThan(now)
          expect(resetAt * 1000).toBeLessThanOrEqual(now + 10 * MINUTE)
          expect(time.exceeded('a', 'm', now)).toBe(operating > 480)
        }
      }),
    )
  })

  it('goes on when the clock is set back', () => {
    const time = new OperatingTime()
    time.add('a', 'm', 500_000, START)
    expect(time.exceeded('a', 'm', START - 86_400_000)).toBe(false)
  })

  it('forgets what no longer counts, and stays below its bound', () => {
    const time = new OperatingTime(480, 100)
    for (let n = 0; n < 60; n++) time.add(`k${n}`, 'm', 1, START)
    expect(time.size).toBe(60)
    for (let n = 0; n < 40; n++) time.add('a', 'm', 1, START + 10 * MINUTE)
    expect(time.size).toBe(1)
    for (let n = 0; n < 1000; n++) time.add(`x${n}`, 'm', 1, START + 10 * MINUTE)
    expect(time.size).toBe(100)
  })
})
