import { expect, test } from 'vitest'
import { createApplication, deleteApplication } from '../../../src/domain/apps/applications.ts'
import { revokeWebhook } from '../../../src/domain/apps/webhooks.ts'
import type { Caller } from '../../../src/domain/caller.ts'
import { wireEvents } from '../../../src/events/wire/index.ts'
import { ADMIN, ANNA, BORIS, LEAVER, type TestPortal, testPortal } from '../../support/portal.ts'

const HANDLER = 'https://handler.example/events'

async function application(t: TestPortal, scopes = ['crm']): Promise<(userId: number) => Caller> {
  const { store, ids, clock } = t.portal
  const { id, clientId } = await store.write((tx) => createApplication(tx, ids, clock.now(), { title: 'Test', scopes }))
  return (userId) => t.as(userId, { scopes, via: { kind: 'application', id, clientId } })
}

const shown = (userId: number) => ({ event: 'ONCRMLEADADD', handler: HANDLER, auth_type: String(userId), offline: 0 })
const bind = (event: string, more = {}) => ({ event, handler: HANDLER, ...more })

/** The events that want one of these scopes. */
const names = (...scopes: string[]): string[] =>
  wireEvents.flatMap(({ scope, name }) => (scopes.includes(scope) ? [name] : []))

test('an event is bound only by an application that has its scope', async () => {
  await using t = await testPortal()
  const crm = await application(t)
  const user = await application(t, ['user'])
  expect(names('crm')).toContain('ONCRMLEADADD')
  expect(await t.result('events', {}, crm(ADMIN))).toEqual(names('basic', 'crm'))
  expect(await t.result('events', {}, user(ADMIN))).toEqual(names('basic', 'user'))
  expect(await t.result('events', { SCOPE: 'user', FULL: 'Y' }, crm(ADMIN))).toEqual(['ONUSERADD'])
  expect(await t.result('events', { FULL: 'Y' }, user(ADMIN))).toContain('ONCRMLEADADD')
  expect(await t.result('event.bind', bind('OnCrmLeadAdd'), crm(ADMIN))).toBe(true)
  for (const [event, caller] of [
    ['ONCRMLEADADD', user],
    ['ONUSERADD', crm],
    ['ONNOTHING', crm],
  ] as const)
    expect(await t.error('event.bind', bind(event), caller(ADMIN))).toMatchObject({
      code: 'ERROR_EVENT_NOT_FOUND',
      status: 400,
    })
})

test('a webhook cannot bind, unless the portal lets webhooks act as applications', async () => {
  await using t = await testPortal()
  expect(await t.error('event.bind', bind('ONCRMLEADADD'))).toMatchObject({ code: 'WRONG_AUTH_TYPE', status: 403 })
  await t.settings({ webhooksActAsApplications: true })
  await t.result('event.bind', bind('ONCRMLEADADD'))
  expect(await t.result('event.get')).toHaveLength(1)
})

test('somebody who is no administrator binds, sees and unbinds what acts for himself', async () => {
  await using t = await testPortal()
  const as = await application(t)
  await t.result('event.bind', bind('ONCRMLEADADD'), as(ANNA))
  await t.result('event.bind', bind('ONCRMLEADADD', { auth_type: ANNA }), as(ANNA))
  await t.result('event.bind', bind('ONCRMLEADADD'), as(ADMIN))
  await t.result('event.bind', bind('ONCRMLEADADD', { auth_type: BORIS }), as(ADMIN))
  const denied = { code: 'ACCESS_DENIED', status: 403 }
  expect(await t.error('event.bind', bind('ONCRMLEADADD', { auth_type: BORIS }), as(ANNA))).toMatchObject(denied)
  expect(await t.error('event.bind', bind('ONCRMLEADADD', { event_type: 'offline' }), as(ANNA))).toMatchObject(denied)
  expect(await t.error('event.unbind', bind('ONCRMLEADADD', { auth_type: BORIS }), as(ANNA))).toMatchObject(denied)
  expect(await t.result('event.get', {}, as(ANNA))).toEqual([shown(ANNA)])
  expect(await t.result('event.get', {}, as(ADMIN))).toEqual([ANNA, 0, BORIS].map(shown))
  expect(await t.result('event.unbind', bind('ONCRMLEADADD'), as(ANNA))).toEqual({ count: 1 })
  expect(await t.result('event.unbind', bind('ONCRMLEADADD', { auth_type: '' }), as(ADMIN))).toEqual({ count: 1 })
  expect(await t.result('event.get', {}, as(ADMIN))).toEqual([shown(BORIS)])
  expect(await t.result('event.unbind', bind('ONCRMLEADADD'), as(ADMIN))).toEqual({ count: 1 })
})

