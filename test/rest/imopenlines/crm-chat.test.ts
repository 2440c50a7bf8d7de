import { expect, test } from 'vitest'
import { openCustomerChat } from '../../../src/domain/openlines/customer-chats.ts'
import { ADMIN, ANNA, BORIS, LEAVER, type TestPortal, testPortal } from '../../support/portal.ts'
import { withCrm } from '../../support/open-channel.ts'

/** A lead of Anna with two chats that she answers, the newer one open; and a deal without any. */
async function leadWithChats(t: TestPortal) {
  await withCrm(t)
  const lead = await t.result<number>('crm.lead.add', { fields: { TITLE: 'A lead', ASSIGNED_BY_ID: ANNA } })
  const other = await t.result<number>('crm.lead.add', { fields: { TITLE: 'Another', ASSIGNED_BY_ID: ANNA } })
  const line = await t.result<number>('imopenlines.config.add', { PARAMS: { LINE_NAME: 'Support' } })
  const now = t.portal.clock.now()
  const open = () =>
    t.portal.store.write((tx) =>
      openCustomerChat(tx, {
        lineId: line,
        name: 'Guest',
        entityType: 'lead',
        entityId: lead,
        operatorIds: [ANNA],
        now,
      }),
    )
  const first = await open()
  await t.portal.store.write(async (tx) => void (await tx.db.updateTable('session').set({ state: 'closed' }).execute()))
  return { lead, other, first, chat: await open() }
}

/** Lets somebody read all leads. */
async function letRead({ portal }: TestPortal, userId: number): Promise<void> {
  await portal.store.write(async ({ db }) => {
    const { id } = await db
      .insertInto('role')
      .values({ code: `role-${userId}`, name: 'Reader' })
      .returning('id')
      .executeTakeFirstOrThrow()
    await db
      .insertInto('rolePermission')
      .values({ roleId: id, entityType: 'lead', action: 'read', level: 'all' })
      .execute()
    await db.insertInto('userRole').values({ userId, roleId: id }).execute()
  })
}

const shown = (id: number) => ({ CHAT_ID: String(id), CONNECTOR_ID: 'livechat', CONNECTOR_TITLE: 'Live Chat' })

const GET = 'imopenlines.crm.chat.get'
const LAST = 'imopenlines.crm.chat.getLastId'
const ADD = 'imopenlines.crm.chat.user.add'
const DELETE = 'imopenlines.crm.chat.user.delete'

test('lists the chats of an entity, the open ones where nothing else is asked', async () => {
  await using t = await testPortal()
  const { lead, first, chat } = await leadWithChats(t)
  const entity = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead }
  expect(await t.result(GET, entity)).toEqual([shown(chat)])
  expect(await t.result(GET, { ...entity, ACTIVE_ONLY: 'N' })).toEqual([shown(first), shown(chat)])
  expect(await t.result(LAST, entity)).toBe(chat)
})

test('tells entities that are not there, or not for the caller, as documented', async () => {
  await using t = await testPortal()
  const { lead, other } = await leadWithChats(t)
  const entity = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead }
  const nowhere = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: 99 }
  expect(await t.result(GET, nowhere)).toEqual([])
  expect(await t.result(GET, nowhere, t.as(BORIS))).toEqual([])
  expect(await t.error(GET, entity, t.as(BORIS))).toMatchObject({ code: 'ACCESS_DENIED', status: 403 })
  const notFound = { code: 'CRM_CHAT_EMPTY_CRM_DATA', status: 400, message: 'Could not find CRM object' }
  expect(await t.error(LAST, nowhere)).toEqual(notFound)
  expect(await t.error(LAST, entity, t.as(BORIS))).toEqual(notFound)
  expect(await t.error(LAST, { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: other })).toEqual(notFound)
  expect(await t.error(LAST, { CRM_ENTITY_TYPE: 'order', CRM_ENTITY: 1 })).toEqual(notFound)
  for (const method of [ADD, DELETE]) {
    const denied = {
      code: 'ACCESS_DENIED',
      status: 403,
      message: "Access denied! You don't have access to join user to chat",
    }
    expect(await t.error(method, { ...entity, USER_ID: ANNA }, t.as(BORIS))).toEqual(denied)
    expect(await t.error(method, { ...nowhere, USER_ID: ANNA }, t.as(BORIS))).toEqual(denied)
  }
})

