import { expect, test } from 'vitest'
import { registerBot } from '../../../src/domain/bots/bots.ts'
import type { AccessLevel } from '../../../src/storage/schema/people.ts'
import { grant } from '../../support/crm.ts'
import { ADMIN, ANNA, BORIS, LEAVER, type TestPortal, testPortal } from '../../support/portal.ts'

/** A lead of Anna with an open channel chat in which she, the administrator and a customer take part. */
async function leadChat({ portal }: TestPortal): Promise<{ lead: number; chat: number; customer: number }> {
  const now = portal.clock.now()
  return portal.store.write(async (tx) => {
    const by = {
      assignedById: ANNA,
      createdById: ANNA,
      updatedById: ANNA,
      createdAt: now,
      updatedAt: now,
      lastActivityAt: now,
      extra: {},
    }
    const lead = await tx.db
      .insertInto('lead')
      .values({ ...by, title: 'A lead', stageId: 'NEW', stageSemantics: 'P', movedAt: now, movedById: ANNA })
      .returning('id')
      .executeTakeFirstOrThrow()
    const chat = await tx.db
      .insertInto('chat')
      .values({ kind: 'lines', createdAt: now, updatedAt: now })
      .returning('id')
      .executeTakeFirstOrThrow()
    const customer = await tx.db
      .insertInto('user')
      .values({ kind: 'customer', name: 'Guest', createdAt: now, updatedAt: now })
      .returning('id')
      .executeTakeFirstOrThrow()
    const ids = { lead: lead.id, chat: chat.id, customer: customer.id }
    for (const userId of [ADMIN, ANNA, ids.customer])
      await tx.db.insertInto('chatMember').values({ chatId: ids.chat, userId, joinedAt: now }).execute()
    await tx.db
      .insertInto('chatCrm')
      .values({ chatId: ids.chat, entityType: 'lead', entityId: ids.lead, createdAt: now })
      .execute()
    return ids
  })
}

const METHOD = 'imopenlines.crm.message.add'

test('writes the message as sent, with its author, its caller and an event in the outbox', async () => {
  await using t = await testPortal()
  const { lead, chat } = await leadChat(t)
  const params = {
    CRM_ENTITY_TYPE: 'lead',
    CRM_ENTITY: lead,
    USER_ID: ANNA,
    CHAT_ID: chat,
    MESSAGE: ' [b]Hello[/b]\n😀 ',
  }
  const id = await t.result<number>(METHOD, params)
  const message = await t.portal.store.read.db
    .selectFrom('message')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  expect(message).toMatchObject({ chatId: chat, authorId: ANNA, callerId: ADMIN, text: ' [b]Hello[/b]\n😀 ' })
  const events = await t.portal.store.read.db.selectFrom('outbox').selectAll().execute()
  expect(events).toMatchObject([{ type: 'message.added', subject: `chat:${chat}`, payload: { messageId: id } }])
})

test('tells each refusal by its documented code', async () => {
  await using t = await testPortal()
  const { lead, chat, customer } = await leadChat(t)
  const params = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead, USER_ID: ANNA, CHAT_ID: chat, MESSAGE: 'Hello' }
  expect(await t.error(METHOD, { ...params, CHAT_ID: chat + 1 })).toMatchObject({
    code: 'CHAT_NOT_IN_CRM',
    status: 400,
  })
  expect(await t.error(METHOD, { ...params, USER_ID: BORIS })).toMatchObject({ code: 'CANCELED', status: 400 })
  expect(await t.error(METHOD, { ...params, USER_ID: customer })).toMatchObject({ code: 'CANCELED' })
  expect(await t.error(METHOD, { ...params, CRM_ENTITY: 99 })).toMatchObject({ code: 'ACCESS_DENIED', status: 400 })
  expect(await t.error(METHOD, params, t.as(BORIS))).toMatchObject({ code: 'ACCESS_DENIED' })
})

test.each(['CRM_ENTITY_TYPE', 'CRM_ENTITY', 'USER_ID', 'CHAT_ID', 'MESSAGE'])(
  '%s must be there and of its type',
  async (name) => {
    await using t = await testPortal()
    const params = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: 1, USER_ID: ANNA, CHAT_ID: 1, MESSAGE: 'Hello' }
    const wanted = { code: 'ERROR_ARGUMENT', status: 400, message: `Argument '${name}' is null or empty` }
    for (const bad of [
      undefined,
      null,
      '',
      [],
      {},
      name === 'MESSAGE' ? 'a\0b' : 'x',
      name === 'MESSAGE' ? '\uD800' : -1,
    ]) {
      const { [name as keyof typeof params]: _, ...others } = params
      expect(await t.error(METHOD, bad === undefined ? others : { ...others, [name]: bad })).toEqual(wanted)
    }
  },
)

