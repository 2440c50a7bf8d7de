import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/kernel/json.ts'
import { createUser } from '../../../src/domain/people/users.ts'
import { RestError } from '../../../src/rest/errors.ts'
import { ADMIN, ANNA, LEAVER, type TestPortal, testPortal } from '../../support/portal.ts'

const NEW = { EMAIL: 'nora@example.com', UF_DEPARTMENT: [1] }

const shown = async (t: TestPortal, ID: number) => (await t.result<JsonObject[]>('user.get', { FILTER: { ID } }))[0]

/** The whole error, with what stands beside its code. */
async function errorOf(t: TestPortal, method: string, params: JsonObject): Promise<RestError> {
  const error: unknown = await t.call(method, params).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof RestError)) throw new Error(`${method} did not fail as it should`)
  return error
}

describe('user.add', () => {
  test('adds an employee with every field', async () => {
    await using t = await testPortal()
    const fields = {
      NAME: 'Nora',
      LAST_NAME: 'Novak',
      SECOND_NAME: 'N.',
      PERSONAL_GENDER: 'F',
      PERSONAL_MOBILE: '+49 171 2',
      WORK_POSITION: 'Clerk',
      WORK_PHONE: '+49 30 1',
      UF_PHONE_INNER: '12',
      UF_SKILLS: 'chess',
    }
    const id = await t.result<number>('user.add', {
      ...NEW,
      ...fields,
      PERSONAL_BIRTHDAY: '1990-12-31',
      UF_DEPARTMENT: '1',
    })
    expect(id).toBe(LEAVER + 1)
    expect(await shown(t, id)).toMatchObject({
      ...fields,
      EMAIL: 'nora@example.com',
      ACTIVE: true,
      PERSONAL_BIRTHDAY: '1990-12-31T00:00:00+01:00',
      UF_DEPARTMENT: [1],
      LAST_LOGIN: '',
    })
    const events = await t.portal.store.read.db.selectFrom('outbox').select(['type', 'subject']).execute()
    expect(events).toEqual([{ type: 'user.added', subject: `user:${id}` }])
  })

  test.each<[string, JsonObject, string, string]>([
    ['no e-mail', { EMAIL: null }, 'ERROR_ARGUMENT', 'wrong_email'],
    ['an e-mail of a wrong form', { EMAIL: 'nora' }, 'ERROR_ARGUMENT', 'wrong_email'],
    ['an e-mail of a wrong type', { EMAIL: ['nora@example.com'] }, 'ERROR_ARGUMENT', 'wrong_email'],
    ['a taken e-mail', { EMAIL: 'Boris@Example.com' }, 'ERROR_ARGUMENT', 'A user with this email already exists'],
    ['no department', { UF_DEPARTMENT: null }, 'ERROR_ARGUMENT', 'no_extranet_field'],
    ['an empty list of departments', { UF_DEPARTMENT: [] }, 'ERROR_ARGUMENT', 'no_extranet_field'],
    ['an unknown department', { UF_DEPARTMENT: [1, 9] }, 'ERROR_CORE', 'There is no department 9'],
    ['an outside person without a group', { EXTRANET: 'Y' }, 'ERROR_GROUPID', 'Group code not specified'],
    [
      'an outside person with a group',
      { EXTRANET: 'Y', SONET_GROUP_ID: [3] },
      'ERROR_NO_GROUP',
      'Group is specified incorrectly',
    ],
    ['a birthday that is no date', { PERSONAL_BIRTHDAY: 'soon' }, 'ERROR_CORE', 'PERSONAL_BIRTHDAY is not a date'],
    [
      'a photo',
      { PERSONAL_PHOTO: ['a.png', 'AAAA'] },
      'ERROR_CORE',
      'This server keeps no files of profiles yet: leave PERSONAL_PHOTO and WORK_LOGO out',
    ],
  ])('refuses %s', async (_, change, code, message) => {
    await using t = await testPortal()
    expect(await t.error('user.add', { ...NEW, ...change })).toEqual({ code, status: 400, message })
    expect(await t.result('user.get', { FILTER: { '>ID': LEAVER } })).toEqual([])
  })

  test('shows the argument beside its error, as the page does', async () => {
    await using t = await testPortal()
    expect((await errorOf(t, 'user.add', {})).extra).toEqual({ argument: '' })
    expect((await errorOf(t, 'user.add', { ...NEW, EMAIL: 'x' })).extra).toEqual({ argument: '' })
  })

  test('stops at the limit of users', async () => {
    await using t = await testPortal()
    await t.settings({ userLimit: 3 })
    expect(await t.error('user.add', NEW)).toEqual({
      code: 'ERROR_ARGUMENT',
      status: 400,
      message: 'user_count_exceeded',
    })
  })
})

