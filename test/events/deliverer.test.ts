import { expect, test } from 'vitest'
import { deleteApplication } from '../../src/domain/apps/applications.ts'
import { identify } from '../../src/domain/apps/credentials.ts'
import { readDeliveryLog, replayDeliveries } from '../../src/domain/delivery/log.ts'
import { secretOf } from '../../src/domain/delivery/handlers.ts'
import type { Caller } from '../../src/domain/caller.ts'
import { portalOver } from '../../src/domain/portals/portal.ts'
import { signatureHeaders } from '../../src/events/signature.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import { isPublicAddress } from '../../src/kernel/public-address.ts'
import { documentedEvent } from '../conformance/contract.ts'
import { crmPortal } from '../support/crm.ts'
import { newApplication, testDelivery } from '../support/delivery.ts'
import { type TestHandler, leadOf, startHandler } from '../support/handler.ts'
import { until } from '../support/poll.ts'
import { ADMIN, ANNA, type TestPortal } from '../support/portal.ts'

const SECOND = 1_000
const HOUR = 3_600_000

const bind = (t: TestPortal, caller: Caller, handler: string, more: JsonObject = {}) =>
  t.call('event.bind', { event: 'ONCRMLEADADD', handler, ...more }, caller)
const addLead = (t: TestPortal, caller?: Caller) =>
  t.result<number>('crm.lead.add', { fields: { TITLE: 'A lead' } }, caller)
const log = ({ portal }: TestPortal) => readDeliveryLog(portal.store.read, { limit: 100 })
const statesOf = async (t: TestPortal) => (await log(t)).map(({ state }) => state).toReversed()
const settled = async (t: TestPortal, count: number): Promise<void> => {
  await expect
    .poll(async () => (await log(t)).filter(({ state }) => state !== 'pending').length, { timeout: 15_000 })
    .toBe(count)
}
const attempted = async (t: TestPortal, count: number): Promise<void> => {
  await expect
    .poll(async () => (await log(t)).flatMap((delivery) => delivery.log).length, { timeout: 15_000 })
    .toBe(count)
}

test('the body is the documented one, signed, with access for who caused the event', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t)
  await bind(t, app, `${handler.url}lead?a=1`)
  await addLead(t)
  await delivery.deliver()
  await settled(t, 1)
  const [call] = handler.calls
  expect(call!.path).toBe('/lead?a=1')
  expect(call!.headers['content-type']).toBe('application/x-www-form-urlencoded')
  const { auth, ...rest } = call!.body
  const now = t.clock.now()
  expect(rest).toEqual({
    event: 'ONCRMLEADADD',
    event_handler_id: '1',
    data: { FIELDS: { ID: '1' } },
    ts: String(Math.floor(now / 1000)),
  })
  const { access_token, application_token, ...place } = auth as Record<string, string>
  expect(place).toEqual({
    expires: String(Math.floor(now / 1000) + 3600),
    expires_in: '3600',
    scope: 'crm,user',
    domain: 'portal.test',
    server_endpoint: 'http://portal.test/rest/',
    status: 'L',
    client_endpoint: 'http://portal.test/rest/',
    member_id: 'member',
    user_id: String(ADMIN),
  })
  const caller = await identify(t.portal, { kind: 'token', token: access_token! }, now)
  expect(caller).toMatchObject({ userId: ADMIN, via: app.via })
  const { applicationToken } = await t.portal.store.read.db
    .selectFrom('application')
    .select('applicationToken')
    .executeTakeFirstOrThrow()
  expect(application_token).toBe(applicationToken)
  const documented = documentedEvent('onCrmLeadAdd')
  // The overview: a refresh token comes only with events after which an application calls for long.
  const wanted = Object.keys(documented['auth'] as object).filter((key) => key !== 'refresh_token')
  expect(Object.keys(auth as object)).toEqual(expect.arrayContaining(wanted))
  expect(Object.keys(call!.body).toSorted()).toEqual(Object.keys(documented).toSorted())
  const signed = {
    id: call!.headers['webhook-id'] as string,
    timestamp: Number(call!.headers['webhook-timestamp']),
    body: call!.text,
  }
  const secret = (await secretOf(t.portal.store.read, 1))!
  expect(call!.headers).toMatchObject(signatureHeaders(secret, signed))
  expect(signed.timestamp).toBe(Math.floor(now / 1000))
})

test('access is for whom the handler acts, and there is none where nobody caused the event', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t)
  await bind(t, app, `${handler.url}anna`, { auth_type: ANNA })
  await bind(t, app, `${handler.url}anybody`)
  await t.portal.store.write((tx) =>
    tx.emit({ type: 'lead.added', subject: 'lead:7', payload: { entityType: 'lead', entityId: 7 } }),
  )
  await delivery.deliver()
  await settled(t, 2)
  const authOf = (path: string) => handler.calls.find((call) => call.path === path)!.body['auth'] as JsonObject
  expect(authOf('/anna')).toMatchObject({ user_id: String(ANNA), access_token: expect.any(String) as string })
  expect(Object.keys(authOf('/anybody')).toSorted()).toEqual(
    ['application_token', 'client_endpoint', 'domain', 'member_id', 'scope', 'server_endpoint', 'status'].toSorted(),
  )
})

