import { expect, test } from 'vitest'
import {
  createDepartment,
  deleteDepartment,
  departmentPath,
  sharesDepartment,
  updateDepartment,
} from '../../../src/domain/people/departments.ts'
import { departmentsOf } from '../../../src/domain/people/users.ts'
import type { Tx } from '../../../src/storage/store.ts'
import { ADMIN, ANNA, BORIS, LEAVER, testPortal } from '../../support/portal.ts'

/** 1 Everybody > 2 Sales > 3 Inside sales. */
async function company() {
  const t = await testPortal()
  const { store } = t.portal
  const sales = await store.write((tx) => createDepartment(tx, { name: 'Sales', parentId: 1 }))
  const inside = await store.write((tx) =>
    createDepartment(tx, { name: 'Inside sales', parentId: sales, headUserId: BORIS, sort: 7 }),
  )
  return Object.assign(t, { sales, inside })
}

test('a head joins the department he leads; those above see those below', async () => {
  await using t = await company()
  const { read } = t.portal.store
  expect(await departmentsOf(read, [BORIS])).toEqual(new Map([[BORIS, [1, t.inside]]]))
  expect(await departmentPath(read, t.inside)).toEqual([t.inside, t.sales, 1])
  expect(await departmentPath(read, 99)).toEqual([])
  expect(await sharesDepartment(read, ADMIN, BORIS)).toBe(true)
  expect(await sharesDepartment(read, BORIS, LEAVER)).toBe(false)
})

test('there is one top, and nothing stands below itself', async () => {
  await using t = await company()
  const { store } = t.portal
  const works: [(tx: Tx) => Promise<unknown>, string][] = [
    [(tx) => createDepartment(tx, { name: 'Second top' }), 'secondTop'],
    [(tx) => createDepartment(tx, { name: 'Nowhere', parentId: 99 }), 'secondTop'],
    [(tx) => createDepartment(tx, { name: ' ', parentId: 1 }), 'emptyName'],
    [(tx) => createDepartment(tx, { name: 'X', parentId: 1, headUserId: LEAVER }), 'headNotFound'],
    [(tx) => updateDepartment(tx, t.sales, { parentId: t.inside }), 'circle'],
    [(tx) => updateDepartment(tx, t.sales, { parentId: t.sales }), 'secondTop'],
    [(tx) => updateDepartment(tx, t.sales, { parentId: null }), 'secondTop'],
    [(tx) => updateDepartment(tx, 1, { parentId: t.inside }), 'circle'],
    [(tx) => updateDepartment(tx, 99, { name: 'X' }), 'departmentNotFound'],
    [(tx) => updateDepartment(tx, 1, { headUserId: 99 }), 'headNotFound'],
    [(tx) => deleteDepartment(tx, 1), 'topStays'],
    [(tx) => deleteDepartment(tx, 99), 'departmentNotFound'],
  ]
  for (const [work, reason] of works) await expect(store.write(work)).rejects.toMatchObject({ reason })
})

test('what a deleted department held moves up, once', async () => {
  await using t = await company()
  const { store } = t.portal
  await store.write((tx) => updateDepartment(tx, t.sales, { headUserId: ANNA }))
  await store.write((tx) =>
    tx.db.insertInto('userDepartment').values({ userId: LEAVER, departmentId: t.sales }).execute(),
  )
  await store.write((tx) => deleteDepartment(tx, t.sales))
  expect(await departmentsOf(store.read, [ANNA, LEAVER])).toEqual(
    new Map([
      [ANNA, [1]],
      [LEAVER, [1]],
    ]),
  )
  expect(await departmentPath(store.read, t.inside)).toEqual([t.inside, 1])
  const events = await store.read.db.selectFrom('outbox').select(['type', 'subject']).execute()
  expect(events.at(-1)).toEqual({ type: 'department.deleted', subject: `department:${t.sales}` })
})

test('an update that changes nothing is silent', async () => {
  await using t = await company()
  const { store } = t.portal
  const count = () => store.read.db.selectFrom('outbox').select('id').execute()
  const before = await count()
  await store.write((tx) => updateDepartment(tx, t.inside, { name: 'Inside sales', sort: 7, headUserId: BORIS }))
  expect(await count()).toEqual(before)
})
