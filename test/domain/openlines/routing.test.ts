import { expect, test } from 'vitest'
import type { LineSettings } from '../../../src/domain/openlines/line-settings.ts'
import { createLine, loadLine } from '../../../src/domain/openlines/lines.ts'
import { beginSession, findOrMakeChat } from '../../../src/domain/openlines/conversations.ts'
import { chooseOperators } from '../../../src/domain/openlines/routing.ts'
import { ADMIN, ANNA, BORIS, LEAVER, type TestPortal, testPortal } from '../../support/portal.ts'

async function lineOf({ portal }: TestPortal, settings: Partial<LineSettings>, people: readonly number[]) {
  const change = { settings, queue: people.map((userId) => ({ userId })), byUserId: ADMIN, now: portal.clock.now() }
  const id = await portal.store.write((tx) => createLine(tx, change))
  return (await loadLine(portal.store.read, id))!
}

/** Who gets each of so many new conversations. */
async function operatorsOf(
  { portal }: TestPortal,
  line: Awaited<ReturnType<typeof lineOf>>,
  count: number,
): Promise<number[]> {
  const now = portal.clock.now()
  await portal.store.write(async (tx) => {
    for (let n = 0; n < count; n++) {
      const code = { connectorId: 'livechat', lineId: line.id, externalChatId: String(n), customerId: ADMIN }
      const chatId = await findOrMakeChat(tx, { code, title: 'x', customerId: ADMIN, now })
      await beginSession(tx, { chatId, line, connectorId: 'livechat', customerId: ADMIN, now })
    }
  })
  const sessions = await portal.store.read.db.selectFrom('session').select('operatorId').orderBy('id').execute()
  return sessions.map((session) => session.operatorId)
}

test('evenly: whoever has the fewest open conversations, then whose last one is the longest ago', async () => {
  await using t = await testPortal()
  const line = await lineOf(t, { queueType: 'evenly' }, [BORIS, ANNA, LEAVER])
  expect(await operatorsOf(t, line, 5)).toEqual([BORIS, ANNA, BORIS, ANNA, BORIS])
  await t.portal.store.write(
    async (tx) =>
      void (await tx.db.updateTable('session').set({ state: 'closed' }).where('operatorId', '=', BORIS).execute()),
  )
  expect(await chooseOperators(t.portal.store.read, line)).toEqual({ operatorId: BORIS, memberIds: [BORIS] })
})

test('strictly: the first of the queue', async () => {
  await using t = await testPortal()
  expect(await operatorsOf(t, await lineOf(t, { queueType: 'strictly' }, [LEAVER, ANNA, BORIS]), 3)).toEqual([
    ANNA,
    ANNA,
    ANNA,
  ])
})

test('all: everybody sees it, whoever answers first takes it', async () => {
  await using t = await testPortal()
  const line = await lineOf(t, { queueType: 'all' }, [ANNA, BORIS])
  expect(await chooseOperators(t.portal.store.read, line)).toEqual({ operatorId: 0, memberIds: [ANNA, BORIS] })
  await operatorsOf(t, line, 1)
  const { db } = t.portal.store.read
  const { chatId } = await db.selectFrom('session').select('chatId').executeTakeFirstOrThrow()
  await t.call('im.message.add', { DIALOG_ID: `chat${chatId}`, MESSAGE: 'Hello' }, t.as(BORIS))
  expect(await db.selectFrom('session').select(['operatorId', 'state']).execute()).toEqual([
    { operatorId: BORIS, state: 'answered' },
  ])
  expect(await db.selectFrom('chat').select('ownerId').execute()).toEqual([{ ownerId: BORIS }])
})

test('nobody in the queue: the session is new and waits for anybody', async () => {
  await using t = await testPortal()
  const line = await lineOf(t, {}, [LEAVER])
  expect(await operatorsOf(t, line, 1)).toEqual([0])
  expect(await t.portal.store.read.db.selectFrom('session').select('state').execute()).toEqual([{ state: 'new' }])
})

test('whoever is responsible in the CRM comes first, unless the line says otherwise or he has left', async () => {
  await using t = await testPortal()
  const { read } = t.portal.store
  const line = await lineOf(t, {}, [ANNA])
  expect(await chooseOperators(read, line, BORIS)).toEqual({ operatorId: BORIS, memberIds: [BORIS] })
  expect(await chooseOperators(read, line, LEAVER)).toEqual({ operatorId: ANNA, memberIds: [ANNA] })
  const plain = await lineOf(t, { crmForward: false }, [ANNA])
  expect(await chooseOperators(read, plain, BORIS)).toEqual({ operatorId: ANNA, memberIds: [ANNA] })
})