test('a webhook that acts as an application gets no access, but a token to know its calls by', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  await t.settings({ webhooksActAsApplications: true })
  await bind(t, t.as(ADMIN), handler.url)
  await addLead(t)
  await delivery.deliver()
  await settled(t, 1)
  const auth = handler.calls[0]!.body['auth'] as Record<string, string>
  expect(Object.keys(auth).toSorted()).toEqual(
    ['application_token', 'client_endpoint', 'domain', 'member_id', 'server_endpoint'].toSorted(),
  )
  expect(auth['application_token']).toMatch(/^[0-9a-z]{32}$/)
})

test('a new employee is told with the documented fields', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  await t.call('event.bind', { event: 'onUserAdd', handler: handler.url }, await newApplication(t))
  await t.call('user.add', { EMAIL: 'new@example.com', NAME: 'Nora', UF_DEPARTMENT: [1], PERSONAL_GENDER: 'F' })
  await delivery.deliver()
  await settled(t, 1)
  const { data, event } = handler.calls[0]!.body as { data: JsonObject; event: string }
  expect(event).toBe('ONUSERADD')
  expect(data).toMatchObject({ ACTIVE: 'Y', EMAIL: 'new@example.com', NAME: 'Nora', UF_DEPARTMENT: ['1'] })
  expect(Object.keys(data).toSorted()).toEqual(Object.keys(documentedEvent('onUserAdd')['data'] as object).toSorted())
})

test('errors, timeouts and resets are tried again later, with the same id and a new body', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal, { timeout: 200 })
  const answers: ((response: Parameters<TestHandler['answer']>[1]) => number | undefined)[] = [
    () => 500,
    () => 503,
    (response) => void response.destroy(),
    () => undefined,
    () => 204,
  ]
  handler.answer = (_, response) => answers.shift()!(response)
  await bind(t, await newApplication(t), handler.url)
  await addLead(t)
  await delivery.deliver()
  for (const [done, pause] of [5, 30, 120, 600].entries()) {
    await attempted(t, done + 1)
    t.clock.advance(pause * SECOND - 1)
    delivery.deliverer.wake()
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(handler.calls).toHaveLength(done + 1)
    t.clock.advance(1)
  }
  await settled(t, 1)
  const [told] = await log(t)
  expect(told).toMatchObject({ state: 'delivered', attempts: 5, lastStatus: 204, lastError: '' })
  expect(told!.log.map(({ status }) => status)).toEqual([500, 503, null, null, 204])
  expect(told!.log[3]!.error).toContain('no answer within')
  expect(new Set(handler.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(new Set(handler.calls.map(({ body }) => body['ts'])).size).toBe(5)
  expect(delivery.counts).toEqual({ delivered: 1, retried: 4, failed: 0 })
})

test('a handler that wants to be left alone is', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  handler.answer = (_, response) => {
    if (handler.calls.length > 1) return 200
    response.writeHead(429, { 'retry-after': '300' }).end()
    return undefined
  }
  await bind(t, await newApplication(t), handler.url)
  await addLead(t)
  await delivery.deliver()
  await attempted(t, 1)
  const { dueAt } = await t.portal.store.read.db.selectFrom('deliveryLane').select('dueAt').executeTakeFirstOrThrow()
  expect(dueAt).toBe(t.clock.now() + 300 * SECOND)
  t.clock.advance(300 * SECOND)
  await settled(t, 1)
  expect(await statesOf(t)).toEqual(['delivered'])
})

test('after three days it is over, and can be replayed', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler(() => 500)
  await using delivery = testDelivery(t.portal)
  await bind(t, await newApplication(t), handler.url)
  await addLead(t)
  const began = t.clock.now()
  await delivery.deliver()
  for (let n = 1; n <= 14; n++) {
    await attempted(t, n)
    if (n < 14) t.clock.advance(14 * HOUR)
  }
  expect(await log(t)).toMatchObject([{ state: 'failed', attempts: 14, lastError: 'it answered with status 500' }])
  expect(t.clock.now() - began).toBeGreaterThan(72 * HOUR)
  handler.answer = () => 200
  const { store, clock } = t.portal
  expect(await store.write((tx) => replayDeliveries(tx, clock.now(), 'failed'))).toBe(1)
  await settled(t, 1)
  expect(await statesOf(t)).toEqual(['delivered'])
  await expect(store.write((tx) => replayDeliveries(tx, clock.now(), 99))).rejects.toThrow('no delivery 99')
})

test.each([
  [404, 'it answered with status 404'],
  [303, 'it answered with status 303'],
  [401, 'it answered with status 401'],
])('status %i fails at once', async (status, error) => {
  await using t = await crmPortal()
  await using handler = await startHandler(() => status)
  await using delivery = testDelivery(t.portal)
  await bind(t, await newApplication(t), handler.url)
  await addLead(t)
  await delivery.deliver()
  await settled(t, 1)
  expect(await log(t)).toMatchObject([{ state: 'failed', attempts: 1, lastStatus: status, lastError: error }])
})

