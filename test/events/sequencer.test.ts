import { expect, test } from 'vitest'
import { followEvents } from '../../src/events/feed.ts'
import { Sequencer } from '../../src/events/sequencer.ts'
import { ManualClock } from '../../src/kernel/clock.ts'
import { type NumberedEvent, lastEventSeq, numberEvents, readEventsAfter } from '../../src/storage/event-log.ts'
import type { Store } from '../../src/storage/store.ts'
import { StoreUnavailable } from '../../src/storage/unavailable.ts'
import { testStore, testStores } from '../support/databases.ts'
import { until } from '../support/poll.ts'

const happened = (store: Store, subject: string, n: number): Promise<void> =>
  store.write((tx) => tx.emit({ type: 'test.happened', subject, payload: { n } }))

async function numberAll(store: Store): Promise<void> {
  while (typeof (await numberEvents(store)) === 'number');
}

/** What wakes followers, as the bus does between processes. */
class Hints {
  readonly #listeners = new Set<() => void>()

  readonly on = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  give(): void {
    for (const listener of this.#listeners) listener()
  }
}

const fails = (reason: string): void => {
  throw new Error(reason)
}

test('events are numbered in the order in which they were written, without gaps', async () => {
  await using store = await testStore(new ManualClock())
  for (let n = 1; n <= 1_200; n += 400) {
    await store.write(async (tx) => {
      for (let k = n; k < n + 400; k++) await tx.emit({ type: 'test.happened', subject: 'chat:1', payload: { k } })
    })
  }
  expect(await lastEventSeq(store.read)).toBe(0)
  await numberAll(store)
  expect(await lastEventSeq(store.read)).toBe(1_200)
  const events = await readEventsAfter(store.read, 0, 2_000)
  expect(events.map(({ seq, payload }) => [seq, payload])).toEqual(
    Array.from({ length: 1_200 }, (_, i) => [i + 1, { k: i + 1 }]),
  )
  expect(await readEventsAfter(store.read, 1_199)).toMatchObject([{ seq: 1_200, type: 'test.happened' }])
  expect(await store.read.db.selectFrom('outbox').select('id').execute()).toEqual([])
})

test('an event of a transaction that failed is never numbered', async () => {
  await using store = await testStore(new ManualClock())
  const failed = store.write(async (tx) => {
    await tx.emit({ type: 'test.happened', subject: 'chat:1', payload: {} })
    throw new Error('no')
  })
  await expect(failed).rejects.toThrow('no')
  await happened(store, 'chat:2', 1)
  await numberAll(store)
  expect(await readEventsAfter(store.read, 0)).toMatchObject([{ seq: 1, subject: 'chat:2' }])
})

test('several processes number together: gapless, each event once, in order for each subject', async () => {
  await using opened = await testStores(new ManualClock(), 3)
  const { stores } = opened
  const hints = new Hints()
  const sequencers = stores.map((store) => new Sequencer({ store, onNumbered: () => hints.give(), onError: fails }))
  const stop = new AbortController()
  const seen: NumberedEvent[] = []
  const following = (async () => {
    for await (const event of followEvents({ store: stores[0]!, onHint: hints.on }, 0, stop.signal)) {
      seen.push(event)
      if (seen.length === 600) return
    }
  })()
  // Each subject belongs to one chain, whose next event is written after the one before was acknowledged.
  await Promise.all(
    Array.from({ length: 12 }, async (_, subject) => {
      for (let n = 1; n <= 50; n++) await happened(stores[(subject + n) % 3]!, `chat:${subject}`, n)
    }),
  )
  await following
  stop.abort()
  await Promise.all(sequencers.map((sequencer) => sequencer.stop()))
  expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1))
  for (let subject = 0; subject < 12; subject++) {
    const own = seen.filter((event) => event.subject === `chat:${subject}`).map(({ payload }) => payload)
    expect(own).toEqual(Array.from({ length: 50 }, (_, i) => ({ n: i + 1 })))
  }
})

test('what a process wrote that then died is numbered by another one, without a hint', async () => {
  await using opened = await testStores(new ManualClock(), 2)
  const [dead, living] = opened.stores
  await happened(dead!, 'chat:1', 1)
  let numbered = 0
  const sequencer = new Sequencer({ store: living!, onNumbered: (seq) => (numbered = seq), onError: fails })
  await until('the event is numbered', () => numbered === 1)
  expect(await lastEventSeq(living!.read)).toBe(1)
  await sequencer.stop()
})

test('a follower reads what is there, then what comes, and ends when it is told', async () => {
  await using store = await testStore(new ManualClock())
  for (let n = 1; n <= 3; n++) await happened(store, 'chat:1', n)
  await numberAll(store)
  const stop = new AbortController()
  const seen: number[] = []
  const hints = new Hints()
  const following = (async () => {
    for await (const { seq } of followEvents({ store, onHint: hints.on, poll: 60_000 }, 1, stop.signal)) seen.push(seq)
  })()
  await until('it has read what is there', () => seen.length === 2)
  await happened(store, 'chat:1', 4)
  await numberAll(store)
  hints.give()
  await until('it has read what came', () => seen.length === 3)
  stop.abort()
  await following
  expect(seen).toEqual([2, 3, 4])
})

test('a follower lasts while the database is out of reach', async () => {
  await using store = await testStore(new ManualClock())
  await happened(store, 'chat:1', 1)
  await numberAll(store)
  let failures = 2
  const read = Object.create(store.read, {
    all: {
      value: (...args: Parameters<typeof store.read.all>) =>
        failures-- > 0 ? Promise.reject(new StoreUnavailable('no', undefined)) : store.read.all(...args),
    },
  }) as Store['read']
  const unsteady = Object.create(store, { read: { value: read } }) as Store
  const stop = new AbortController()
  for await (const { seq } of followEvents({ store: unsteady, onHint: new Hints().on, poll: 10 }, 0, stop.signal)) {
    expect(seq).toBe(1)
    stop.abort()
  }
  expect(failures).toBeLessThan(0)
})
