import { expect, test } from 'vitest'
import { bindHandler } from '../../src/domain/delivery/handlers.ts'
import { type Portal, portalOver } from '../../src/domain/portals/portal.ts'
import { FanOut } from '../../src/events/fan-out.ts'
import type { WireEvent } from '../../src/events/wire/wire-event.ts'
import { offlineEvent } from '../../src/events/wire/offline.ts'
import { ManualClock } from '../../src/kernel/clock.ts'
import { seededIds } from '../../src/kernel/ids.ts'
import { numberEvents } from '../../src/storage/event-log.ts'
import type { Store } from '../../src/storage/store.ts'
import { testStores } from '../support/databases.ts'
import { testDelivery } from '../support/delivery.ts'
import { startHandler } from '../support/handler.ts'
import { until } from '../support/poll.ts'

const happenedEvent: WireEvent = {
  name: 'ONTEST',
  doc: 'Something has happened.',
  scope: 'crm',
  on: 'test.happened',
  tell: ({ event }) => Promise.resolve({ data: { ...event.payload } }),
}

const happened = (store: Store, subject: string, n: number): Promise<void> =>
  store.write((tx) => tx.emit({ type: 'test.happened', subject, payload: { n } }))

const number = async (store: Store): Promise<void> => {
  while (typeof (await numberEvents(store)) === 'number');
}

/** A portal as so many processes have it. */
async function processes(count: number) {
  const clock = new ManualClock()
  const opened = await testStores(clock, count)
  const ids = seededIds('fan-out')
  const portals = opened.stores.map((store) =>
    portalOver(store, { name: 'test', clock, ids, baseUrl: 'http://portal.test' }),
  )
  return { clock, portals, first: portals[0]!, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() }
}

function fanOutOf(portal: Portal, wireEvents: readonly WireEvent[] = [happenedEvent, offlineEvent]) {
  const untold: string[] = []
  const fanOut = new FanOut({
    portal,
    wireEvents,
    onUntold: ({ seq }, name, reason) => untold.push(`${seq} ${name} ${reason}`),
  })
  return { fanOut, untold }
}

const bind = ({ store, ids, clock }: Portal, more: Partial<Parameters<typeof bindHandler>[3]> = {}) =>
  store.write((tx) =>
    bindHandler(tx, ids, clock.now(), {
      owner: 'app:1',
      event: 'ONTEST',
      address: 'http://handler.test/',
      offline: false,
      userId: 0,
      authConnector: '',
      options: {},
      ...more,
    }),
  )

const deliveries = ({ store }: Portal) =>
  store.read.db.selectFrom('delivery').select(['handlerId', 'seq', 'subject', 'data', 'state']).orderBy('id').execute()

test('several processes hand out: each event once to each handler, in order', async () => {
  await using t = await processes(3)
  for (const owner of ['app:1', 'app:2']) await bind(t.first, { owner })
  const fanOuts = t.portals.map((portal) => fanOutOf(portal).fanOut)
  const writing = { over: false }
  const handing = t.portals.map(async ({ store }, n) => {
    do {
      await number(store)
      await fanOuts[n]!.run()
    } while (!writing.over)
  })
  await Promise.all(
    Array.from({ length: 6 }, async (_, subject) => {
      for (let n = 1; n <= 40; n++) await happened(t.portals[(subject + n) % 3]!.store, `chat:${subject}`, n)
    }),
  )
  writing.over = true
  await Promise.all(handing)
  await number(t.first.store)
  await fanOuts[0]!.run()
  const all = await deliveries(t.first)
  for (const handlerId of [1, 2]) {
    const own = all.filter((delivery) => delivery.handlerId === handlerId)
    expect(own.map(({ seq }) => seq)).toEqual(Array.from({ length: 240 }, (_, n) => n + 1))
    for (let subject = 0; subject < 6; subject++) {
      const values = own.filter((delivery) => delivery.subject === `chat:${subject}`).map(({ data }) => data.value)
      expect(values).toEqual(Array.from({ length: 40 }, (_, n) => ({ n: n + 1 })))
    }
  }
})

test('processes that put into lanes and empty them at once lose nothing', async () => {
  await using t = await processes(3)
  await using handler = await startHandler()
  await bind(t.first, { address: handler.url, owner: 'webhook:1' })
  const working = t.portals.map((portal) => testDelivery(portal, { wireEvents: [happenedEvent] }))
  const writing = { over: false }
  const delivering = working.map(async (process) => {
    while (!writing.over) await process.deliver()
  })
  await Promise.all(
    [0, 1].map(async (subject) => {
      for (let n = 1; n <= 60; n++) await happened(t.portals[n % 3]!.store, `chat:${subject}`, subject * 1_000 + n)
    }),
  )
  writing.over = true
  await Promise.all(delivering)
  for (const process of working) await process.deliver()
  await until('all are delivered', () => handler.calls.length >= 120)
  await Promise.all(working.map((process) => process[Symbol.asyncDispose]()))
  const told = handler.calls.map(({ body }) => Number((body['data'] as { n: string }).n))
  expect(told.filter((n) => n < 1_000)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1))
  expect(told.filter((n) => n > 1_000)).toEqual(Array.from({ length: 60 }, (_, n) => 1_001 + n))
  expect((await deliveries(t.first)).map(({ state }) => state)).toEqual(Array.from({ length: 120 }, () => 'delivered'))
  expect(await t.first.store.read.db.selectFrom('deliveryLane').selectAll().execute()).toEqual([])
})