test('what is after an event in its lane waits for it, other subjects do not', async () => {
  await using t = await crmPortal()
  let first = 0
  await using handler = await startHandler((call) => (leadOf(call) === 1 && ++first <= 2 ? 500 : 200))
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t)
  for (const event of ['ONCRMLEADADD', 'ONCRMLEADUPDATE'])
    await t.call('event.bind', { event, handler: handler.url }, app)
  await t.call('event.unbind', { event: 'ONCRMLEADADD', handler: handler.url }, app)
  for (const id of [await addLead(t), await addLead(t)])
    for (let n = 0; n < 5; n++) await t.call('crm.lead.update', { id, fields: { TITLE: `Title ${n}` } })
  await delivery.deliver()
  await settled(t, 5)
  await attempted(t, 6)
  t.clock.advance(5 * SECOND)
  await attempted(t, 7)
  t.clock.advance(30 * SECOND)
  await settled(t, 10)
  const idsOf = (id: number) =>
    handler.calls
      .filter((call) => leadOf(call) === id)
      .map(({ headers }) => Number(headers['webhook-id']!.toString().split('-')[1]))
  expect(idsOf(2)).toEqual([6, 7, 8, 9, 10])
  expect(idsOf(1)).toEqual([1, 1, 1, 2, 3, 4, 5])
})

test('nobody who was unbound is called any more', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler(() => 500)
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t)
  await bind(t, app, handler.url)
  await addLead(t)
  await delivery.deliver()
  await attempted(t, 1)
  await t.call('event.unbind', { event: 'ONCRMLEADADD', handler: handler.url }, app)
  t.clock.advance(5 * SECOND)
  await settled(t, 1)
  expect(await log(t)).toMatchObject([{ state: 'failed', lastError: 'The handler was unbound before' }])
  await addLead(t)
  await delivery.deliver()
  expect(await log(t)).toHaveLength(1)
  expect(handler.calls).toHaveLength(1)
})

test('events of a deleted application are dropped', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t)
  await bind(t, app, handler.url)
  await addLead(t)
  await t.portal.store.write((tx) => deleteApplication(tx, t.clock.now(), app.via.id))
  await delivery.deliver()
  expect(await log(t)).toEqual([])
})

test('private networks are not called, by address or by name', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal, { mayCall: isPublicAddress })
  const app = await newApplication(t)
  await bind(t, app, handler.url)
  await bind(t, app, handler.url.replace('127.0.0.1', 'localhost'))
  await addLead(t)
  await delivery.deliver()
  await settled(t, 2)
  for (const { state, lastError } of await log(t)) {
    expect(state).toBe('failed')
    expect(lastError).toContain('--allow-private-networks')
  }
  expect(handler.calls).toEqual([])
})

test('a lease of a process that died ends, and another one sends', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler()
  // It sends nothing before the lease is there.
  await using delivery = testDelivery(t.portal, { poll: 60_000 })
  await bind(t, await newApplication(t), handler.url)
  await addLead(t)
  await delivery.handOut()
  await t.portal.store.write((tx) =>
    tx.db
      .updateTable('deliveryLane')
      .set({ lease: 'dead', dueAt: t.clock.now() + 20 * SECOND })
      .execute(),
  )
  delivery.deliverer.wake()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(handler.calls).toEqual([])
  t.clock.advance(20 * SECOND)
  delivery.deliverer.wake()
  await settled(t, 1)
})

test('a process that is told to stop gives back what hangs', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler(() => undefined)
  const delivery = testDelivery(t.portal, { timeout: 60_000 })
  await bind(t, await newApplication(t), handler.url)
  await addLead(t)
  await delivery.deliver()
  await until('it is called', () => handler.calls.length === 1)
  await delivery[Symbol.asyncDispose]()
  expect(await log(t)).toMatchObject([{ state: 'pending', attempts: 0 }])
  handler.answer = () => 200
  await using next = testDelivery(t.portal)
  next.deliverer.wake()
  await settled(t, 1)
})

test('several processes share the work: each event goes out once, in order', async () => {
  await using t = await crmPortal()
  await using handler = await startHandler(async () => {
    await new Promise((resolve) => setTimeout(resolve, 2))
    return 200
  })
  const app = await newApplication(t)
  await t.call('event.bind', { event: 'ONCRMLEADUPDATE', handler: handler.url }, app)
  const leads = [await addLead(t), await addLead(t), await addLead(t)]
  const portals = Array.from({ length: 3 }, () => portalOver(t.portal.store, t.portal))
  const processes = portals.map((portal) => testDelivery(portal))
  for (let n = 0; n < 20; n++)
    for (const id of leads) await t.call('crm.lead.update', { id, fields: { TITLE: `Title ${n}` } })
  await Promise.all(processes.map((process) => process.deliver()))
  await until('all are delivered', () => handler.calls.length >= 60)
  await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()))
  for (const id of leads) {
    const ids = handler.calls
      .filter((call) => leadOf(call) === id)
      .map(({ headers }) => Number(headers['webhook-id']!.toString().split('-')[1]))
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(new Set(ids).size).toBe(20)
    expect(ids).toHaveLength(20)
  }
})
