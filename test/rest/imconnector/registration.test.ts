import { expect, test } from 'vitest'
import { ADMIN, ANNA, testPortal } from '../../support/portal.ts'
import { CONNECTOR, REGISTRATION, application, openChannel } from '../../support/open-channel.ts'

test('registers a connector of the application, and changes it when called again', async () => {
  await using t = await testPortal()
  const app = application(t, ADMIN)
  expect(await t.result('imconnector.register', { ...REGISTRATION, ID: 'TestChat' }, app)).toEqual({ result: true })
  expect(await t.result('imconnector.list', {}, app)).toEqual({ livechat: 'Live Chat', [CONNECTOR]: 'Test Chat' })
  expect(await t.result('imconnector.register', { ...REGISTRATION, NAME: 'Other' }, app)).toEqual({ result: true })
  expect(await t.result('imconnector.list', {}, app)).toEqual({ livechat: 'Live Chat', [CONNECTOR]: 'Other' })
})

test.each([
  [{ ID: 'a.b' }, 'APPLICATION_REGISTRATION_ERROR_POINT'],
  [{ ID: '' }, 'CONNECTOR_ID_REQUIRED'],
  [{ ID: ['x'] }, 'CONNECTOR_ID_REQUIRED'],
  [{ ID: 'a|b' }, 'GENERAL_CONNECTOR_REGISTRATION_ERROR'],
  [{ ID: 'a'.repeat(60) }, 'GENERAL_CONNECTOR_REGISTRATION_ERROR'],
  [{ NAME: null }, 'NAME_REQUIRED'],
  [{ NAME: {} }, 'NAME_REQUIRED'],
  [{ ICON: 'x' }, 'ICON_REQUIRED'],
  [{ ICON: { COLOR: '#fff' } }, 'ICON_REQUIRED'],
  [{ PLACEMENT_HANDLER: '' }, 'NO_PLACEMENT_HANDLER'],
  [{ PLACEMENT_HANDLER: 'javascript:alert(1)' }, 'GENERAL_CONNECTOR_REGISTRATION_ERROR'],
  [{ ID: 'livechat' }, 'APPLICATION_REGISTRATION_ERROR'],
])('tells %j inside HTTP 200 as %s', async (change, error) => {
  await using t = await testPortal()
  const answer = await t.result('imconnector.register', { ...REGISTRATION, ...change }, application(t, ADMIN))
  expect(answer).toMatchObject({ result: false, error, error_description: expect.any(String) as string })
})

test('nobody else can take, change or remove it', async () => {
  await using t = await testPortal()
  const { line } = await openChannel(t)
  const other = application(t, ADMIN, 2)
  const place = { CONNECTOR, LINE: line }
  expect(await t.result('imconnector.register', REGISTRATION, other)).toMatchObject({
    error: 'APPLICATION_REGISTRATION_ERROR',
  })
  for (const ID of [CONNECTOR, 'nosuch', 'livechat', '', null]) {
    expect(await t.result('imconnector.unregister', { ID }, other)).toMatchObject({
      result: false,
      error: 'APPLICATION_UNREGISTRATION_ERROR',
    })
  }
  expect(await t.result('imconnector.activate', { ...place, ACTIVE: 0 }, other)).toBe(false)
  expect(await t.result('imconnector.connector.data.set', { ...place, DATA: { ID: 'x' } }, other)).toBe(false)
  expect(await t.result('imconnector.status', place, other)).toMatchObject({ CONFIGURED: false, STATUS: false })
})

test('a connector that is taken away is on no line any more', async () => {
  await using t = await testPortal()
  const { app, line } = await openChannel(t)
  expect(await t.result('imconnector.unregister', { ID: CONNECTOR }, app)).toEqual({ result: true })
  expect(await t.result('imconnector.list', {}, application(t, ADMIN))).toEqual({ livechat: 'Live Chat' })
  await t.call('imconnector.register', REGISTRATION, app)
  expect(await t.result('imconnector.status', { CONNECTOR, LINE: line }, app)).toMatchObject({ STATUS: false })
})

test('only an application may, or a webhook where the portal lets it stand for one', async () => {
  await using t = await testPortal()
  const denied = { code: 'WRONG_AUTH_TYPE', status: 403 }
  const text = 'Current authorization type is denied for this method Application context required'
  const stop = 'Current authorization type is denied for this method. Application context required'
  expect(await t.error('imconnector.register', REGISTRATION)).toEqual({ ...denied, message: text })
  expect(await t.error('imconnector.unregister', { ID: 'x' })).toEqual({ ...denied, message: `${stop}.` })
  expect(await t.error('imconnector.list')).toEqual({ ...denied, message: stop })
  expect(await t.error('imconnector.status', { CONNECTOR })).toEqual({ ...denied, message: stop })
  await t.settings({ webhooksActAsApplications: true })
  expect(await t.result('imconnector.register', REGISTRATION)).toEqual({ result: true })
  expect(await t.error('imconnector.list', {}, t.as(ANNA))).toMatchObject({ code: 'ACCESS_DENIED', status: 400 })
})