test('where nobody is bound nothing is written; who binds later hears only of what comes then', async () => {
  await using t = await processes(1)
  const { store } = t.first
  const { fanOut } = fanOutOf(t.first)
  for (let n = 1; n <= 300; n++) await happened(store, 'chat:1', n)
  await number(store)
  const { transactions } = store.counted
  await fanOut.run()
  expect(store.counted.transactions).toBe(transactions)
  await bind(t.first)
  await happened(store, 'chat:1', 301)
  await number(store)
  await fanOut.run()
  await fanOut.run()
  expect(await deliveries(t.first)).toMatchObject([{ seq: 301, data: { value: { n: 301 } } }])
})

test('an event whose body cannot be made is a failed delivery, and the others go on', async () => {
  await using t = await processes(1)
  const { store } = t.first
  const broken: WireEvent = {
    ...happenedEvent,
    tell: async ({ event, read }) => {
      const { n } = event.payload as { n: number }
      if (n === 2)
        await read.db
          .selectFrom('user')
          .select('noSuchColumn' as 'id')
          .execute()
      return { data: { n } }
    },
  }
  const { fanOut, untold } = fanOutOf(t.first, [broken])
  await bind(t.first)
  for (let n = 1; n <= 3; n++) await happened(store, 'chat:1', n)
  await number(store)
  await fanOut.run()
  expect((await deliveries(t.first)).map(({ seq, state }) => [seq, state])).toEqual([
    [1, 'pending'],
    [2, 'failed'],
    [3, 'pending'],
  ])
  expect(untold).toHaveLength(1)
  expect(untold[0]).toMatch(/^2 ONTEST .*no_such_column/)
})

test('an event for some is told to those alone', async () => {
  await using t = await processes(1)
  const { store } = t.first
  const forSome: WireEvent = {
    ...happenedEvent,
    tell: () => Promise.resolve({ data: 7, owners: ['webhook:1/client', 'app:11'] }),
  }
  const { fanOut } = fanOutOf(t.first, [forSome])
  for (const owner of ['webhook:1', 'app:1', 'app:11', 'webhook:2']) await bind(t.first, { owner })
  await happened(store, 'chat:1', 1)
  await number(store)
  await fanOut.run()
  expect((await deliveries(t.first)).map(({ handlerId }) => handlerId)).toEqual([1, 3])
})

test('an application is told goodbye, and of nothing after it', async () => {
  await using t = await processes(1)
  const { store } = t.first
  const goodbye: WireEvent = {
    ...happenedEvent,
    name: 'ONAPPUNINSTALL',
    on: 'application.deleted',
    tell: ({ event }) => Promise.resolve({ data: {}, owners: [(event.payload as { owner: string }).owner] }),
  }
  const { fanOut } = fanOutOf(t.first, [goodbye])
  for (const owner of ['app:1', 'app:2']) await bind(t.first, { owner, event: 'ONAPPUNINSTALL' })
  for (let n = 0; n < 2; n++) {
    await store.write((tx) =>
      tx.emit({ type: 'application.deleted', subject: 'application:1', payload: { owner: 'app:1' } }),
    )
    await number(store)
    await fanOut.run()
  }
  expect(await deliveries(t.first)).toMatchObject([{ handlerId: 1, state: 'pending' }])
})

test('who listens to his queue is told once in a while that something came into it', async () => {
  await using t = await processes(1)
  const { store } = t.first
  const { fanOut } = fanOutOf(t.first)
  await bind(t.first, { address: '', offline: true })
  await bind(t.first, { event: 'ONOFFLINEEVENT', options: { minTimeout: 60 } })
  const round = async (n: number): Promise<void> => {
    await happened(store, 'chat:1', n)
    for (let k = 0; k < 2; k++) {
      await number(store)
      await fanOut.run()
    }
  }
  await round(1)
  await round(2)
  expect(await deliveries(t.first)).toMatchObject([{ handlerId: 2, subject: 'offline:app:1' }])
  const began = t.clock.now()
  await store.write(async ({ db }) => {
    await db.updateTable('delivery').set({ state: 'delivered', settledAt: began }).execute()
    await db.deleteFrom('deliveryLane').execute()
  })
  t.clock.advance(10_000)
  await round(3)
  expect(await deliveries(t.first)).toHaveLength(2)
  const lanes = await store.read.db.selectFrom('deliveryLane').select('dueAt').execute()
  expect(lanes).toEqual([{ dueAt: began + 60_000 }])
})
