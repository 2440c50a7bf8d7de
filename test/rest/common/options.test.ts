import { describe, expect, test } from 'vitest'
import { createApplication } from '../../../src/domain/apps/applications.ts'
import type { JsonValue } from '../../../src/kernel/json.ts'
import { ADMIN, ANNA, BORIS, testPortal } from '../../support/portal.ts'

const CONTEXT = { code: 'AccessException', status: 400, message: 'Application context required' }
const EMPTY = { code: 'ArgumentNullException', status: 400, message: 'options is empty' }

/** Two applications; `by` is somebody in the first of them, `byOther` in the second. */
async function applications() {
  const t = await testPortal()
  const { store, ids } = t.portal
  const create = () => store.write((tx) => createApplication(tx, ids, 1, { title: 'App', scopes: [] }))
  const [one, other] = [await create(), await create()]
  const inside =
    ({ id, clientId }: typeof one) =>
    (userId: number) =>
      t.as(userId, { scopes: [], via: { kind: 'application', id, clientId } })
  return Object.assign(t, { by: inside(one), byOther: inside(other) })
}

describe('app.option', () => {
  test('keeps values for everybody, apart from those of other applications', async () => {
    await using t = await applications()
    const options = { text: ' v ', number: 1.5, flag: false, list: [1, { a: null }], nothing: null }
    expect(await t.result('app.option.get', {}, t.by(ANNA))).toEqual({})
    expect(await t.result('app.option.set', { options }, t.by(ADMIN))).toBe(true)
    expect(await t.result('app.option.get', {}, t.by(ANNA))).toEqual(options)
    expect(await t.result('app.option.get', {}, t.byOther(ADMIN))).toEqual({})
    expect(await t.result('user.option.get', {}, t.by(ADMIN))).toEqual({})
  })

  test('one at a time, and no other is touched', async () => {
    await using t = await applications()
    await t.call('app.option.set', { options: { a: 1, b: 2 } }, t.by(ADMIN))
    await t.call('app.option.set', { options: { b: 3, c: 4 } }, t.by(ADMIN))
    expect(await t.result('app.option.get', {}, t.by(ANNA))).toEqual({ a: 1, b: 3, c: 4 })
    expect(await t.result('app.option.get', { option: 'b' }, t.by(ANNA))).toBe(3)
    expect(await t.result('app.option.get', { option: 'd' }, t.by(ANNA))).toBeNull()
    expect(await t.result('app.option.get', { option: '' }, t.by(ANNA))).toEqual({ a: 1, b: 3, c: 4 })
    expect(await t.error('app.option.get', { option: ['a'] }, t.by(ANNA))).toMatchObject({
      code: 'ERROR_ARGUMENT',
      status: 400,
    })
  })

  test('is set by administrators alone', async () => {
    await using t = await applications()
    const wanted = { code: 'AccessException', status: 400, message: 'Administrator authorization required' }
    expect(await t.error('app.option.set', { options: { a: 1 } }, t.by(ANNA))).toEqual(wanted)
    expect(await t.result('app.option.get', {}, t.by(ANNA))).toEqual({})
  })
})

test('user.option keeps values for one person in one application', async () => {
  await using t = await applications()
  expect(await t.result('user.option.set', { options: { data: 'value' } }, t.by(ANNA))).toBe(true)
  expect(await t.result('user.option.get', { option: 'data' }, t.by(ANNA))).toBe('value')
  expect(await t.result('user.option.get', { option: 'data' }, t.by(BORIS))).toBeNull()
  expect(await t.result('user.option.get', {}, t.byOther(ANNA))).toEqual({})
  expect(await t.result('app.option.get', {}, t.by(ANNA))).toEqual({})
})

describe.each(['app.option.set', 'user.option.set'])('%s', (method) => {
  test('wants options', async () => {
    await using t = await applications()
    const odd: (JsonValue | undefined)[] = [undefined, null, '', [], {}, 'text', 5, true, { a: '\0' }, { '\uD800': 1 }]
    for (const options of odd) {
      const params = options === undefined ? {} : { options }
      expect(await t.error(method, params, t.by(ADMIN))).toEqual(EMPTY)
    }
  })

  test('takes a list as PHP does', async () => {
    await using t = await applications()
    await t.call(method, { options: ['a', 'b'] }, t.by(ADMIN))
    expect(await t.result(method.replace('set', 'get'), {}, t.by(ADMIN))).toEqual({ 0: 'a', 1: 'b' })
  })
})

test.each(['app.option.get', 'app.option.set', 'user.option.get', 'user.option.set'])(
  '%s wants an application',
  async (method) => {
    await using t = await testPortal()
    expect(await t.error(method, { options: { a: 1 } })).toEqual(CONTEXT)
  },
)

test('where webhooks act as applications each has options of its own', async () => {
  await using t = await testPortal()
  await t.settings({ webhooksActAsApplications: true })
  const webhook = (id: number) => t.as(ADMIN, { via: { kind: 'webhook', id } })
  await t.call('app.option.set', { options: { a: 1 } }, webhook(1))
  await t.call('user.option.set', { options: { b: 2 } }, webhook(1))
  expect(await t.result('app.option.get', {}, webhook(1))).toEqual({ a: 1 })
  expect(await t.result('user.option.get', {}, webhook(1))).toEqual({ b: 2 })
  expect(await t.result('app.option.get', {}, webhook(2))).toEqual({})
})