const paramsFor = (lead: number, chat: number, senderId: number) => ({
  CRM_ENTITY_TYPE: 'lead',
  CRM_ENTITY: lead,
  USER_ID: senderId,
  CHAT_ID: chat,
  MESSAGE: 'Hello',
})

test('rights on the entity decide: own, department, all, none', async () => {
  await using t = await testPortal()
  const { lead, chat } = await leadChat(t)
  const params = paramsFor(lead, chat, ANNA)
  const boris = t.as(BORIS)
  const right = (level: AccessLevel) => grant(t, BORIS, 'lead', { read: level })
  // The lead is Anna's, and Boris works in her department.
  await right('own')
  expect(await t.error(METHOD, params, boris)).toMatchObject({ code: 'ACCESS_DENIED' })
  await t.portal.store.write((tx) => tx.db.updateTable('rolePermission').set({ level: 'department' }).execute())
  await expect(t.result(METHOD, params, boris)).resolves.toBeGreaterThan(0)
  await t.portal.store.write((tx) => tx.db.deleteFrom('userDepartment').where('userId', '=', BORIS).execute())
  expect(await t.error(METHOD, params, boris)).toMatchObject({ code: 'ACCESS_DENIED' })
  await t.portal.store.write((tx) => tx.db.updateTable('rolePermission').set({ level: 'all' }).execute())
  await expect(t.result(METHOD, params, boris)).resolves.toBeGreaterThan(0)
})

test('a chat that was untied and a sender who has left are refused', async () => {
  await using t = await testPortal()
  const { lead, chat } = await leadChat(t)
  await t.portal.store.write((tx) =>
    tx.db.insertInto('chatMember').values({ chatId: chat, userId: LEAVER, joinedAt: 1 }).execute(),
  )
  expect(await t.error(METHOD, paramsFor(lead, chat, LEAVER))).toMatchObject({ code: 'CANCELED' })
  await t.portal.store.write((tx) => tx.db.updateTable('chatCrm').set({ removedAt: 1 }).execute())
  expect(await t.error(METHOD, paramsFor(lead, chat, ANNA))).toMatchObject({ code: 'CHAT_NOT_IN_CRM' })
})

test('a bot in the chat may be the sender; a restricted portal lets only its own application name it', async () => {
  await using t = await testPortal()
  const { lead, chat } = await leadChat(t)
  await grant(t, ANNA, 'lead', { read: 'all' })
  const application = t.as(ANNA, { via: { kind: 'application', id: 7, clientId: 'local.7' } })
  const botId = await t.portal.store.write(async (tx) => {
    const id = await registerBot(tx, {
      owner: 'app:7',
      code: 'b',
      type: 'O',
      openLines: true,
      handlers: {},
      profile: { name: 'Bot' },
      by: { ids: t.portal.ids, now: 1, userId: ANNA },
    })
    await tx.db.insertInto('chatMember').values({ chatId: chat, userId: id, joinedAt: 1 }).execute()
    return id
  })
  const asBot = paramsFor(lead, chat, botId)
  await expect(t.result(METHOD, asBot, t.as(ANNA))).resolves.toBeGreaterThan(0)
  await t.settings({ restrictSender: true })
  expect(await t.error(METHOD, asBot, t.as(ANNA))).toMatchObject({ code: 'CANCELED' })
  expect(await t.error(METHOD, paramsFor(lead, chat, ADMIN), t.as(ANNA))).toMatchObject({ code: 'CANCELED' })
  await expect(t.result(METHOD, asBot, application)).resolves.toBeGreaterThan(0)
  await expect(t.result(METHOD, paramsFor(lead, chat, ANNA), t.as(ANNA))).resolves.toBeGreaterThan(0)
  await expect(t.result(METHOD, asBot, t.as(ADMIN))).resolves.toBeGreaterThan(0)
})

test('the longest text is taken whole, one character more is refused', async () => {
  await using t = await testPortal()
  const { lead, chat } = await leadChat(t)
  const text = '😀'.repeat(20_000)
  const id = await t.result<number>(METHOD, { ...paramsFor(lead, chat, ANNA), MESSAGE: text })
  const message = await t.portal.store.read.db
    .selectFrom('message')
    .select('text')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  expect(message.text).toBe(text)
  expect(await t.error(METHOD, { ...paramsFor(lead, chat, ANNA), MESSAGE: `${text}x` })).toMatchObject({
    code: 'ERROR_ARGUMENT',
  })
})
