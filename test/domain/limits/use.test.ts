import { expect, onTestFinished, test } from 'vitest'
import {
  CLOCK_SKEW,
  type OperatingUse,
  addOperatingUse,
  addTaken,
  forgetUseBefore,
  operatingUseSince,
  rateUseSince,
} from '../../../src/domain/limits/use.ts'
import { ManualClock } from '../../../src/kernel/clock.ts'
import type { Store } from '../../../src/storage/store.ts'
import { testStore } from '../../support/databases.ts'

const START = new ManualClock().now()
const MINUTE = Math.floor(START / 60_000)

async function newStore(): Promise<Store> {
  const store = await testStore(new ManualClock())
  onTestFinished(() => store[Symbol.asyncDispose]())
  return store
}

const add = (store: Store, caller: string, amount: number, now: number): Promise<void> =>
  store.write((tx) => addTaken(tx, [{ caller, amount }], 2, now), { isolation: 'claims' })

test('a bucket drains from one telling to the next, and not below nothing', async () => {
  const store = await newStore()
  await add(store, 'webhook:1', 5_000, START)
  await add(store, 'webhook:1', 1_000, START + 1_500)
  const bucket = { caller: 'webhook:1', level: 3_000, at: START + 1_500 }
  expect(await rateUseSince(store.read, START - 1, START)).toEqual([bucket])
  await add(store, 'webhook:1', 1_000, START + 60_000)
  expect(await rateUseSince(store.read, START - 1, START + 60_000)).toEqual([
    { caller: 'webhook:1', level: 1_000, at: START + 60_000 },
  ])
  expect(await rateUseSince(store.read, START + 60_000, START + 60_000)).toEqual([])
})

test('a clock that is behind neither drains nor fills, and one that was set back does not stop the draining', async () => {
  const store = await newStore()
  const bucket = async () => (await rateUseSince(store.read, 0, START + 3_600_000))[0]
  await add(store, 'app:1', 10_000, START)
  await add(store, 'app:1', 1_000, START - 40)
  expect(await bucket()).toEqual({ caller: 'app:1', level: 11_000, at: START })
  await add(store, 'app:1', 1_000, START + 10)
  expect(await bucket()).toEqual({ caller: 'app:1', level: 11_980, at: START + 10 })
  const back = START - 3_600_000
  // Nobody waits for a clock that was an hour ahead: its bucket is left alone until somebody adds to it.
  expect(await rateUseSince(store.read, 0, back)).toEqual([])
  await add(store, 'app:1', 1_000, back)
  await add(store, 'app:1', 1_000, back + 1_000)
  expect(await bucket()).toEqual({ caller: 'app:1', level: 11_980, at: back + 1_000 })
  expect(CLOCK_SKEW).toBeLessThan(3_600_000)
})

test('nothing is lost of what many add at once', async () => {
  const store = await newStore()
  const callers = Array.from({ length: 30 }, (_, n) => `webhook:${n}`)
  await Promise.all(
    Array.from({ length: 12 }, (_, teller) =>
      store.write(
        async (tx) => {
          const mine = teller % 2 === 0 ? callers : callers.toReversed()
          await addTaken(
            tx,
            mine.map((caller) => ({ caller, amount: 1_000 })),
            2,
            START,
          )
          await addOperatingUse(
            tx,
            mine.map((caller) => ({ caller, method: 'profile', minute: MINUTE, firstAt: START, milliseconds: 1.5 })),
            START,
          )
        },
        { isolation: 'claims' },
      ),
    ),
  )
  const levels = await rateUseSince(store.read, 0, START)
  expect(levels.map(({ level }) => level)).toEqual(callers.map(() => 12_000))
  const uses = await operatingUseSince(store.read, 0, START)
  expect(uses.map(({ milliseconds }) => milliseconds)).toEqual(callers.map(() => 18))
})

test('processing time adds up in minutes, each from its first call; what is old is dropped', async () => {
  const store = await newStore()
  const use = (change: Partial<OperatingUse>): OperatingUse => ({
    caller: 'app:1',
    method: 'profile',
    minute: MINUTE,
    firstAt: START + 2_000,
    milliseconds: 0.5,
    ...change,
  })
  await store.write((tx) => addOperatingUse(tx, [use({}), use({ minute: MINUTE + 1 })], START + 60_000))
  await store.write((tx) =>
    addOperatingUse(
      tx,
      [use({ firstAt: START + 1_000, milliseconds: 2 }), use({ method: 'app.info' })],
      START + 61_000,
    ),
  )
  const sorted = async (since: number): Promise<OperatingUse[]> =>
    (await operatingUseSince(store.read, since, START + 61_000)).toSorted((a, b) => a.milliseconds - b.milliseconds)
  expect(await sorted(START + 60_000)).toEqual([
    use({ method: 'app.info' }),
    use({ firstAt: START + 1_000, milliseconds: 2.5 }),
  ])
  await add(store, 'app:1', 1_000, START)
  await store.write((tx) => forgetUseBefore(tx, START + 61_000))
  expect(await sorted(0)).toHaveLength(2)
  expect(await rateUseSince(store.read, 0, START)).toEqual([])
})
