import { expect, test } from 'vitest'
import { ADMIN, testPortal } from '../../support/portal.ts'
import { CONNECTOR, application, openChannel } from '../../support/open-channel.ts'

test('a connector is switched on and off on a line', async () => {
  await using t = await testPortal()
  const { app, line } = await openChannel(t)
  const status = () => t.result('imconnector.status', { CONNECTOR, LINE: line }, app)
  expect(await status()).toEqual({ LINE: line, CONNECTOR, ERROR: false, CONFIGURED: true, STATUS: true })
  for (const [ACTIVE, on] of [
    ['0', false],
    ['Y', true],
    ['N', false],
    ['whatever', true],
    [0, false],
    [1, true],
    [false, false],
    [true, true],
  ] as const) {
    expect(await t.result('imconnector.activate', { CONNECTOR, LINE: line, ACTIVE }, app)).toBe(true)
    expect(await status()).toMatchObject({ STATUS: on, CONFIGURED: on })
  }
  expect(await t.result('imconnector.status', { CONNECTOR }, app)).toMatchObject({
    LINE: 0,
    STATUS: false,
    CONFIGURED: false,
  })
})

test('what it says about its channel is kept as a whole', async () => {
  await using t = await testPortal()
  const { app, line } = await openChannel(t)
  const set = (DATA: object) =>
    t.result('imconnector.connector.data.set', { CONNECTOR, LINE: line, DATA: DATA as never }, app)
  const kept = () => t.portal.store.read.db.selectFrom('connectorLine').select('data').executeTakeFirstOrThrow()
  expect(await set({ ID: 'channel-1', URL: 'https://example.com', NAME: 'A channel' })).toBe(true)
  expect(await kept()).toEqual({ data: { id: 'channel-1', url: 'https://example.com', urlIm: '', name: 'A channel' } })
  expect(await set({ ID: 'channel-2' })).toBe(true)
  expect(await kept()).toEqual({ data: { id: 'channel-2', url: '', urlIm: '', name: '' } })
})

test('tells lines and connectors that are not there by false', async () => {
  await using t = await testPortal()
  const { app, line } = await openChannel(t)
  for (const place of [
    { CONNECTOR, LINE: line + 1 },
    { CONNECTOR, LINE: -1 },
    { CONNECTOR: 'nosuch', LINE: line },
  ]) {
    expect(await t.result('imconnector.activate', { ...place, ACTIVE: 1 }, app)).toBe(false)
    expect(await t.result('imconnector.connector.data.set', { ...place, DATA: { ID: 'x' } }, app)).toBe(false)
  }
})

test('administrators may use the built-in live chat', async () => {
  await using t = await testPortal()
  const { app, line } = await openChannel(t)
  const params = { CONNECTOR: 'livechat', LINE: line, ACTIVE: 1 }
  expect(await t.result('imconnector.activate', params, app)).toBe(false)
  expect(await t.result('imconnector.activate', params, application(t, ADMIN))).toBe(true)
})

test.each([
  ['imconnector.activate', 'ACTIVE'],
  ['imconnector.activate', 'LINE'],
  ['imconnector.activate', 'CONNECTOR'],
  ['imconnector.connector.data.set', 'DATA'],
  ['imconnector.connector.data.set', 'LINE'],
  ['imconnector.status', 'CONNECTOR'],
])('%s wants %s', async (method, name) => {
  await using t = await testPortal()
  const { app, line } = await openChannel(t)
  const params = { CONNECTOR, LINE: line, ACTIVE: 1, DATA: { ID: 'x' }, [name]: '' }
  const told = { code: 'ERROR_ARGUMENT', status: 400, message: `Argument '${name}' is null or empty` }
  expect(await t.error(method, params, app)).toEqual(told)
  expect(await t.error(method, { ...params, [name]: 'a\0b' }, app)).toMatchObject({ code: 'ERROR_ARGUMENT' })
})
