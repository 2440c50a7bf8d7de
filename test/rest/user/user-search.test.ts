import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { updateUser } from '../../../src/domain/people/users.ts'
import type { JsonObject, JsonValue } from '../../../src/kernel/json.ts'
import { RestError } from '../../../src/rest/errors.ts'
import { userFields } from '../../../src/rest/user/fields.ts'
import { ANNA, BORIS, LEAVER, testPortal } from '../../support/portal.ts'
import { ids, people } from './people.ts'

describe('user.search', () => {
  test.each<[JsonObject, number[]]>([
    [{ FIND: 'mül' }, [5]],
    [{ FIND: 'ann' }, [2]],
    [{ FIND: 'ARCHER anna' }, [2]],
    [{ FIND: 'operator' }, [2]],
    [{ FIND: 'übersee' }, [5]],
    [{ FIND: 'rcher' }, []],
    [{ FIND: 'a%' }, []],
    [{ FIND: '' }, [1, 2, 3, 4, 5]],
    [{ FIND: 'leo', ACTIVE: true }, []],
    [{ FIND: 'ann', NAME: 'Boris' }, [2]],
    [{ NAME: 'a' }, [1, 2]],
    [{ NAME: 'a', LAST_NAME: 'ar' }, [2]],
    [{ NAME: '%' }, []],
    [{ WORK_POSITION: 'head' }, [5]],
    [{ UF_DEPARTMENT_NAME: 'ÜBER' }, [5]],
    [{ '%NAME': 'ori' }, [3]],
    [{ USER_TYPE: 'extranet' }, []],
  ])('FILTER %o finds %o', async (FILTER, wanted) => {
    await using t = await people()
    expect(await ids(t, { FILTER }, 'user.search')).toEqual(wanted)
  })

  test('takes what user.get takes', async () => {
    await using t = await people()
    expect(await ids(t, { FIND: 'a', sort: 'ID', order: 'DESC' }, 'user.search')).toEqual([2, 1])
    expect(await t.result('user.search', { FILTER: { NAME: 'Bor' }, select: ['ID'] })).toEqual([{ ID: String(BORIS) }])
    expect(await t.call('user.search', { FILTER: { NAME: 'Bor' }, start: -1 })).not.toHaveProperty('total')
  })
})

describe('user.current', () => {
  test('is the caller, with what he filled in', async () => {
    await using t = await testPortal()
    const base = {
      ID: '2',
      ACTIVE: true,
      NAME: 'Anna',
      LAST_NAME: 'Archer',
      EMAIL: 'anna@example.com',
      LAST_LOGIN: '2026-01-05T10:00:00+01:00',
      DATE_REGISTER: '2026-01-05T10:00:00+01:00',
      IS_ONLINE: 'Y',
      LAST_ACTIVITY_DATE: '2026-01-05 10:00:00',
      PERSONAL_GENDER: '',
      PERSONAL_BIRTHDAY: '',
      WORK_POSITION: 'Operator',
      UF_EMPLOYMENT_DATE: '',
      UF_DEPARTMENT: [1],
    }
    expect(await t.result('user.current', {}, t.as(ANNA))).toEqual(base)
    await t.portal.store.write((tx) =>
      updateUser(tx, 1, ANNA, { timeZone: 'Europe/Rome', extra: { UF_SKILLS: 'chess' } }),
    )
    expect(await t.result('user.current', {}, t.as(ANNA))).toEqual({
      ...base,
      TIME_ZONE: 'Europe/Rome',
      UF_SKILLS: 'chess',
    })
    expect(await t.result('user.current', {}, t.as(LEAVER))).toMatchObject({ ACTIVE: false })
  })
})

test('no filter, sort or page is ever a server error', async () => {
  await using t = await people()
  const prefix = fc.constantFrom(
    '',
    '=',
    '!',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
    '@',
    '!@',
    '%',
    '!%',
    '=%',
    '%=',
    '!=%',
    '!%=',
  )
  const name = fc.oneof(
    fc.constantFrom(...userFields.map((field) => field.name), 'NAME_SEARCH', 'FIND', 'UF_DEPARTMENT_NAME'),
    fc.string(),
  )
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, '2026-01-01', '9'.repeat(30), '%', '\\', "' or 1=1 --", '\0', '\uD800', 'x'.repeat(60_000)),
    fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxLength: 5 }),
    fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
  )
  const filter = fc
    .array(fc.tuple(prefix, name, value), { maxLength: 8 })
    .map((all) => Object.fromEntries(all.map(([p, n, v]) => [p + n, v])))
  const params = fc.record(
    {
      FILTER: fc.oneof(filter, value),
      sort: name,
      order: fc.constantFrom('ASC', 'desc'),
      start: fc.oneof(fc.integer(), value),
      select: value,
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('user.get', 'user.search'), params, async (method, sent) => {
      const status = await t.call(method, sent as Record<string, JsonValue>).then(
        () => 200,
        (error: unknown) => (error instanceof RestError ? error.status : error),
      )
      expect(status).toBeOneOf([200, 400])
    }),
    { numRuns: 400 },
  )
})