test('lets somebody take part and leave', async () => {
  await using t = await testPortal()
  const { lead, first, chat } = await leadWithChats(t)
  const params = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead, USER_ID: BORIS }
  expect(await t.error(ADD, params)).toMatchObject({
    code: 'ACCESS_DENIED',
    status: 403,
    message: expect.stringContaining('this CRM object') as string,
  })
  await letRead(t, BORIS)
  expect(await t.result(ADD, params)).toBe(chat)
  expect(await t.error(ADD, params)).toEqual({
    code: 'WRONG_REQUEST',
    status: 400,
    message: "You don't have access or user already member in chat",
  })
  expect(await t.result(ADD, { ...params, CHAT_ID: first })).toBe(first)
  expect(await t.error(DELETE, { ...params, USER_ID: ANNA }, t.as(BORIS))).toMatchObject({
    code: 'CHAT_DELETE_USER_PERMISSION_DENIED',
    status: 403,
  })
  expect(await t.result(DELETE, params, t.as(BORIS))).toBe(chat)
  expect(await t.error(DELETE, params)).toEqual({
    code: 'WRONG_REQUEST',
    status: 400,
    message: "You don't have access or user already not in chat",
  })
})

test('an operator who is taken out answers for the session no more', async () => {
  await using t = await testPortal()
  const { lead, chat } = await leadWithChats(t)
  expect(await t.result(DELETE, { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead, USER_ID: ANNA })).toBe(chat)
  const { db } = t.portal.store.read
  const session = await db
    .selectFrom('session')
    .select(['operatorId', 'state'])
    .where('chatId', '=', chat)
    .executeTakeFirst()
  expect(session).toEqual({ operatorId: 0, state: 'new' })
  expect(await t.result('imopenlines.dialog.get', { CHAT_ID: chat })).toMatchObject({ owner: 0, role: 'guest' })
})

test('tells who cannot be added or removed', async () => {
  await using t = await testPortal()
  const { lead, other, chat } = await leadWithChats(t)
  const params = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead, USER_ID: ADMIN }
  const { userId: customer } = await t.portal.store.read.db
    .selectFrom('connectorUser')
    .select('userId')
    .orderBy('userId', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  for (const method of [ADD, DELETE]) {
    for (const USER_ID of [LEAVER, 999]) {
      expect(await t.error(method, { ...params, USER_ID })).toEqual({
        code: 'CRM_CHAT_USER_NOT_ACTIVE',
        status: 400,
        message: 'User not active',
      })
    }
    expect(await t.error(method, { ...params, USER_ID: customer })).toMatchObject({ code: 'WRONG_REQUEST' })
    for (const CHAT_ID of [chat + 1, 9_007_199_254_740_991]) {
      expect(await t.error(method, { ...params, CHAT_ID })).toMatchObject({ code: 'CHAT_NOT_IN_CRM', status: 400 })
    }
    expect(await t.result(method, { ...params, CRM_ENTITY: other })).toBe(0)
  }
})

test('tells missing and wrong parameters as each page does', async () => {
  await using t = await testPortal()
  const params = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: 1, USER_ID: 1 }
  const invalid = {
    code: 'ERROR_ARGUMENT',
    status: 400,
    message: "The value of an argument 'CRM_ENTITY' has an invalid type",
  }
  for (const method of [GET, ADD]) {
    for (const name of ['CRM_ENTITY_TYPE', 'CRM_ENTITY']) {
      expect(await t.error(method, { ...params, [name]: '' })).toEqual({
        code: 'ERROR_ARGUMENT',
        status: 400,
        message: `Argument '${name}' is null or empty`,
      })
    }
  }
  for (const method of [GET, ADD, DELETE])
    for (const CRM_ENTITY of ['x', -1, [], {}])
      expect(await t.error(method, { ...params, CRM_ENTITY })).toEqual(invalid)
  expect(await t.error(LAST, { ...params, CRM_ENTITY: 'x' })).toEqual({
    ...invalid,
    message: 'The value of an argument CRM_ENTITY has an invalid type',
  })
  for (const method of [LAST, DELETE]) {
    expect(await t.error(method, { ...params, CRM_ENTITY: null })).toEqual({
      code: 'CRM_CHAT_EMPTY_CRM_DATA',
      status: 400,
      message: 'Empty CRM data',
    })
  }
  expect(await t.error(ADD, { ...params, USER_ID: null })).toMatchObject({
    message: "Argument 'Empty USER_ID' is null or empty",
  })
  expect(await t.error(DELETE, { ...params, USER_ID: null })).toMatchObject({
    code: 'CRM_CHAT_EMPTY_USER',
    message: 'Empty User ID',
  })
  expect(await t.error(DELETE, { ...params, CRM_ENTITY_TYPE: 'order' })).toMatchObject({
    code: 'ACCESS_DENIED',
    status: 403,
  })
})
