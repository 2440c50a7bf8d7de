import { describe, expect, test } from 'vitest'
import { createUser } from '../../../src/domain/people/users.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { userFields } from '../../../src/rest/user/fields.ts'
import { ANNA, type TestPortal, testPortal } from '../../support/portal.ts'
import { type Shown, ids, people } from './people.ts'

/** Which of some fields of each scope are not shown. */
function hidden(shown: Shown): string[] {
  return ['EMAIL', 'PERSONAL_MOBILE', 'LAST_LOGIN', 'PERSONAL_WWW'].filter((name) => !(name in shown))
}

describe('user.get', () => {
  test('lists employees, those who have left included, with what the scope shows', async () => {
    await using t = await people()
    const answer = await t.call('user.get', {})
    expect(answer).toMatchObject({ total: 5 })
    expect(answer.next).toBeUndefined()
    const [ada, , , leo, zoe] = answer.result as Shown[]
    expect(ada).toEqual({
      ID: '1',
      ACTIVE: true,
      NAME: 'Ada',
      LAST_NAME: 'Admin',
      SECOND_NAME: '',
      EMAIL: 'ada@example.com',
      LAST_LOGIN: '2026-01-05T10:00:00+01:00',
      DATE_REGISTER: '2026-01-05T10:00:00+01:00',
      TIME_ZONE: '',
      IS_ONLINE: 'Y',
      TIMESTAMP_X: {},
      LAST_ACTIVITY_DATE: {},
      PERSONAL_GENDER: '',
      PERSONAL_WWW: '',
      PERSONAL_BIRTHDAY: '',
      PERSONAL_MOBILE: '',
      PERSONAL_CITY: '',
      WORK_PHONE: '',
      WORK_POSITION: '',
      UF_EMPLOYMENT_DATE: '',
      UF_DEPARTMENT: [1],
      USER_TYPE: 'employee',
    })
    expect(leo).toMatchObject({ ACTIVE: false, UF_DEPARTMENT: [] })
    expect(zoe).toMatchObject({
      PERSONAL_BIRTHDAY: '1990-12-31T00:00:00+01:00',
      PERSONAL_MOBILE: '+49 171 1',
      PERSONAL_ICQ: '7',
      LAST_LOGIN: '',
      IS_ONLINE: 'N',
      UF_DEPARTMENT: [t.sales],
    })
  })

  test.each<[JsonObject, number[]]>([
    [{ ID: 2 }, [2]],
    [{ ID: ['2', 3] }, [2, 3]],
    [{ '@ID': [2, 99] }, [2]],
    [{ '!@ID': [1, 2, 3] }, [4, 5]],
    [{ '!ID': 1 }, [2, 3, 4, 5]],
    [{ '>ID': 2, '<=ID': '4' }, [3, 4]],
    [{ ID: 'x' }, []],
    [{ ID: [] }, []],
    [{ ACTIVE: true }, [1, 2, 3, 5]],
    [{ ACTIVE: 'N' }, [4]],
    [{ '!ACTIVE': 'Y' }, [4]],
    [{ NAME: 'anna' }, [2]],
    [{ NAME: 'A%' }, [1, 2]],
    [{ '=NAME': 'A%' }, []],
    [{ '%NAME': 'o' }, [3, 4, 5]],
    [{ '%LAST_NAME': 'ÖNAL' }, [5]],
    [{ '=%LAST_NAME': 'mÜller%' }, [5]],
    [{ '%=LAST_NAME': '%önal' }, [5]],
    [{ '!%NAME': 'a' }, [3, 4, 5]],
    [{ '!=%NAME': 'a%' }, [3, 4, 5]],
    [{ '!%=NAME': '%a' }, [3, 4, 5]],
    [{ '%WORK_POSITION': '100%_\\' }, [5]],
    [{ '%WORK_POSITION': '_perator' }, []],
    [{ WORK_POSITION: '' }, [1, 3, 4]],
    [{ '!WORK_POSITION': '' }, [2, 5]],
    [{ '>=LAST_NAME': 'B', '<LAST_NAME': 'C' }, [3]],
    [{ EMAIL: 'ANNA@example.com' }, [2]],
    [{ PERSONAL_CITY: 'ulm' }, [5]],
    [{ '!PERSONAL_CITY': 'Ulm' }, [1, 2, 3, 4]],
    [{ PERSONAL_BIRTHDAY: '1990-12-31' }, [5]],
    [{ PERSONAL_BIRTHDAY: '31.12.1990' }, [5]],
    [{ '>PERSONAL_BIRTHDAY': '1990-01-01T00:00:00+01:00' }, [5]],
    [{ DATE_REGISTER: '2026-01-05' }, [1, 2, 3, 4]],
    [{ '!DATE_REGISTER': '2026-01-05' }, [5]],
    [{ '>DATE_REGISTER': '2026-01-05T10:00:00+01:00' }, [5]],
    [{ '>=DATE_REGISTER': '2026-01-05T10:00:00+01:00' }, [1, 2, 3, 4, 5]],
    [{ '<=DATE_REGISTER': '2026-01-05T10:00:00+01:00' }, [1, 2, 3, 4]],
    [{ '<DATE_REGISTER': '2026-01-05T10:00:00+01:00' }, []],
    [{ '>DATE_REGISTER': 'no date' }, []],
    [{ LAST_LOGIN: '2026-01-05T10:00:00+01:00' }, [1, 2, 3, 4]],
    [{ UF_DEPARTMENT: 1 }, [1, 2, 3]],
    [{ UF_DEPARTMENT: [2] }, [5]],
    [{ '!UF_DEPARTMENT': 1 }, [4, 5]],
    [{ UF_DEPARTMENT: 'x' }, []],
    [{ IS_ONLINE: 'Y' }, [1, 2, 3, 4]],
    [{ IS_ONLINE: 'N' }, [5]],
    [{ NAME_SEARCH: 'zoë sal' }, [5]],
    [{ NAME_SEARCH: 'nobody' }, []],
    [{ NAME_SEARCH: ' ' }, [1, 2, 3, 4, 5]],
    [{ USER_TYPE: 'employee' }, [1, 2, 3, 4, 5]],
    [{ USER_TYPE: 'extranet' }, []],
    [{ USER_TYPE: 'email' }, []],
    [{ NO_SUCH_FIELD: 1 }, [1, 2, 3, 4, 5]],
    [{ ACTIVE: true, NAME: 'A%', '!ID': 1 }, [2]],
  ])('FILTER %o finds %o', async (FILTER, wanted) => {
    await using t = await people()
    const answer = await t.call('user.get', { FILTER })
    expect([(answer.result as Shown[]).map((user) => Number(user['ID'])), answer.total]).toEqual([
      wanted,
      wanted.length,
    ])
  })

  test('conditions may stand beside the parameters, as clients send them', async () => {
    await using t = await people()
    expect(await ids(t, { UF_DEPARTMENT: 1, SORT: 'ID', ORDER: 'desc' })).toEqual([3, 2, 1])
    expect(await ids(t, { ID: '2' })).toEqual([2])
    expect(await ids(t, { '!ID': '2', filter: { ACTIVE: 'Y' } })).toEqual([1, 3, 5])
  })

  test('sorts by any field, people without it included', async () => {
    await using t = await people()
    expect(await ids(t, { sort: 'LAST_NAME', order: 'DESC' })).toEqual([5, 4, 3, 2, 1])
    expect((await ids(t, { sort: 'PERSONAL_CITY', order: 'DESC' }))[0]).toBe(t.zoe)
    expect(await ids(t, { sort: 'ACTIVE' })).toEqual([4, 1, 2, 3, 5])
    expect(await ids(t, { sort: 'UF_DEPARTMENT' })).toEqual([1, 2, 3, 4, 5])
    expect(await t.error('user.get', { order: 'sideways' })).toMatchObject({ code: 'ERROR_ARGUMENT', status: 400 })
  })

  test('select shows exactly what is named and seen', async () => {
    await using t = await people()
    const one = { FILTER: { ID: ANNA } }
    expect(await t.result('user.get', { ...one, select: ['ID', 'name', 'TITLE', 'NOTHING'] })).toEqual([
      { ID: '2', NAME: 'Anna', TITLE: '' },
    ])
    const [custom] = await t.result<Shown[]>('user.get', { ...one, select: ['UF_*'] })
    expect(Object.keys(custom!).every((name) => name.startsWith('UF_'))).toBe(true)
    const [all] = await t.result<Shown[]>('user.get', { ...one, select: ['*'] })
    expect(Object.keys(all!)).toHaveLength(userFields.length)
  })

  test('comes in pages of fifty', async () => {
    await using t = await testPortal()
    await t.portal.store.write(async (tx) => {
      for (let i = 0; i < 98; i++) await createUser(tx, 1, { name: `N${i}` })
    })
    const page = async (start?: number) => {
      const { result, total, next } = await t.call('user.get', {
        ...(start === undefined ? {} : { start }),
        select: ['ID'],
      })
      return [(result as Shown[]).length, total, next]
    }
    expect(await page()).toEqual([50, 102, 50])
    expect(await page(50)).toEqual([50, 102, 100])
    expect(await page(100)).toEqual([2, 102, undefined])
    expect(await page(1000)).toEqual([0, 102, undefined])
    expect(await page(-1)).toEqual([50, undefined, undefined])
    expect(await ids(t, { start: -1, FILTER: { '>ID': 100 } })).toEqual([101, 102])
  })

  test('bots and customers are shown to an administrator who asks for them by type', async () => {
    await using t = await people()
    const others = { FILTER: { USER_TYPE: ['bot', 'imconnector'] } }
    expect(await ids(t, others)).toEqual([])
    expect(await ids(t, { ...others, ADMIN_MODE: true }, 'user.get', t.as(ANNA))).toEqual([])
    expect(await ids(t, { ...others, ADMIN_MODE: true })).toEqual([t.bot, t.guest])
    expect(await ids(t, { ADMIN_MODE: 'True' })).toEqual([1, 2, 3, 4, 5])
    const [bot] = await t.result<Shown[]>('user.get', { ADMIN_MODE: true, FILTER: { ID: t.bot, USER_TYPE: 'bot' } })
    expect(bot).toMatchObject({ USER_TYPE: 'bot' })
  })

  test('narrow scopes hide fields, and cannot find people by what they hide', async () => {
    await using t = await people()
    const brief = t.as(ANNA, { scopes: ['user_brief'] })
    const basic = t.as(ANNA, { scopes: ['user_basic'] })
    const zoe = async (caller: ReturnType<TestPortal['as']>) =>
      (await t.result<Shown[]>('user.get', { FILTER: { ID: t.zoe }, select: ['*'] }, caller))[0]!
    expect(hidden(await zoe(brief))).toEqual(['EMAIL', 'PERSONAL_MOBILE', 'LAST_LOGIN', 'PERSONAL_WWW'])
    expect(hidden(await zoe(basic))).toEqual(['LAST_LOGIN', 'PERSONAL_WWW'])
    expect(hidden(await zoe(t.as(ANNA)))).toEqual([])
    expect(await ids(t, { FILTER: { EMAIL: 'zoe@example.com' } }, 'user.get', basic)).toEqual([5])
    expect(await ids(t, { FILTER: { EMAIL: 'zoe@example.com' } }, 'user.get', brief)).toEqual([1, 2, 3, 4, 5])
    expect(await ids(t, { sort: 'EMAIL', order: 'DESC' }, 'user.get', brief)).toEqual([5, 4, 3, 2, 1])
    expect(await t.error('user.get', {}, t.as(ANNA, { scopes: ['im'] }))).toMatchObject({
      code: 'insufficient_scope',
      status: 403,
    })
    expect(Object.keys(await t.result<Shown>('user.fields', {}, brief))).not.toContain('EMAIL')
    expect(await t.result('user.fields', {}, brief)).toMatchObject({ ID: 'ID', NAME: 'First Name' })
    expect(await t.result<Shown>('user.current', {}, brief)).not.toHaveProperty('EMAIL')
  })

  test('too many conditions are refused', async () => {
    await using t = await testPortal()
    const prefixes = ['', '=', '!', '<', '<=', '>', '>=', '@', '!@', '%', '!%', '=%', '!=%']
    const names = Array.from({ length: 16 }, (_, bits) => vary('NAME', bits))
    const many = Object.fromEntries(names.flatMap((name) => prefixes.map((prefix) => [prefix + name, 'a'])))
    expect(await t.error('user.get', { FILTER: many })).toMatchObject({ code: 'ERROR_ARGUMENT', status: 400 })
  })
})

/** The name with the letter case of its first letters varied by the bits of a number. */
function vary(name: string, bits: number): string {
  return Array.from(name, (letter, i) => ((bits >> i) & 1 ? letter.toLowerCase() : letter.toUpperCase())).join('')
}
