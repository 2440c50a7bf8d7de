import { expect, test } from 'vitest'
import { type Accessor, accessLevel } from '../../../src/domain/crm/access.ts'
import { assignRole, listRoles, removeRole, rolesOf, seedRoles } from '../../../src/domain/people/roles.ts'
import { createUser } from '../../../src/domain/people/users.ts'
import { ANNA, testPortal } from '../../support/portal.ts'

test('the default roles are there once, and those changed by hand stay', async () => {
  await using t = await testPortal()
  const { store } = t.portal
  await store.write(seedRoles)
  await store.write((tx) => tx.db.updateTable('role').set({ name: 'Our sales' }).where('code', '=', 'sales').execute())
  await store.write(seedRoles)
  const roles = await listRoles(store.read)
  expect(roles.map(({ code }) => code).toSorted()).toEqual(['director', 'manager', 'operators', 'sales'])
  expect(roles.find(({ code }) => code === 'sales')?.name).toBe('Our sales')
  expect(await store.read.db.selectFrom('rolePermission').select('level').execute()).toHaveLength(4 * 4 * 4)
})

test('the widest of somebody’s roles decides', async () => {
  await using t = await testPortal()
  const { store } = t.portal
  await store.write(seedRoles)
  const anna: Accessor = { userId: ANNA, isAdmin: false }
  const level = (action: 'read' | 'delete') => accessLevel(store.read, anna, action, 'deal')
  expect(await level('read')).toBe('none')
  await store.write((tx) => assignRole(tx, ANNA, 'sales'))
  expect([await level('read'), await level('delete')]).toEqual(['own', 'none'])
  await store.write((tx) => assignRole(tx, ANNA, 'director'))
  await store.write((tx) => assignRole(tx, ANNA, 'director'))
  expect([await level('read'), await level('delete')]).toEqual(['all', 'all'])
  expect(await rolesOf(store.read, ANNA)).toEqual(['director', 'sales'])
  await store.write((tx) => removeRole(tx, ANNA, 'director'))
  await store.write((tx) => removeRole(tx, ANNA, 'director'))
  expect(await level('read')).toBe('own')
  const events = await store.read.db.selectFrom('outbox').select('type').execute()
  expect(events).toHaveLength(3)
})

test('refuses what is not there and who is no employee', async () => {
  await using t = await testPortal()
  const { store } = t.portal
  await store.write(seedRoles)
  const customer = await store.write((tx) => createUser(tx, 1, { kind: 'customer' }))
  await expect(store.write((tx) => assignRole(tx, ANNA, 'king'))).rejects.toMatchObject({ reason: 'roleNotFound' })
  await expect(store.write((tx) => removeRole(tx, ANNA, 'king'))).rejects.toMatchObject({ reason: 'roleNotFound' })
  await expect(store.write((tx) => assignRole(tx, 999, 'sales'))).rejects.toMatchObject({ reason: 'userNotFound' })
  await expect(store.write((tx) => assignRole(tx, customer, 'sales'))).rejects.toMatchObject({ reason: 'userNotFound' })
})