test('binding twice binds once, and another application has its own bindings', async () => {
  await using t = await testPortal()
  const [one, other] = [await application(t), await application(t)]
  for (const caller of [one(ADMIN), one(ADMIN), other(ADMIN)])
    await t.result('event.bind', bind('ONCRMLEADADD'), caller)
  expect(await t.result('event.get', {}, one(ADMIN))).toHaveLength(1)
  expect(await t.result('event.unbind', bind('ONCRMLEADADD'), one(ADMIN))).toEqual({ count: 1 })
  expect(await t.result('event.get', {}, other(ADMIN))).toHaveLength(1)
})

test('offline events need no address; what cannot be kept is told', async () => {
  await using t = await testPortal()
  const as = await application(t)
  const offline = { event: 'ONCRMLEADADD', event_type: 'offline' }
  await t.result('event.bind', offline, as(ADMIN))
  expect(await t.result('event.get', {}, as(ADMIN))).toEqual([
    { event: 'ONCRMLEADADD', handler: '', auth_type: '0', offline: 1 },
  ])
  expect(await t.error('event.bind', { ...offline, event: 'ONOFFLINEEVENT' }, as(ADMIN))).toMatchObject({
    code: 'ERROR_EVENT_NOT_FOUND',
  })
  expect(await t.result('event.unbind', { event: 'ONCRMLEADADD', handler: HANDLER }, as(ADMIN))).toEqual({ count: 0 })
  expect(await t.result('event.unbind', offline, as(ADMIN))).toEqual({ count: 1 })
})

test.each([
  ['handler', 'https://user:secret@handler.example/', 'no user name'],
  ['handler', 'ftp://handler.example/', 'https://'],
  ['handler', 'handler.example', 'no URL'],
  ['auth_type', LEAVER, 'no active employee'],
  ['auth_type', 999, 'no active employee'],
  ['options', { minTimeout: -1 }, 'number of seconds'],
])('a wrong %s (%j) is told', async (name, value, text) => {
  await using t = await testPortal()
  const as = await application(t)
  const error = await t.error('event.bind', bind('ONOFFLINEEVENT', { [name]: value }), as(ADMIN))
  expect(error).toMatchObject({ code: 'ERROR_ARGUMENT', status: 400 })
  expect(error.message).toContain(text)
  expect(error.message).not.toContain('secret')
})

test('an application or webhook that is gone leaves no binding behind', async () => {
  await using t = await testPortal()
  const { store, clock } = t.portal
  const caller = (await application(t))(ADMIN)
  await t.result('event.bind', bind('ONCRMLEADADD'), caller)
  await t.settings({ webhooksActAsApplications: true })
  await t.result('event.bind', bind('ONCRMLEADADD'), t.as(ADMIN))
  const bound = () => store.read.db.selectFrom('eventHandler').select('id').where('unboundAt', 'is', null).execute()
  expect(await bound()).toHaveLength(2)
  await store.write((tx) => deleteApplication(tx, clock.now(), caller.via.id))
  expect(await bound()).toHaveLength(1)
  await store.write(async (tx) => {
    const hashes = { userId: ADMIN, secretHash: 'x', scopes: [], createdAt: 0 }
    await tx.db
      .insertInto('webhook')
      .values({ id: ADMIN, ...hashes })
      .execute()
    await revokeWebhook(tx, clock.now(), ADMIN)
  })
  expect(await bound()).toEqual([])
})
