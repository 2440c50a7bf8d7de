import { expect, test } from 'vitest'
import { createDepartment } from '../../../src/domain/people/departments.ts'
import { updateUser } from '../../../src/domain/people/users.ts'
import { ADMIN, ANNA, BORIS, LEAVER, testPortal } from '../../support/portal.ts'

test('user.admin says whether the caller administers', async () => {
  await using t = await testPortal()
  expect(await t.result('user.admin')).toBe(true)
  expect(await t.result('user.admin', {}, t.as(ANNA, { scopes: [] }))).toBe(false)
})

test.each<[string[] | string, boolean]>([
  [['U2'], true],
  ['U2', true],
  [['U3'], false],
  [['G1'], false],
  [['G2'], true],
  [['AU'], true],
  [['D1'], true],
  [['D2'], false],
  [['D3'], true],
  [['DR1'], true],
  [['DR2'], true],
  [['DR3'], true],
  [['DR4'], false],
  [['U3', 'X1', '', 'U2'], true],
  [['u2', 'AU ', 'U02', 'U-2', 'U99999999999999999999'], false],
  [[], false],
])('user.access %o is %s for somebody of departments 1 and 3', async (ACCESS, wanted) => {
  await using t = await testPortal()
  await t.portal.store.write(async (tx) => {
    const sales = await createDepartment(tx, { name: 'Sales', parentId: 1 })
    const inside = await createDepartment(tx, { name: 'Inside', parentId: sales })
    await createDepartment(tx, { name: 'Other', parentId: 1 })
    await updateUser(tx, 1, ANNA, { departmentIds: [1, inside] })
  })
  expect(await t.result('user.access', { ACCESS }, t.as(ANNA))).toBe(wanted)
  expect(await t.result('user.access', { ACCESS })).toBe(true)
})

test('user.access by department means nothing to somebody of none, and wants its codes', async () => {
  await using t = await testPortal()
  expect(await t.result('user.access', { ACCESS: ['D1', 'DR1'] }, t.as(LEAVER))).toBe(false)
  for (const ACCESS of [null, '', [['U1']], [{}], ['x'.repeat(200)]]) {
    expect(await t.error('user.access', { ACCESS }, t.as(ANNA))).toMatchObject({ code: 'ERROR_ARGUMENT', status: 400 })
  }
})

test('access.name tells the codes that stand for something', async () => {
  await using t = await testPortal()
  const ACCESS = ['G2', 'AU', 'G1', `U${ANNA}`, 'U999', 'D1', 'DR1', 'D9', 'nonsense', '__proto__']
  expect(await t.result('access.name', { ACCESS })).toEqual({
    G2: { provider: '', name: 'All visitors', provider_id: 'other' },
    AU: { provider: '', name: 'All authorized users', provider_id: 'other' },
    G1: { provider: '', name: 'Administrators', provider_id: 'other' },
    U2: { provider: 'Users', name: 'Anna Archer', provider_id: 'user' },
    D1: { provider: 'Departments', name: 'Everybody', provider_id: 'intranet' },
    DR1: { provider: 'Departments', name: 'Everybody (with subdepartments)', provider_id: 'intranet' },
  })
  expect(await t.result('access.name')).toBe(false)
  expect(await t.result('access.name', { ACCESS: [] })).toBe(false)
})

test('profile is the caller in short, whatever his scopes', async () => {
  await using t = await testPortal()
  const boris = t.as(BORIS, { scopes: [] })
  const base = { ID: '3', ADMIN: false, NAME: 'Boris', LAST_NAME: 'Brown', PERSONAL_GENDER: '', TIME_ZONE: '' }
  expect(await t.result('profile', {}, boris)).toEqual(base)
  await t.portal.store.write((tx) =>
    updateUser(tx, 1, BORIS, { gender: 'M', timeZone: 'Europe/Rome', avatarUrl: 'https://a.example/b.png' }),
  )
  expect(await t.result('profile', {}, boris)).toEqual({
    ...base,
    PERSONAL_GENDER: 'M',
    TIME_ZONE: 'Europe/Rome',
    PERSONAL_PHOTO: 'https://a.example/b.png',
  })
  expect(await t.result('profile', {}, t.as(LEAVER))).toEqual({})
  expect(await t.result('profile')).toMatchObject({ ID: String(ADMIN), ADMIN: true })
})
