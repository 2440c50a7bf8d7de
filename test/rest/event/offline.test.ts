import { expect, test } from 'vitest'
import { FanOut } from '../../../src/events/fan-out.ts'
import { wireEvents } from '../../../src/events/wire/index.ts'
import { numberEvents } from '../../../src/storage/event-log.ts'
import type { Caller } from '../../../src/domain/caller.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { crmPortal } from '../../support/crm.ts'
import { ADMIN, ANNA, type TestPortal } from '../../support/portal.ts'

interface Waiting {
  readonly ID: string
  readonly EVENT_NAME: string
  readonly EVENT_DATA: JsonObject
  readonly MESSAGE_ID: string
  readonly PROCESS_ID: string
  readonly ERROR: string
}

const caller = (t: TestPortal, id = 1): Caller =>
  t.as(ADMIN, { via: { kind: 'application', id, clientId: `local.${id}` } })

/** Hands out what has happened. */
async function handOut({ portal }: TestPortal): Promise<void> {
  while (typeof (await numberEvents(portal.store)) === 'number');
  const fanOut = new FanOut({
    portal,
    wireEvents,
    onUntold: (_, name, reason) => {
      throw new Error(`${name}: ${reason}`)
    },
  })
  await fanOut.run()
}

const bindOffline = (t: TestPortal, event: string, more: JsonObject = {}, by = caller(t)) =>
  t.call('event.bind', { event, event_type: 'offline', ...more }, by)
const addLead = (t: TestPortal, more: JsonObject = {}, by?: Caller) =>
  t.result<number>('crm.lead.add', { fields: { TITLE: 'A lead' }, ...more }, by)
const listed = (t: TestPortal, params: JsonObject = {}, by = caller(t)) =>
  t.result<Waiting[]>('event.offline.list', params, by)
const take = (t: TestPortal, params: JsonObject = {}, by = caller(t)) =>
  t.result<{ process_id: string | null; events: Waiting[] }>('event.offline.get', params, by)
const ids = (events: readonly Waiting[]): string[] =>
  events.map(({ EVENT_DATA }) => (EVENT_DATA['FIELDS'] as { ID: string }).ID)

test('what happens waits in the queue of who has bound, and is gone when it is taken', async () => {
  await using t = await crmPortal()
  await addLead(t)
  await bindOffline(t, 'ONCRMLEADADD')
  for (let n = 0; n < 3; n++) await addLead(t)
  await handOut(t)
  expect(ids(await listed(t))).toEqual(['2', '3', '4'])
  expect(await listed(t, {}, caller(t, 2))).toEqual([])
  const first = await take(t, { limit: 2 })
  expect([first.process_id, ids(first.events)]).toEqual([null, ['2', '3']])
  expect(ids((await take(t)).events)).toEqual(['4'])
  expect(await listed(t)).toEqual([])
  await handOut(t)
  expect(await listed(t)).toEqual([])
})

test('reserved events are hidden until they are confirmed, and can be taken again by their name', async () => {
  await using t = await crmPortal()
  await bindOffline(t, 'ONCRMLEADADD')
  for (let n = 0; n < 4; n++) await addLead(t)
  await handOut(t)
  const one = await take(t, { clear: 0, limit: 2 })
  const other = await take(t, { clear: 0 })
  expect([ids(one.events), ids(other.events)]).toEqual([
    ['1', '2'],
    ['3', '4'],
  ])
  expect(one.process_id).not.toBe(other.process_id)
  expect((await take(t, { clear: 0 })).events).toEqual([])
  expect(ids((await take(t, { clear: 0, process_id: one.process_id! })).events)).toEqual(['1', '2'])
  await t.call(
    'event.offline.clear',
    { process_id: one.process_id!, message_id: [one.events[0]!.MESSAGE_ID] },
    caller(t),
  )
  expect(ids((await take(t, { clear: 0, process_id: one.process_id! })).events)).toEqual(['2'])
  // Another application cannot confirm what is not its own.
  await t.call('event.offline.clear', { process_id: other.process_id! }, caller(t, 2))
  expect(await listed(t)).toHaveLength(3)
  await t.call('event.offline.clear', { process_id: other.process_id! }, caller(t))
  expect((await listed(t)).map(({ PROCESS_ID }) => PROCESS_ID)).toEqual([one.process_id])
})

