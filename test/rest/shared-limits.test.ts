import * as fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { portalOver } from '../../src/domain/portals/portal.ts'
import { forgetUseBefore, operatingUseSince, rateUseSince } from '../../src/domain/limits/use.ts'
import { type Clock, ManualClock, systemClock } from '../../src/kernel/clock.ts'
import { seededIds } from '../../src/kernel/ids.ts'
import { Dispatcher } from '../../src/rest/dispatch.ts'
import { RestError } from '../../src/rest/errors.ts'
import { Limits } from '../../src/rest/limits.ts'
import { RATE_PLANS } from '../../src/rest/rate-limiter.ts'
import { type SharedLimitsOptions, SharedLimits, exchange } from '../../src/rest/shared-limits.ts'
import { StoreUnavailable } from '../../src/storage/unavailable.ts'
import type { Store } from '../../src/storage/store.ts'
import { engine, testStores } from '../support/databases.ts'
import { registry } from '../support/portal.ts'

type Plan = SharedLimitsOptions['plan']

/** One portal as two processes have it: on PostgreSQL each with a store of its own. */
async function twoStores(clock: Clock): Promise<[Store, Store]> {
  const { stores, ...disposal } = await testStores(clock, 2)
  onTestFinished(() => disposal[Symbol.asyncDispose]())
  return [stores[0]!, stores[1]!]
}

interface Process {
  readonly limits: Limits
  readonly sharing: SharedLimits
  readonly errors: string[]
  /** Calls a method so many times; answers how often it was let through. */
  calls(times: number, id?: number): Promise<number>
}

function processOn(store: Store, clock: Clock, plan: Plan): Process {
  const portal = portalOver(store, { name: 'test', clock, ids: seededIds('limits'), baseUrl: 'http://portal.test' })
  const errors: string[] = []
  const sharing = new SharedLimits({ portal, plan, onError: (reason) => errors.push(reason) })
  onTestFinished(() => sharing.stop())
  const { limits } = sharing
  const dispatcher = new Dispatcher({ portal, registry, limits })
  const once = async (id: number): Promise<boolean> => {
    const via = { kind: 'webhook', id } as const
    try {
      await dispatcher.dispatch({ userId: 1, isAdmin: true, scopes: registry.scopes(), via }, 'scope', {})
      return true
    } catch (error) {
      if (error instanceof RestError && error.code === 'QUERY_LIMIT_EXCEEDED') return false
      throw error
    }
  }
  return {
    limits,
    sharing,
    errors,
    async calls(times, id = 1) {
      let admitted = 0
      for (let n = 0; n < times; n++) if (await once(id)) admitted++
      return admitted
    },
  }
}

const STANDARD: Plan = { rate: RATE_PLANS.standard }

test('who has used up his bucket at one process is refused by another within a second, until it has drained', async () => {
  const [first, second] = await twoStores(systemClock)
  const one = processOn(first, systemClock, STANDARD)
  const other = processOn(second, systemClock, STANDARD)
  // Both are awake: the other one has calls of somebody else.
  expect(await other.calls(1, 2)).toBe(1)
  const began = performance.now()
  expect(await one.calls(60)).toBeGreaterThanOrEqual(50)
  const emptied = performance.now()
  await vi.waitFor(async () => expect(await other.calls(1)).toBe(0), { timeout: 1_000, interval: 100 })
  const refusedAfter = performance.now() - emptied
  expect(refusedAfter).toBeLessThan(1_000)
  // It goes on refusing but for what drains: two a second.
  const more = await other.calls(10)
  expect(more).toBeLessThanOrEqual(1 + Math.ceil(((performance.now() - began) / 1000) * 2))
  await vi.waitFor(async () => expect(await other.calls(1)).toBe(1), { timeout: 8_000, interval: 100 })
  expect([...one.errors, ...other.errors]).toEqual([])
})