describe('user.update', () => {
  test('changes what is named and empties what is sent empty', async () => {
    await using t = await testPortal()
    expect(await t.result('user.update', { ID: ANNA, NAME: 'Anne', WORK_POSITION: '', PERSONAL_CITY: 'Ulm' })).toBe(
      true,
    )
    expect(await shown(t, ANNA)).toMatchObject({
      NAME: 'Anne',
      LAST_NAME: 'Archer',
      WORK_POSITION: '',
      PERSONAL_CITY: 'Ulm',
    })
    await t.call('user.update', { ID: ANNA, PERSONAL_CITY: '', UF_DEPARTMENT: [] })
    expect(await shown(t, ANNA)).toMatchObject({ PERSONAL_CITY: '', UF_DEPARTMENT: [] })
  })

  test('lets go of somebody and takes him back', async () => {
    await using t = await testPortal()
    await t.call('user.update', { ID: ANNA, ACTIVE: 'N' })
    expect(await shown(t, ANNA)).toMatchObject({ ACTIVE: false })
    await t.call('user.update', { ID: String(ANNA), ACTIVE: true })
    expect(await shown(t, ANNA)).toMatchObject({ ACTIVE: true })
  })

  test('refuses who is no employee, and the last administrator’s leaving', async () => {
    await using t = await testPortal()
    const customer = await t.portal.store.write((tx) => createUser(tx, 1, { kind: 'customer' }))
    const denied = { code: 'ERROR_CORE', status: 400, message: 'access_denied' }
    for (const ID of [
      undefined,
      null,
      '',
      0,
      -1,
      'x',
      1.5,
      999,
      2 ** 53,
      '9'.repeat(30),
      customer,
      [ANNA],
      {},
    ] as JsonValue[]) {
      expect(await t.error('user.update', { ID, NAME: 'X' })).toEqual(denied)
    }
    expect(await t.error('user.update', { ID: ADMIN, ACTIVE: 'N' })).toMatchObject({ code: 'ERROR_CORE', status: 400 })
    expect(await t.error('user.update', { ID: ANNA, EMAIL: '' })).toMatchObject({
      code: 'ERROR_ARGUMENT',
      message: 'wrong_email',
    })
    expect(await t.error('user.update', { ID: ANNA, EMAIL: 'ada@example.com' })).toMatchObject({
      code: 'ERROR_ARGUMENT',
    })
    expect(await t.error('user.update', { ID: ANNA, PERSONAL_GENDER: 'X' })).toMatchObject({
      code: 'ERROR_ARGUMENT',
      status: 400,
    })
    expect(await t.error('user.update', { ID: ANNA, NAME: 'a\0' })).toMatchObject({
      code: 'ERROR_ARGUMENT',
      status: 400,
    })
  })
})

test.each(['user.add', 'user.update'])('%s is for administrators with the whole scope', async (method) => {
  await using t = await testPortal()
  const params = { ...NEW, ID: ANNA }
  expect(await t.error(method, params, t.as(ANNA))).toEqual({
    code: 'ERROR_CORE',
    status: 400,
    message: 'access_denied',
  })
  const narrow = t.as(ADMIN, { scopes: ['user_basic', 'user_brief'] })
  expect(await t.error(method, params, narrow)).toMatchObject({ code: 'insufficient_scope', status: 403 })
})
