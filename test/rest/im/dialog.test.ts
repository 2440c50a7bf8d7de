import { expect, test } from 'vitest'
import { addMember } from '../../../src/domain/chats/members.ts'
import { createChat } from '../../../src/domain/chats/chats.ts'
import { ADMIN, ANNA, BORIS, type TestPortal, testPortal } from '../../support/portal.ts'

async function talk(t: TestPortal, count: number): Promise<number[]> {
  const ids: number[] = []
  for (let i = 1; i <= count; i++)
    ids.push(await t.result<number>('im.message.add', { DIALOG_ID: ANNA, MESSAGE: `Message ${i}` }))
  return ids
}

const ids = async (t: TestPortal, params: Record<string, number | string>): Promise<number[]> => {
  const shown = await t.result<{ messages: { id: number }[] }>('im.dialog.messages.get', { DIALOG_ID: ANNA, ...params })
  return shown.messages.map((message) => message.id)
}

test('messages are walked backwards and forwards', async () => {
  await using t = await testPortal()
  const all = await talk(t, 55)
  const newest = all.toReversed()
  expect(await ids(t, {})).toEqual(newest.slice(0, 20))
  expect(await ids(t, { LIMIT: 500 })).toEqual(newest.slice(0, 50))
  expect(await ids(t, { LIMIT: 0 })).toHaveLength(20)
  expect(await ids(t, { LAST_ID: 0, LIMIT: 3 })).toEqual(newest.slice(0, 3))
  expect(await ids(t, { LAST_ID: newest[2]!, LIMIT: 3 })).toEqual(newest.slice(3, 6))
  expect(await ids(t, { FIRST_ID: 0, LIMIT: 3 })).toEqual(all.slice(0, 3))
  expect(await ids(t, { FIRST_ID: all[2]!, LIMIT: 3 })).toEqual(all.slice(3, 6))
  expect(await ids(t, { FIRST_ID: newest[0]! })).toEqual([])
  expect(await ids(t, { LAST_ID: 10_000_000 })).toEqual([])
  expect(await ids(t, { FIRST_ID: 10_000_000 })).toEqual([])
})

test('somebody to whom nothing was written yet has an empty dialog', async () => {
  await using t = await testPortal()
  expect(await t.result('im.dialog.messages.get', { DIALOG_ID: BORIS })).toEqual({
    chat_id: 0,
    messages: [],
    users: [],
    files: [],
  })
})

test.each(['im.dialog.messages.get', 'im.dialog.get', 'im.dialog.read', 'im.dialog.users.list', 'im.dialog.writing'])(
  '%s wants a dialog',
  async (method) => {
    await using t = await testPortal()
    for (const bad of [undefined, null, '', 'x', 'chat', 'chat0', '0', -1, [], {}, '1 or 1', '99999999999999999999']) {
      const params = bad === undefined ? {} : { DIALOG_ID: bad }
      expect(await t.error(method, params)).toEqual({
        code: 'DIALOG_ID_EMPTY',
        status: 400,
        message: "Dialog ID can't be empty",
      })
    }
  },
)

test('bounds must be numbers', async () => {
  await using t = await testPortal()
  await talk(t, 1)
  expect(await t.error('im.dialog.messages.get', { DIALOG_ID: ANNA, FIRST_ID: 'x' })).toMatchObject({
    code: 'FIRST_ID_STRING',
    status: 400,
  })
  expect(await t.error('im.dialog.messages.get', { DIALOG_ID: ANNA, LAST_ID: [] })).toMatchObject({
    code: 'LAST_ID_STRING',
    status: 400,
  })
  expect(await t.error('im.dialog.messages.get', { DIALOG_ID: 999 })).toMatchObject({
    code: 'ACCESS_ERROR',
    status: 403,
  })
})