test('a process that had no calls for long asks at the first one', async () => {
  const clock = new ManualClock()
  const [first, second] = await twoStores(clock)
  const one = processOn(first, clock, STANDARD)
  expect(await one.calls(60)).toBe(50)
  await one.sharing.stop()
  const late = processOn(second, clock, STANDARD)
  expect(await late.calls(1)).toBe(1)
  await vi.waitFor(async () => expect(await late.calls(1)).toBe(0), { timeout: 1_000, interval: 10 })
})

test('two that fire at once let through no more than one round too many', async () => {
  const clock = new ManualClock()
  const [first, second] = await twoStores(clock)
  const one = processOn(first, clock, STANDARD)
  const other = processOn(second, clock, STANDARD)
  const count = { admitted: 0 }
  const inOneRound: number[] = []
  const fire = async (process: Process): Promise<void> => {
    const deadline = performance.now() + 3_000
    let told = 0
    let since = 0
    while (performance.now() < deadline) {
      // Forty calls a second: a round is a third of the capacity.
      const admitted = await process.calls(1)
      count.admitted += admitted
      since += admitted
      const amount = process.limits.untold(1).rates[0]?.amount ?? 0
      if (amount < told || since * 1000 > amount) {
        inOneRound.push(since)
        since = amount / 1000
      }
      told = amount
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    inOneRound.push(since)
  }
  await Promise.all([fire(one), fire(other)])
  // Nothing drains: the clock stands still.
  expect(count.admitted).toBeGreaterThanOrEqual(50)
  expect(count.admitted).toBeLessThanOrEqual(50 + 2 * Math.max(...inOneRound))
  expect(count.admitted).toBeLessThan(100)
  expect(await one.calls(10)).toBe(0)
  expect(await other.calls(10)).toBe(0)
})

test('operating time is the sum over processes, and blocks at each', async () => {
  const clock = new ManualClock()
  const [first, second] = await twoStores(clock)
  const plan: Plan = { operatingSeconds: 10 }
  const one = processOn(first, clock, plan)
  const other = processOn(second, clock, plan)
  const start = clock.now()
  one.limits.record('app:1', 'User.Get', 6_000, start)
  one.limits.admit('app:1', start)
  clock.advance(61_000)
  other.limits.record('app:1', 'user.get', 5_000, clock.now())
  other.limits.admit('app:1', clock.now())
  await vi.waitFor(() => {
    for (const { limits } of [one, other]) {
      expect(limits.record('app:1', 'user.get', 0, clock.now())).toEqual({
        operating: 11,
        resetAt: Math.floor(start / 1000) + 600,
      })
      expect(limits.exceeded('app:1', 'user.get', clock.now())).toBe(true)
      expect(limits.exceeded('app:1', 'user.current', clock.now())).toBe(false)
      expect(limits.exceeded('app:2', 'user.get', clock.now())).toBe(false)
    }
  })
  clock.set(start + 600_000)
  expect(other.limits.record('app:1', 'user.get', 0, clock.now()).operating).toBe(5)
})

test('a database out of reach neither stops calls nor loses counts', async () => {
  const clock = new ManualClock()
  const [store, second] = await twoStores(clock)
  const outage = { on: true }
  const reach = (): void => {
    if (outage.on) throw new StoreUnavailable('no', new Error('test'))
  }
  const broken = Object.create(store, {
    read: {
      get() {
        reach()
        return store.read
      },
    },
    write: {
      value: async (...args: Parameters<Store['write']>) => {
        reach()
        return store.write(...args)
      },
    },
  }) as Store
  const portal = { store: broken, clock }
  const limits = new Limits(STANDARD)
  const round = (): Promise<void> => exchange(limits, { portal, plan: STANDARD, since: 0 })
  const take = (times: number): number =>
    Array.from({ length: times }, () => limits.admit('app:1', clock.now())).filter(Boolean).length
  limits.record('app:1', 'user.get', 1_234, clock.now())
  expect(take(40)).toBe(40)
  await expect(round()).rejects.toThrow(StoreUnavailable)
  clock.advance(5_000)
  expect(take(30)).toBe(20)
  await expect(round()).rejects.toThrow(StoreUnavailable)
  outage.on = false
  await round()
  // What drained meanwhile is not told: another process would have to wait for it a second time.
  expect(await rateUseSince(second.read, 0, clock.now())).toEqual([{ caller: 'app:1', level: 50_000, at: clock.now() }])
  const [use] = await operatingUseSince(second.read, 0, clock.now())
  expect(use).toMatchObject({ caller: 'app:1', method: 'user.get', milliseconds: 1_234 })
  expect(limits.untold(10)).toEqual({ rates: [], operating: [] })
  await round()
  expect(await rateUseSince(second.read, 0, clock.now())).toMatchObject([{ level: 50_000 }])
})

test('the shared bucket is that of a single process, but for what drains between a call and its telling', async () => {
  const clock = new ManualClock()
  const [store] = await twoStores(clock)
  const PROCESSES = 3
  const step = fc.record({
    process: fc.nat(PROCESSES - 1),
    wait: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(300), fc.nat(20_000)),
    calls: fc.nat(12),
    tells: fc.boolean(),
  })
  const input = fc.record({
    drainPerSecond: fc.integer({ min: 1, max: 5 }),
    capacity: fc.integer({ min: 5, max: 40 }),
    skews: fc.array(fc.nat(50), { minLength: PROCESSES, maxLength: PROCESSES }),
    steps: fc.array(step, { minLength: 1, maxLength: 25 }),
  })
  await fc.assert(
    fc.asyncProperty(input, async ({ drainPerSecond, capacity, skews, steps }) => {
      await store.write((tx) => forgetUseBefore(tx, Number.MAX_SAFE_INTEGER))
      const time = new ManualClock()
      const plan: Plan = { rate: { drainPerSecond, capacity } }
      const processes = skews.map((skew) => {
        const own: Clock = { now: () => time.now() + skew }
        return { limits: new Limits(plan), portal: { store, clock: own }, unknown: 0, untoldSince: Infinity }
      })
      const skew = drainPerSecond * Math.max(...skews)
      // What a single process would have: in thousandths of a request, as the buckets.
      const single = { level: 0, at: time.now() }
      let longest = 0
      const tell = async (process: (typeof processes)[number]): Promise<void> => {
        longest = Math.max(longest, process.untoldSince === Infinity ? 0 : time.now() - process.untoldSince)
        process.untoldSince = Infinity
        await exchange(process.limits, { portal: process.portal, plan, since: 0 })
      }
      for (const { process: index, wait, calls, tells } of steps) {
        time.advance(wait)
        single.level = Math.max(0, single.level - wait * drainPerSecond)
        const process = processes[index]!
        for (let n = 0; n < calls; n++) {
          if (!process.limits.admit('app:1', process.portal.clock.now())) continue
          single.level += 1000
          process.untoldSince = Math.min(process.untoldSince, time.now())
          for (const other of processes) if (other !== process) other.unknown += 1000
          // Too many are at the most those that the process could not know of.
          expect(single.level).toBeLessThanOrEqual(capacity * 1000 + process.unknown + skew)
        }
        if (!tells) continue
        await tell(process)
        // It knows now of all but what the others still have to tell.
        process.unknown = processes
          .filter((other) => other !== process)
          .reduce((sum, { limits }) => sum + (limits.untold(1).rates[0]?.amount ?? 0), 0)
      }
      for (const process of processes) await tell(process)
      const [bucket] = await rateUseSince(store.read, 0, time.now())
      const stored = bucket ?? { level: 0, at: time.now() }
      const level = Math.max(0, stored.level - Math.max(0, time.now() - stored.at) * drainPerSecond)
      expect(level).toBeGreaterThanOrEqual(single.level - skew)
      expect(level).toBeLessThanOrEqual(single.level + longest * drainPerSecond + skew)
    }),
    { numRuns: engine === 'sqlite' ? 100 : 40 },
  )
})
