import { describe, expect, test } from 'vitest'
import { createDepartment } from '../../../src/domain/people/departments.ts'
import type { JsonObject, JsonValue } from '../../../src/kernel/json.ts'
import { ADMIN, ANNA, LEAVER, type TestPortal, testPortal } from '../../support/portal.ts'

/** 1 Everybody (led by the administrator) > 2 Sales (led by Anna), 3 Accounting > 4 Payroll. */
async function company() {
  const t = await testPortal()
  await t.call('department.add', { NAME: 'Sales', PARENT: 1, UF_HEAD: ANNA, SORT: 100 })
  await t.call('department.add', { NAME: 'Accounting', PARENT: '1' })
  await t.call('department.add', { NAME: 'Payroll', PARENT: 3, SORT: -5 })
  return t
}

const ids = async (t: TestPortal, params: JsonObject) =>
  (await t.result<{ ID: string }[]>('department.get', params, t.as(ANNA))).map(({ ID }) => Number(ID))

describe('department.get', () => {
  test('shows departments; the top has no parent, and most have no head', async () => {
    await using t = await company()
    const answer = await t.call('department.get', {}, t.as(ANNA))
    expect(answer).toMatchObject({ total: 4 })
    expect(answer.result).toEqual([
      { ID: '1', NAME: 'Everybody', SORT: 500, UF_HEAD: String(ADMIN) },
      { ID: '2', NAME: 'Sales', SORT: 100, PARENT: '1', UF_HEAD: String(ANNA) },
      { ID: '3', NAME: 'Accounting', SORT: 500, PARENT: '1' },
      { ID: '4', NAME: 'Payroll', SORT: -5, PARENT: '3' },
    ])
  })

  test.each<[JsonObject, number[]]>([
    [{ ID: 2 }, [2]],
    [{ ID: ['2', 4, 99] }, [2, 4]],
    [{ NAME: 'Sales' }, [2]],
    [{ NAME: 'Sale' }, []],
    [{ NAME: '' }, [1, 2, 3, 4]],
    [{ PARENT: 1 }, [2, 3]],
    [{ PARENT: 1, UF_HEAD: ANNA }, [2]],
    [{ SORT: 500 }, [1, 3]],
    [{ SORT: '100' }, [2]],
    [{ sort: 'NAME' }, [3, 1, 4, 2]],
    [{ SORT: 'name', ORDER: 'DESC' }, [2, 4, 1, 3]],
    [{ sort: 'ID', order: 'desc', SORT: 500 }, [3, 1]],
    [{ sort: 'PARENT', order: 'DESC' }, [4, 3, 2, 1]],
    [{ ID: 0 }, []],
    [{ ID: [] }, []],
  ])('%o finds %o', async (params, wanted) => {
    await using t = await company()
    expect(await ids(t, params)).toEqual(wanted)
  })

  test.each<JsonObject>([
    { ID: 'x' },
    { ID: 1.5 },
    { ID: '9'.repeat(30) },
    { PARENT: { a: 'b' } },
    { NAME: [] },
    { NAME: 'a\0' },
    { sort: 'COLOR' },
    { order: 'up' },
    { START: 'x' },
  ])('%o is refused', async (params) => {
    await using t = await company()
    expect(await t.error('department.get', params)).toMatchObject({ code: 'ERROR_ARGUMENT', status: 400 })
  })

  test('comes in pages of fifty', async () => {
    await using t = await testPortal()
    await t.portal.store.write(async (tx) => {
      for (let i = 0; i < 60; i++) await createDepartment(tx, { name: `D${i}`, parentId: 1 })
    })
    const first = await t.call('department.get', { PARENT: 1 })
    expect([(first.result as unknown[]).length, first.total, first.next]).toEqual([50, 60, 50])
    const second = await t.call('department.get', { PARENT: 1, start: 50 })
    expect([(second.result as unknown[]).length, second.total, second.next]).toEqual([10, 60, undefined])
  })
})

test('department.fields names the fields', async () => {
  await using t = await testPortal()
  expect(await t.result('department.fields', {}, t.as(ANNA))).toEqual({
    ID: 'ID',
    NAME: 'Department Name',
    SORT: 'Sort Order',
    PARENT: 'Parent Department',
    UF_HEAD: 'Manager',
  })
})