test('what could not be handled stays, and comes to who asks for it', async () => {
  await using t = await crmPortal()
  await bindOffline(t, 'ONCRMLEADADD')
  for (let n = 0; n < 2; n++) await addLead(t)
  await handOut(t)
  const { process_id, events } = await take(t, { clear: 0 })
  await t.call('event.offline.error', { process_id: process_id!, message_id: [events[1]!.MESSAGE_ID] }, caller(t))
  await t.call('event.offline.clear', { process_id: process_id!, id: [events[0]!.ID] }, caller(t))
  expect((await listed(t, { filter: { ERROR: 1 } })).map(({ ERROR }) => ERROR)).toEqual(['1'])
  expect((await take(t)).events).toEqual([])
  expect(ids((await take(t, { error: 1 })).events)).toEqual(['2'])
})

test('the queue tells what has changed, not how often', async () => {
  await using t = await crmPortal()
  await bindOffline(t, 'ONCRMLEADUPDATE')
  const [a, b] = [await addLead(t), await addLead(t)]
  for (const id of [a, b, a]) await t.call('crm.lead.update', { id, fields: { TITLE: `Changed ${Math.random()}` } })
  await handOut(t)
  expect(ids(await listed(t))).toEqual([b, a].map(String))
})

test('a queue of its own does not hear of changes that name it, and the others do', async () => {
  await using t = await crmPortal()
  await bindOffline(t, 'ONCRMLEADADD', { auth_connector: 'exchange' })
  await bindOffline(t, 'ONCRMLEADADD')
  await bindOffline(t, 'ONCRMLEADADD', { auth_connector: 'exchange' }, caller(t, 2))
  await addLead(t, { auth_connector: 'exchange' }, caller(t))
  await addLead(t)
  await handOut(t)
  expect(ids(await listed(t, { auth_connector: 'exchange' }))).toEqual(['2'])
  expect(ids(await listed(t))).toEqual(['1', '2'])
  expect(ids(await listed(t, { auth_connector: 'exchange' }, caller(t, 2)))).toEqual(['1', '2'])
})

test('a queue can be filtered and ordered; what cannot be read is told', async () => {
  await using t = await crmPortal()
  for (const event of ['ONCRMLEADADD', 'ONCRMLEADDELETE']) await bindOffline(t, event)
  const id = await addLead(t)
  await addLead(t)
  await t.call('crm.lead.delete', { id })
  await handOut(t)
  expect(await listed(t, { filter: { '=EVENT_NAME': 'onCrmLeadDelete' } })).toHaveLength(1)
  expect(ids(await listed(t, { filter: { '>ID': 1, '!EVENT_NAME': 'ONCRMLEADDELETE' } }))).toEqual(['2'])
  expect((await listed(t, { order: { ID: 'desc' } })).map(({ ID }) => ID)).toEqual(['3', '2', '1'])
  expect(await listed(t, { filter: { '<TIMESTAMP_X': '2000-01-01T00:00:00Z' } })).toEqual([])
  for (const params of [{ filter: { NAME: 1 } }, { filter: { ID: 'x' } }, { order: { ID: 'up' } }])
    expect(await t.error('event.offline.list', params, caller(t))).toMatchObject({ code: 'ERROR_ARGUMENT' })
})

test('only administrators see the queue', async () => {
  await using t = await crmPortal()
  const anna = { ...caller(t), userId: ANNA, isAdmin: false }
  const process = { process_id: 'x' }
  for (const [method, params] of [
    ['event.offline.get', {}],
    ['event.offline.list', {}],
    ['event.offline.clear', process],
    ['event.offline.error', process],
  ] as const)
    expect(await t.error(method, params, anna)).toMatchObject({ code: 'ACCESS_DENIED', status: 403 })
})

test('who asks at the same moment gets different events, each of them once', async () => {
  await using t = await crmPortal()
  await bindOffline(t, 'ONCRMLEADADD')
  for (let n = 0; n < 20; n++) await addLead(t)
  await handOut(t)
  const taken = await Promise.all(Array.from({ length: 5 }, () => take(t, { limit: 4 })))
  const all = [...taken.flatMap(({ events }) => ids(events)), ...ids(await listed(t))]
  expect(all.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
})
