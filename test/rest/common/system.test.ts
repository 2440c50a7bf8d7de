import { describe, expect, test } from 'vitest'
import { createApplication } from '../../../src/domain/apps/applications.ts'
import type { Caller } from '../../../src/domain/caller.ts'
import { ADMIN, ANNA, registry, testPortal } from '../../support/portal.ts'

describe('methods', () => {
  test('names what the scopes let the caller call', async () => {
    await using t = await testPortal()
    const names = await t.result<string[]>('methods', {}, t.as(ANNA, { scopes: ['user_brief'] }))
    expect(names).toEqual(expect.arrayContaining(['batch', 'methods', 'user.get', 'profile']))
    expect(names).not.toContain('user.add')
    expect(names).not.toContain('department.get')
    expect(names).toEqual(names.toSorted())
  })

  test('names all, or those of a scope', async () => {
    await using t = await testPortal()
    const caller = t.as(ANNA, { scopes: [] })
    const full = await t.result<string[]>('methods', { full: 'true' }, caller)
    expect(full).toHaveLength(registry.list().length + 1)
    expect(await t.result('methods', { scope: 'department' }, caller)).toEqual(
      expect.arrayContaining(['department.get', 'department.add']),
    )
    const common = await t.result<string[]>('methods', { scope: '' }, caller)
    expect(common).toEqual(expect.arrayContaining(['batch', 'scope', 'server.time']))
    expect(common).not.toContain('user.get')
    expect(await t.result('methods', { scope: 'nonsense' }, caller)).toEqual([])
  })
})

test.each([
  ['user.get', true, true],
  ['USER.GET', true, true],
  ['batch', true, true],
  ['server.time', true, true],
  ['department.get', true, false],
  ['no.such.method', false, false],
  ['', false, false],
  [undefined, false, false],
])('method.get %s: existing %s, available %s', async (name, isExisting, isAvailable) => {
  await using t = await testPortal()
  const params = name === undefined ? {} : { name }
  expect(await t.result('method.get', params, t.as(ANNA, { scopes: ['user'] }))).toEqual({ isExisting, isAvailable })
})

test('scope names the caller’s scopes, or all', async () => {
  await using t = await testPortal()
  const caller = t.as(ANNA, { scopes: ['user', 'im', 'im'] })
  expect(await t.result('scope', {}, caller)).toEqual(['im', 'user'])
  expect(await t.result('scope', { full: '1' }, caller)).toEqual(registry.scopes())
})

test('server.time is the portal’s clock in its zone', async () => {
  await using t = await testPortal()
  expect(await t.result('server.time', {}, t.as(ANNA, { scopes: [] }))).toBe('2026-01-05T10:00:00+01:00')
  t.clock.advance(3_600_000)
  await t.settings({ timeZone: 'UTC' })
  expect(await t.result('server.time')).toBe('2026-01-05T10:00:00+00:00')
})

test('feature.get tells what there is, and wants a code', async () => {
  await using t = await testPortal()
  const offline = registry.find('event.offline.get') === undefined ? 'N' : 'Y'
  expect(await t.result('feature.get', { CODE: 'rest_offline_extended' })).toEqual({ value: offline })
  expect(await t.result('feature.get', { CODE: 'flying' })).toEqual({ value: 'N' })
  for (const CODE of [undefined, null, '', [], {}]) {
    const params = CODE === undefined ? {} : { CODE }
    expect(await t.error('feature.get', params)).toEqual({
      code: 'CODE_EMPTY',
      status: 400,
      message: "CODE can't be empty",
    })
  }
})

describe('app.info', () => {
  test('tells an application about itself', async () => {
    await using t = await testPortal()
    const { store, ids } = t.portal
    await t.settings({ language: 'de' })
    const app = await store.write((tx) =>
      createApplication(tx, ids, 1, { title: 'Desk', scopes: [], installUrl: 'https://a.example' }),
    )
    const via: Caller['via'] = { kind: 'application', id: app.id, clientId: app.clientId }
    expect(await t.result('app.info', {}, t.as(ANNA, { via }))).toEqual({
      ID: app.id,
      CODE: app.clientId,
      VERSION: 1,
      STATUS: 'L',
      INSTALLED: false,
      PAYMENT_EXPIRED: 'N',
      DAYS: null,
      LANGUAGE_ID: 'de',
      LICENSE: 'de_selfhosted',
      LICENSE_TYPE: 'selfhosted',
      LICENSE_FAMILY: 'selfhosted',
    })
    const gone: Caller['via'] = { kind: 'application', id: 99, clientId: 'x' }
    expect(await t.error('app.info', {}, t.as(ANNA, { via: gone }))).toMatchObject({
      code: 'ACCESS_DENIED',
      status: 400,
    })
  })

  test('tells a webhook its scopes and the licence, as clients expect', async () => {
    await using t = await testPortal()
    const answer = await t.result('app.info', {}, t.as(ADMIN, { scopes: ['im', 'crm'] }))
    expect(answer).toEqual({ SCOPE: ['im', 'crm'], LICENSE: 'en_selfhosted' })
  })
})
