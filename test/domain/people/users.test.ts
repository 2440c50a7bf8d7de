import { expect, test } from 'vitest'
import {
  createUser,
  deactivateUser,
  departmentsOf,
  findUser,
  isEmail,
  updateUser,
} from '../../../src/domain/people/users.ts'
import { isOnline } from '../../../src/domain/people/online.ts'
import { ADMIN, ANNA, LEAVER, type TestPortal, testPortal } from '../../support/portal.ts'

const events = ({ portal }: TestPortal) =>
  portal.store.read.db.selectFrom('outbox').select(['type', 'subject', 'payload']).execute()

test('adds a person with departments and tells of it', async () => {
  await using t = await testPortal()
  const { store, clock } = t.portal
  const id = await store.write((tx) =>
    createUser(tx, clock.now(), {
      name: 'Nora',
      email: 'Nora@example.com',
      departmentIds: [1],
      extra: { WORK_PHONE: '1', WORK_FAX: '' },
    }),
  )
  expect(await findUser(store.read, id)).toMatchObject({
    kind: 'employee',
    active: true,
    isAdmin: false,
    extra: { WORK_PHONE: '1' },
  })
  expect(await departmentsOf(store.read, [id, ANNA, 999])).toEqual(
    new Map([
      [ANNA, [1]],
      [id, [1]],
    ]),
  )
  expect(await events(t)).toEqual([
    { type: 'user.added', subject: `user:${id}`, payload: { userId: id, kind: 'employee' } },
  ])
})

test('an e-mail belongs to one employee, in any letter case; customers may share it', async () => {
  await using t = await testPortal()
  const { store } = t.portal
  const add = (kind: 'employee' | 'customer', email: string) => store.write((tx) => createUser(tx, 1, { kind, email }))
  await expect(add('employee', 'ANNA@Example.com')).rejects.toMatchObject({ reason: 'emailTaken' })
  await expect(add('employee', 'not an address')).rejects.toMatchObject({ reason: 'wrongEmail' })
  await expect(add('customer', 'anna@example.com')).resolves.toBeGreaterThan(LEAVER)
  await expect(store.write((tx) => updateUser(tx, 2, ANNA, { email: 'BORIS@example.com' }))).rejects.toMatchObject({
    reason: 'emailTaken',
  })
  await store.write((tx) => updateUser(tx, 2, ANNA, { email: 'Anna@example.com' }))
  expect((await findUser(store.read, ANNA))?.email).toBe('Anna@example.com')
})

test('changes what is named, keeps the rest, and is silent where nothing changed', async () => {
  await using t = await testPortal()
  const { store } = t.portal
  await store.write((tx) => updateUser(tx, 5, ANNA, { name: 'Anne', extra: { WORK_CITY: 'Ulm', WORK_FAX: '2' } }))
  await store.write((tx) => updateUser(tx, 6, ANNA, { extra: { WORK_FAX: '' }, departmentIds: [] }))
  await store.write((tx) => updateUser(tx, 7, ANNA, { name: 'Anne', extra: { WORK_CITY: 'Ulm' }, departmentIds: [] }))
  expect(await findUser(store.read, ANNA)).toMatchObject({
    name: 'Anne',
    lastName: 'Archer',
    extra: { WORK_CITY: 'Ulm' },
    updatedAt: 6,
  })
  expect((await events(t)).map(({ payload }) => payload)).toEqual([
    { userId: ANNA, kind: 'employee', changed: ['name', 'WORK_CITY', 'WORK_FAX'] },
    { userId: ANNA, kind: 'employee', changed: ['WORK_FAX', 'departmentIds'] },
  ])
})

test('refuses unknown people and departments', async () => {
  await using t = await testPortal()
  const { store } = t.portal
  await expect(store.write((tx) => updateUser(tx, 1, 999, { name: 'X' }))).rejects.toMatchObject({
    reason: 'userNotFound',
  })
  await expect(store.write((tx) => updateUser(tx, 1, ANNA, { departmentIds: [1, 7] }))).rejects.toMatchObject({
    reason: 'departmentNotFound',
  })
  expect(await departmentsOf(store.read, [ANNA])).toEqual(new Map([[ANNA, [1]]]))
})

test('the last administrator cannot go', async () => {
  await using t = await testPortal()
  const { store } = t.portal
  await expect(store.write((tx) => deactivateUser(tx, 1, ADMIN))).rejects.toMatchObject({ reason: 'lastAdministrator' })
  await expect(store.write((tx) => updateUser(tx, 1, ADMIN, { isAdmin: false }))).rejects.toMatchObject({
    reason: 'lastAdministrator',
  })
  await store.write((tx) => updateUser(tx, 1, ANNA, { isAdmin: true }))
  await store.write((tx) => deactivateUser(tx, 1, ADMIN))
  expect((await findUser(store.read, ADMIN))?.active).toBe(false)
})

test('a limit of users counts those who work here', async () => {
  await using t = await testPortal()
  const { store } = t.portal
  await t.settings({ userLimit: 3 })
  await expect(store.write((tx) => createUser(tx, 1, { name: 'Fourth' }))).rejects.toMatchObject({
    reason: 'tooManyUsers',
  })
  await expect(store.write((tx) => updateUser(tx, 1, LEAVER, { active: true }))).rejects.toMatchObject({
    reason: 'tooManyUsers',
  })
  await store.write((tx) => createUser(tx, 1, { kind: 'customer' }))
  await store.write((tx) => createUser(tx, 1, { active: false }))
  await t.settings({ userLimit: 4 })
  await store.write((tx) => updateUser(tx, 1, LEAVER, { active: true }))
})

test.each(['a@b', 'anna.archer+x@example.com', 'ä@münchen.de'])('%s is an address', (text) =>
  expect(isEmail(text)).toBe(true),
)
test.each(['', 'a', '@b', 'a@', 'a b@c', 'a@b@c', 'a@b c', '<a@b>', `${'x'.repeat(65)}@b`])('%s is not', (text) =>
  expect(isEmail(text)).toBe(false),
)

test('somebody is online for two minutes after his last activity', () => {
  expect([isOnline(null, 1), isOnline(1000, 1000), isOnline(1000, 121_000), isOnline(1000, 121_001)]).toEqual([
    false,
    true,
    true,
    false,
  ])
})
