import { expect, test } from 'vitest'
import { addCustomer, NO_PROFILE } from '../../../src/domain/people/customers.ts'
import { ADMIN, ANNA, BORIS, LEAVER, testPortal } from '../../support/portal.ts'

test('shows the caller, and anybody by id', async () => {
  await using t = await testPortal()
  expect(await t.result('im.user.get', {}, t.as(ANNA))).toEqual({
    id: ANNA,
    active: true,
    name: 'Anna Archer',
    first_name: 'Anna',
    last_name: 'Archer',
    work_position: 'Operator',
    color: '#4ba984',
    avatar: '',
    avatar_hr: '',
    gender: 'M',
    birthday: '',
    extranet: false,
    network: false,
    bot: false,
    connector: false,
    external_auth_id: 'default',
    status: 'online',
    idle: false,
    last_activity_date: '2026-01-05T10:00:00+01:00',
    mobile_last_date: false,
    desktop_last_date: false,
    absent: false,
    departments: [1],
    phones: false,
    bot_data: null,
    type: 'user',
    website: '',
    email: 'anna@example.com',
  })
  expect(await t.result('im.user.get', { ID: LEAVER })).toMatchObject({ id: LEAVER, active: false, departments: [] })
})

test('shows birthday, phones and website of the profile', async () => {
  await using t = await testPortal()
  const extra = { PERSONAL_BIRTHDAY: '1990-12-31', PERSONAL_WWW: 'example.com', WORK_PHONE: '+1', UF_PHONE_INNER: '21' }
  await t.portal.store.write((tx) =>
    tx.db.updateTable('user').set({ extra, phone: '+2', gender: 'F' }).where('id', '=', ANNA).execute(),
  )
  expect(await t.result('im.user.get', { ID: ANNA })).toMatchObject({
    birthday: '31-12',
    website: 'example.com',
    gender: 'F',
    phones: { work_phone: '+1', personal_mobile: '+2', inner_phone: '21' },
  })
})

test('a customer is told by his flags', async () => {
  await using t = await testPortal()
  const id = await t.portal.store.write((tx) => addCustomer(tx, NO_PROFILE, t.clock.now()))
  expect(await t.result('im.user.get', { ID: id })).toMatchObject({
    name: 'Guest',
    connector: true,
    extranet: true,
    external_auth_id: 'imconnector',
    last_activity_date: false,
  })
})

test('an id is a whole number of somebody', async () => {
  await using t = await testPortal()
  for (const bad of [0, -1, 'x', [], {}, 1.5])
    expect(await t.error('im.user.get', { ID: bad })).toMatchObject({ code: 'ID_EMPTY', status: 400 })
  for (const bad of [99, '9007199254740991'])
    expect(await t.error('im.user.get', { ID: bad })).toMatchObject({ code: 'USER_NOT_EXISTS', status: 400 })
})

test('several users come as an object or as a list', async () => {
  await using t = await testPortal()
  const params = { ID: JSON.stringify([BORIS, ANNA, 99]) }
  const byId = await t.result<Record<string, { id: number }>>('im.user.list.get', params)
  expect(Object.keys(byId)).toEqual([String(ANNA), String(BORIS)])
  expect(await t.result('im.user.list.get', { ID: [BORIS, String(ANNA)], RESULT_TYPE: 'array' })).toMatchObject([
    { id: BORIS },
    { id: ANNA },
  ])
  expect(await t.result('im.user.list.get', { ID: [99] })).toEqual([])
  for (const bad of [undefined, '', 'x', '[', ['x'], [-1], [[1]]]) {
    expect(await t.error('im.user.list.get', bad === undefined ? {} : { ID: bad })).toMatchObject({
      code: 'INVALID_FORMAT',
      status: 400,
    })
  }
})

test('status and idleness are the caller’s own', async () => {
  await using t = await testPortal()
  expect(await t.result('im.user.status.get')).toBe('online')
  expect(await t.result('im.user.status.set', { STATUS: 'dnd' })).toBe(true)
  expect(await t.result('im.user.status.get')).toBe('dnd')
  expect(await t.result('im.user.get', { ID: ANNA })).toMatchObject({ status: 'online' })
  for (const bad of ['DND', 'gone', 5, []])
    expect(await t.error('im.user.status.set', { STATUS: bad })).toMatchObject({ code: 'STATUS_ERROR' })
  expect(await t.result('im.user.status.idle.start', { AGO: 30 })).toBe(true)
  expect(await t.result('im.user.get', { ID: ADMIN })).toMatchObject({ idle: '2026-01-05T09:30:00+01:00' })
  await t.call('im.user.status.idle.start', { AGO: Number.MAX_SAFE_INTEGER })
  await t.call('im.user.status.idle.end')
  expect(await t.result('im.user.get')).toMatchObject({ idle: false })
})