test('reading moves the mark forward only, and counters follow', async () => {
  await using t = await testPortal()
  const [one, two, three] = await talk(t, 3)
  const anna = t.as(ANNA)
  const counters = async () => (await t.result<{ TYPE: object; DIALOG: object }>('im.counters.get', {}, anna)).DIALOG
  expect(await counters()).toEqual({ [ADMIN]: 3 })
  const dialog = await t.result<{ chatId: number }>('im.dialog.read', { DIALOG_ID: ADMIN, MESSAGE_ID: two! }, anna)
  expect(dialog).toMatchObject({ dialogId: String(ADMIN), lastId: two, counter: 1 })
  expect(await t.result('im.dialog.read', { DIALOG_ID: ADMIN, MESSAGE_ID: one! }, anna)).toMatchObject({
    lastId: two,
    counter: 1,
  })
  expect(await counters()).toEqual({ [ADMIN]: 1 })
  expect(await t.result('im.dialog.get', { DIALOG_ID: ADMIN }, anna)).toMatchObject({
    id: dialog.chatId,
    counter: 1,
    last_id: two,
    unread_id: three,
    dialog_id: String(ADMIN),
  })
  expect(await t.result('im.dialog.read', { DIALOG_ID: `chat${dialog.chatId}` }, anna)).toMatchObject({
    lastId: three,
    counter: 0,
  })
  expect(await counters()).toEqual([])
  expect(await t.result('im.dialog.unread', { DIALOG_ID: ADMIN, MESSAGE_ID: two! }, anna)).toBe(true)
  expect(await counters()).toEqual({ [ADMIN]: 2 })
  expect(await t.result('im.dialog.read.all', {}, anna)).toBe(true)
  expect(await counters()).toEqual([])
  expect(await t.result('im.counters.get')).toMatchObject({ TYPE: { ALL: 0 }, DIALOG: [] })
})

test('counters tell open channels, group chats and muted ones apart', async () => {
  await using t = await testPortal()
  const now = t.portal.clock.now()
  const lines = await t.portal.store.write(async (tx) => {
    const chat = await createChat(tx, { kind: 'lines', title: 'Line', code: 'livechat|1|2|3', now })
    for (const userId of [ADMIN, ANNA]) await addMember(tx, { chatId: chat, userId, now })
    return chat
  })
  const group = await t.result<number>('im.chat.add', { TITLE: 'Group', USERS: [ANNA] })
  const muted = await t.result<number>('im.chat.add', { TITLE: 'Muted', USERS: [ANNA] })
  for (const chat of [lines, group, group, muted])
    await t.call('im.message.add', { DIALOG_ID: `chat${chat}`, MESSAGE: 'x' })
  await t.call('im.chat.mute', { CHAT_ID: muted }, t.as(ANNA))
  expect(await t.result('im.counters.get', {}, t.as(ANNA))).toEqual({
    TYPE: { ALL: 3, NOTIFY: 0, CHAT: 2, LINES: 1, DIALOG: 0, MESSENGER: 3 },
    CHAT: { [group]: 2 },
    CHAT_MUTED: { [muted]: 1 },
    CHAT_UNREAD: [],
    LINES: { [lines]: 1 },
    DIALOG: [],
    DIALOG_UNREAD: [],
  })
})

test('the people of a dialog come in pages', async () => {
  await using t = await testPortal()
  const chat = await t.result<number>('im.chat.add', { USERS: [ANNA, BORIS] })
  const first = await t.call('im.dialog.users.list', { DIALOG_ID: `chat${chat}`, LIMIT: 2 })
  expect(first).toMatchObject({ total: 3, next: 2, result: [{ id: ADMIN }, { id: ANNA }] })
  const rest = await t.call('im.dialog.users.list', { DIALOG_ID: `chat${chat}`, LIMIT: 2, OFFSET: 2 })
  expect(rest).toMatchObject({ total: 3, result: [{ id: BORIS, name: 'Boris Brown' }] })
  expect(rest.next).toBeUndefined()
})