describe('department.add', () => {
  test.each<[string, JsonObject, string]>([
    ['no name', { NAME: null }, 'Department name not provided.<br>'],
    ['a blank name', { NAME: '  ' }, 'Department name not provided.<br>'],
    ['no parent', { PARENT: null }, 'There can only be one top-level department in the company structure'],
    ['parent 0', { PARENT: 0 }, 'There can only be one top-level department in the company structure'],
    ['an unknown parent', { PARENT: 99 }, 'There can only be one top-level department in the company structure'],
    [
      'a parent of a wrong type',
      { PARENT: 'x' },
      'There can only be one top-level department in the company structure',
    ],
    ['a head who has left', { UF_HEAD: LEAVER }, 'The head must be an employee who works here'],
    ['a head who is nobody', { UF_HEAD: 'x' }, 'The head must be an employee who works here'],
  ])('refuses %s', async (_, change, message) => {
    await using t = await testPortal()
    expect(await t.error('department.add', { NAME: 'New', PARENT: 1, ...change })).toEqual({
      code: 'ERROR_CORE',
      status: 400,
      message,
    })
  })

  test('makes the top of a company that has none', async () => {
    await using t = await testPortal()
    await t.portal.store.write((tx) => tx.db.deleteFrom('department').execute())
    const id = await t.result<number>('department.add', { NAME: 'Top' })
    expect(await t.result('department.get', {})).toEqual([{ ID: String(id), NAME: 'Top', SORT: 500 }])
  })
})

describe('department.update', () => {
  test('changes what is named', async () => {
    await using t = await company()
    expect(await t.result('department.update', { ID: 4, NAME: 'Pay', SORT: 1, PARENT: 2, UF_HEAD: ANNA })).toBe(true)
    expect(await t.result('department.get', { ID: 4 })).toEqual([
      { ID: '4', NAME: 'Pay', SORT: 1, PARENT: '2', UF_HEAD: String(ANNA) },
    ])
    await t.call('department.update', { ID: 4, UF_HEAD: 0 })
    expect(await t.result('department.get', { ID: 4 })).toEqual([{ ID: '4', NAME: 'Pay', SORT: 1, PARENT: '2' }])
  })

  test.each<[JsonObject, string]>([
    [{ ID: 3, PARENT: 4 }, 'A department cannot stand below itself'],
    [{ ID: 3, PARENT: 99 }, 'There can only be one top-level department in the company structure'],
    [{ ID: 3, PARENT: 0 }, 'There can only be one top-level department in the company structure'],
    [{ ID: 3, NAME: ' ' }, 'Department name not provided.<br>'],
    [{ ID: 3, UF_HEAD: 99 }, 'The head must be an employee who works here'],
  ])('%o is refused', async (params, message) => {
    await using t = await company()
    expect(await t.error('department.update', params)).toEqual({ code: 'ERROR_CORE', status: 400, message })
  })
})

describe.each(['department.delete', 'department.department.delete'])('%s', (method) => {
  test('deletes a department; what it held moves up', async () => {
    await using t = await company()
    expect(await t.result(method, { ID: 3 })).toBe(true)
    expect(await ids(t, { PARENT: 1 })).toEqual([2, 4])
    expect(await t.error(method, { ID: 3 })).toMatchObject({ code: 'ERROR_CORE', message: 'Department not found' })
    expect(await t.error(method, { ID: 1 })).toMatchObject({
      code: 'ERROR_CORE',
      message: 'The top-level department cannot be deleted',
    })
  })
})

test.each(['department.update', 'department.delete'])('%s of nothing known is refused', async (method) => {
  await using t = await company()
  const notFound = { code: 'ERROR_CORE', status: 400, message: 'Department not found' }
  for (const ID of [undefined, null, '', 0, -1, 'x', 1.5, 99, 2 ** 53, [1], {}] as JsonValue[]) {
    expect(await t.error(method, { ID })).toEqual(notFound)
  }
})

test.each(['department.add', 'department.update', 'department.delete'])('%s is for administrators', async (method) => {
  await using t = await company()
  const denied = { code: 'ERROR_CORE', status: 400, message: 'Access denied' }
  expect(await t.error(method, { ID: 3, NAME: 'X', PARENT: 1 }, t.as(ANNA))).toEqual(denied)
  const narrow = t.as(ADMIN, { scopes: ['user'] })
  expect(await t.error(method, { ID: 3 }, narrow)).toMatchObject({ code: 'insufficient_scope', status: 403 })
})
