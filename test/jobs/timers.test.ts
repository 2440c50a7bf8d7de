import { expect, test } from 'vitest'
import { portalOver } from '../../src/domain/portals/portal.ts'
import { cancelTimer, nextTimerAt, setTimer, setTimerOnce } from '../../src/domain/timers/timers.ts'
import { type TimerHandlers, jobHandlers, runDueTimers, scheduleJobs } from '../../src/jobs/timers.ts'
import { ManualClock } from '../../src/kernel/clock.ts'
import { seededIds } from '../../src/kernel/ids.ts'
import type { Tx } from '../../src/storage/store.ts'
import { testStores } from '../support/databases.ts'

const fails = (_: unknown, reason: string): void => {
  throw new Error(reason)
}

/** A portal as so many processes have it. */
async function processes(count: number) {
  const clock = new ManualClock()
  const opened = await testStores(clock, count)
  const portals = opened.stores.map((store) =>
    portalOver(store, { name: 'test', clock, ids: seededIds('timers'), baseUrl: 'http://portal.test' }),
  )
  return { clock, portals, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() }
}

/** Writes down in the database what was done: it is there if and only if its transaction was committed. */
const done = async (tx: Tx, subject: string): Promise<void> => tx.emit({ type: 'test.done', subject, payload: {} })

const handlers: TimerHandlers = { 'test.do': (tx, { subject }) => done(tx, subject) }

test('a timer fires when it is due, once, and the one that is due first goes first', async () => {
  await using t = await processes(1)
  const [portal] = t.portals
  const now = t.clock.now()
  await portal!.store.write(async (tx) => {
    for (const [subject, delay] of [
      ['b', 2_000],
      ['a', 1_000],
      ['c', 3_000],
    ] as const)
      await setTimer(tx, { kind: 'test.do', subject, dueAt: now + delay, now })
  })
  expect(await nextTimerAt(portal!.store.read)).toBe(now + 1_000)
  const run = () => runDueTimers({ portal: portal!, handlers, onError: fails })
  expect(await run()).toBe(0)
  t.clock.advance(2_500)
  expect(await run()).toBe(2)
  expect(await run()).toBe(0)
  t.clock.advance(500)
  expect(await run()).toBe(1)
  const rows = await portal!.store.read.db.selectFrom('outbox').select('subject').orderBy('id').execute()
  expect(rows.map(({ subject }) => subject)).toEqual(['a', 'b', 'c'])
  expect(await nextTimerAt(portal!.store.read)).toBeUndefined()
})

test('of many processes that look at once, one does what is due', async () => {
  await using t = await processes(4)
  const now = t.clock.now()
  await t.portals[0]!.store.write(async (tx) => {
    for (let n = 0; n < 60; n++) await setTimer(tx, { kind: 'test.do', subject: `session:${n}`, dueAt: now, now })
  })
  const served = await Promise.all(t.portals.map((portal) => runDueTimers({ portal, handlers, onError: fails })))
  expect(served.reduce((sum, n) => sum + n)).toBe(60)
  const rows = await t.portals[0]!.store.read.db.selectFrom('outbox').select('subject').execute()
  expect(rows.map(({ subject }) => subject).toSorted()).toEqual(
    Array.from({ length: 60 }, (_, n) => `session:${n}`).toSorted(),
  )
})

test('one timer of a kind for each subject: setting it again moves it, setting it once does not', async () => {
  await using t = await processes(1)
  const { store } = t.portals[0]!
  const now = t.clock.now()
  const timer = { kind: 'test.do', subject: 'session:1', now }
  await store.write((tx) => setTimer(tx, { ...timer, dueAt: now + 10 }))
  await store.write((tx) => setTimerOnce(tx, { ...timer, dueAt: now + 99 }))
  expect(await nextTimerAt(store.read)).toBe(now + 10)
  await store.write((tx) => setTimer(tx, { ...timer, dueAt: now + 20 }))
  expect(await nextTimerAt(store.read)).toBe(now + 20)
  await store.write((tx) => cancelTimer(tx, 'test.do', 'session:1'))
  expect(await nextTimerAt(store.read)).toBeUndefined()
})

test('what fails is undone, tried again later, and does not keep the others waiting', async () => {
  await using t = await processes(1)
  const portal = t.portals[0]!
  const now = t.clock.now()
  await portal.store.write(async (tx) => {
    await setTimer(tx, { kind: 'test.fail', subject: 'bad', dueAt: now, now })
    await setTimer(tx, { kind: 'test.do', subject: 'good', dueAt: now, now })
  })
  let broken = true
  const told: string[] = []
  const run = () =>
    runDueTimers({
      portal,
      handlers: {
        ...handlers,
        'test.fail': async (tx, { subject }) => {
          await done(tx, subject)
          if (broken) throw new Error('not yet')
        },
      },
      onError: ({ subject, attempts }, reason) => told.push(`${subject} ${attempts} ${reason}`),
    })
  const subjects = async (): Promise<string[]> =>
    (await portal.store.read.db.selectFrom('outbox').select('subject').orderBy('id').execute()).map(
      (row) => row.subject,
    )
  await run()
  expect(await subjects()).toEqual(['good'])
  t.clock.advance(10_000)
  await run()
  broken = false
  t.clock.advance(19_999)
  await run()
  expect(await subjects()).toEqual(['good'])
  t.clock.advance(1)
  await run()
  expect(await subjects()).toEqual(['good', 'bad'])
  expect(told).toEqual(['bad 0 not yet', 'bad 1 not yet'])
})

test('a clock that jumps far does each thing once, and one that is set back loses nothing', async () => {
  await using t = await processes(1)
  const portal = t.portals[0]!
  let runs = 0
  const job = { name: 'count', every: 60_000, run: async () => void runs++ }
  await scheduleJobs(portal, [job])
  const run = () => runDueTimers({ portal, handlers: jobHandlers([job]), onError: fails })
  await run()
  expect(runs).toBe(0)
  t.clock.advance(365 * 24 * 3_600_000)
  await run()
  expect(runs).toBe(1)
  t.clock.advance(59_000)
  await run()
  expect(runs).toBe(1)
  t.clock.advance(1_000)
  await run()
  expect(runs).toBe(2)
  t.clock.advance(-30_000)
  await scheduleJobs(portal, [job])
  await run()
  expect(runs).toBe(2)
  t.clock.advance(91_000)
  await run()
  expect(runs).toBe(3)
})
