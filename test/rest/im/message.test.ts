import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { ADMIN, ANNA, BORIS, LEAVER, type TestPortal, testPortal } from '../../support/portal.ts'

interface Shown {
  chat_id: number
  messages: {
    id: number
    author_id: number
    text: string
    unread: boolean
    uuid: string | null
    params: JsonObject | []
  }[]
  users: { id: number }[]
}

const history = (t: TestPortal, dialog: string | number, userId: number, more: JsonObject = {}): Promise<Shown> =>
  t.result<Shown>('im.dialog.messages.get', { DIALOG_ID: dialog, ...more }, t.as(userId))

const send = (t: TestPortal, from: number, params: JsonObject): Promise<number> =>
  t.result<number>('im.message.add', params, t.as(from))

test('a private chat is made at the first message, once for both, and keeps the text byte for byte', async () => {
  await using t = await testPortal()
  const text = '  [b]Hello[/b]\r\n😀 '
  const first = await send(t, ADMIN, { DIALOG_ID: ANNA, MESSAGE: text })
  const second = await send(t, ANNA, { DIALOG_ID: String(ADMIN), MESSAGE: 'Hi' })
  const shown = await history(t, ADMIN, ANNA)
  expect(shown.messages.map((message) => message.id)).toEqual([second, first])
  expect(shown.messages[1]).toMatchObject({ author_id: ADMIN, text, unread: true, params: [] })
  expect(shown.messages[0]).toMatchObject({ author_id: ANNA, unread: false })
  expect(shown.users.map((user) => user.id).toSorted((a, b) => a - b)).toEqual([ADMIN, ANNA])
  expect((await history(t, ANNA, ADMIN)).chat_id).toBe(shown.chat_id)
  const chats = await t.portal.store.read.db
    .selectFrom('chat')
    .select(['kind', 'code', 'messageCount', 'lastMessageId'])
    .execute()
  expect(chats).toEqual([{ kind: 'private', code: `${ADMIN}:${ANNA}`, messageCount: 2, lastMessageId: second }])
  const outbox = await t.portal.store.read.db.selectFrom('outbox').select('type').execute()
  expect(outbox.map((event) => event.type)).toEqual([
    'chat.added',
    'chat.member-added',
    'chat.member-added',
    'message.added',
    'message.added',
  ])
})

test('nobody else reads or writes a private chat, an administrator neither', async () => {
  await using t = await testPortal()
  const id = await send(t, ANNA, { DIALOG_ID: BORIS, MESSAGE: 'Between us' })
  const { chat_id: chat } = await history(t, BORIS, ANNA)
  const dialog = { DIALOG_ID: `chat${chat}` }
  expect(await t.error('im.message.add', { ...dialog, MESSAGE: 'x' })).toEqual({
    code: 'ACCESS_ERROR',
    status: 400,
    message: 'Action unavailable',
  })
  expect(await t.error('im.dialog.messages.get', dialog)).toEqual({
    code: 'ACCESS_ERROR',
    status: 403,
    message: 'You do not have access to the specified dialog',
  })
  expect(await t.error('im.dialog.get', dialog)).toMatchObject({ code: 'ACCESS_ERROR', status: 403 })
  expect(await t.error('im.message.update', { MESSAGE_ID: id, MESSAGE: 'x' })).toMatchObject({
    code: 'CANT_EDIT_MESSAGE',
  })
  expect(await t.error('im.message.delete', { MESSAGE_ID: id })).toMatchObject({ code: 'CANT_EDIT_MESSAGE' })
  expect(await t.error('im.message.like', { MESSAGE_ID: id })).toMatchObject({ code: 'MESSAGE_ID_ERROR' })
  expect(await t.result('im.dialog.read', dialog)).toBe(false)
})

test.each<[string, JsonObject, string]>([
  ['no dialog', { MESSAGE: 'x' }, 'USER_ID_EMPTY'],
  ['a dialog of no form', { DIALOG_ID: 'chatter', MESSAGE: 'x' }, 'USER_ID_EMPTY'],
  ['a negative dialog', { DIALOG_ID: -5, MESSAGE: 'x' }, 'USER_ID_EMPTY'],
  ['a list as dialog', { DIALOG_ID: [1], MESSAGE: 'x' }, 'USER_ID_EMPTY'],
  ['a person who is not', { DIALOG_ID: 999, MESSAGE: 'x' }, 'USER_NOT_FOUND'],
  ['a person beyond numbers', { DIALOG_ID: '999999999999999', MESSAGE: 'x' }, 'USER_NOT_FOUND'],
  ['somebody who has left', { DIALOG_ID: LEAVER, MESSAGE: 'x' }, 'ACCESS_ERROR'],
  ['a chat that is not', { DIALOG_ID: 'chat999', MESSAGE: 'x' }, 'CHAT_ID'],
  ['a workgroup', { DIALOG_ID: 'sg5', MESSAGE: 'x' }, 'CHAT_ID'],
  ['no text', { DIALOG_ID: ANNA }, 'MESSAGE_EMPTY'],
  ['blank text', { DIALOG_ID: ANNA, MESSAGE: ' \n ' }, 'MESSAGE_EMPTY'],
  ['a list as text', { DIALOG_ID: ANNA, MESSAGE: ['x'] }, 'PARAMS_ERROR'],
  ['text with NUL', { DIALOG_ID: ANNA, MESSAGE: 'a\0b' }, 'PARAMS_ERROR'],
  ['too long a text', { DIALOG_ID: ANNA, MESSAGE: 'x'.repeat(20_001) }, 'PARAMS_ERROR'],
  ['a reply to nothing', { DIALOG_ID: ANNA, MESSAGE: 'x', REPLY_ID: 999 }, 'REPLY_ACCESS_ERROR'],
  ['a keyboard of no form', { DIALOG_ID: ANNA, MESSAGE: 'x', KEYBOARD: 'no json' }, 'KEYBOARD_ERROR'],
  [
    'a keyboard that does nothing',
    { DIALOG_ID: ANNA, MESSAGE: 'x', KEYBOARD: [{ TEXT: 'Only text' }] },
    'KEYBOARD_ERROR',
  ],
  [
    'a keyboard with a script',
    { DIALOG_ID: ANNA, MESSAGE: 'x', KEYBOARD: [{ TEXT: 'x', LINK: 'javascript:alert(1)' }] },
    'KEYBOARD_ERROR',
  ],
  ['buttons of no form', { DIALOG_ID: ANNA, MESSAGE: 'x', KEYBOARD: { BUTTONS: 5 } }, 'KEYBOARD_ERROR'],
  [
    'too many buttons',
    { DIALOG_ID: ANNA, MESSAGE: 'x', KEYBOARD: [{ TEXT: 'x'.repeat(60_000), COMMAND: 'go' }] },
    'KEYBOARD_OVERSIZE',
  ],
  ['an attachment of no form', { DIALOG_ID: ANNA, MESSAGE: 'x', ATTACH: [1] }, 'ATTACH_ERROR'],
  ['blocks nobody knows', { DIALOG_ID: ANNA, MESSAGE: 'x', ATTACH: [{ VIDEO: {} }] }, 'ATTACH_ERROR'],
  [
    'too big an attachment',
    { DIALOG_ID: ANNA, MESSAGE: 'x', ATTACH: [{ MESSAGE: 'x'.repeat(60_000) }] },
    'ATTACH_OVERSIZE',
  ],
  ['a menu of no form', { DIALOG_ID: ANNA, MESSAGE: 'x', MENU: { ITEMS: ['x'] } }, 'MENU_ERROR'],
  [
    'too long a menu',
    { DIALOG_ID: ANNA, MESSAGE: 'x', MENU: [{ TEXT: 'x'.repeat(60_000), COMMAND: 'go' }] },
    'MENU_OVERSIZE',
  ],
])('refuses %s', async (_, params, code) => {
  await using t = await testPortal()
  expect(await t.error('im.message.add', params)).toMatchObject({ code, status: 400 })
})

test('keeps keyboard, attachment and menu in the form in which they are shown', async () => {
  await using t = await testPortal()
  await send(t, ADMIN, {
    DIALOG_ID: ANNA,
    MESSAGE: 'Choose',
    KEYBOARD: JSON.stringify({
      BOT_ID: 7,
      BUTTONS: [{ TEXT: 'Go', COMMAND: 'go', COMMAND_PARAMS: '1' }, { TYPE: 'NEWLINE' }, { TEXT: 'dead' }],
    }),
    ATTACH: {
      ID: 3,
      COLOR_TOKEN: 'alert',
      BLOCKS: { 0: { MESSAGE: 'Hi' }, 2: { LINK: { NAME: 'Site', LINK: 'https://example.com' } } },
    },
    MENU: [{ TEXT: 'Open', LINK: '/crm/', CONTEXT: 'MOBILE' }],
    URL_PREVIEW: 'N',
  })
  const { messages } = await history(t, ANNA, ADMIN)
  expect(messages[0]!.params).toEqual({
    KEYBOARD: [
      {
        BOT_ID: 7,
        TYPE: 'BUTTON',
        TEXT: 'Go',
        COMMAND: 'go',
        COMMAND_PARAMS: '1',
        BLOCK: 'N',
        DISABLED: 'N',
        CONTEXT: 'ALL',
        DISPLAY: 'BLOCK',
        BG_COLOR_TOKEN: 'base',
      },
      { TYPE: 'NEWLINE' },
    ],
    ATTACH: [
      {
        ID: 3,
        COLOR_TOKEN: 'alert',
        BLOCKS: [{ MESSAGE: 'Hi' }, { LINK: [{ NAME: 'Site', LINK: 'https://example.com' }] }],
      },
    ],
    MENU: [{ TEXT: 'Open', LINK: '/crm/', CONTEXT: 'MOBILE', DISABLED: 'N' }],
    URL_PREVIEW: 'N',
  })
})

test('an attachment alone is a message; a notice has no author', async () => {
  await using t = await testPortal()
  await send(t, ADMIN, { DIALOG_ID: ANNA, ATTACH: [{ MESSAGE: 'Only this' }] })
  await send(t, ADMIN, { DIALOG_ID: ANNA, MESSAGE: 'Notice', SYSTEM: 'Y' })
  const { messages } = await history(t, ANNA, ADMIN)
  expect(messages[1]).toMatchObject({ text: '', author_id: ADMIN })
  expect(messages[0]).toMatchObject({ text: 'Notice', author_id: 0, uuid: null })
})

test('a reply stays within its chat', async () => {
  await using t = await testPortal()
  const here = await send(t, ADMIN, { DIALOG_ID: ANNA, MESSAGE: 'Here' })
  const elsewhere = await send(t, ADMIN, { DIALOG_ID: BORIS, MESSAGE: 'There' })
  const foreign = await send(t, ANNA, { DIALOG_ID: BORIS, MESSAGE: 'Foreign' })
  const reply = { DIALOG_ID: ANNA, MESSAGE: 'Re' }
  expect(await t.error('im.message.add', { ...reply, REPLY_ID: elsewhere })).toMatchObject({
    code: 'REPLY_FROM_OTHER_CHAT_ERROR',
  })
  expect(await t.error('im.message.add', { ...reply, REPLY_ID: foreign })).toMatchObject({ code: 'REPLY_ACCESS_ERROR' })
  await send(t, ADMIN, { ...reply, REPLY_ID: here })
  expect((await history(t, ANNA, ADMIN)).messages[0]!.params).toEqual({ REPLY_ID: here })
})

test('its author changes a message within three days', async () => {
  await using t = await testPortal()
  const id = await send(t, ADMIN, { DIALOG_ID: ANNA, MESSAGE: 'One', KEYBOARD: [{ TEXT: 'x', COMMAND: 'x' }] })
  const last = async () => (await history(t, ANNA, ADMIN)).messages[0]
  expect(await t.error('im.message.update', { MESSAGE_ID: id, MESSAGE: 'x' }, t.as(ANNA))).toMatchObject({
    code: 'CANT_EDIT_MESSAGE',
    status: 400,
  })
  expect(await t.result('im.message.update', { MESSAGE_ID: id, KEYBOARD: 'N', IS_EDITED: 'N' })).toBe(true)
  expect(await last()).toMatchObject({ text: 'One', params: [] })
  await t.result('im.message.update', { MESSAGE_ID: id, MESSAGE: 'Two', IS_EDITED: 'N' })
  expect(await last()).toMatchObject({ text: 'Two', params: { IS_EDITED: 'Y' } })
  expect(await t.error('im.message.update', { MESSAGE_ID: id, MENU: 'no json' })).toMatchObject({ code: 'menu_ERROR' })
  for (const bad of [undefined, null, '', 0, -1, 'x', [], 1e20]) {
    expect(await t.error('im.message.update', bad === undefined ? {} : { MESSAGE_ID: bad })).toMatchObject({
      code: 'MESSAGE_ID_ERROR',
      status: 400,
    })
  }
  t.clock.advance(3 * 24 * 3600_000 + 1)
  expect(await t.error('im.message.update', { MESSAGE_ID: id, MESSAGE: 'Three' })).toMatchObject({
    code: 'CANT_EDIT_MESSAGE',
  })
  expect(await t.error('im.message.delete', { MESSAGE_ID: id })).toMatchObject({ code: 'CANT_EDIT_MESSAGE' })
})

test.each(['im.message.delete', 'im.message.update'])('%s leaves a mark and none of the text', async (method) => {
  await using t = await testPortal()
  const id = await send(t, ADMIN, { DIALOG_ID: ANNA, MESSAGE: 'Secret', KEYBOARD: [{ TEXT: 'x', COMMAND: 'x' }] })
  expect(await t.result(method, { MESSAGE_ID: id, MESSAGE: '' })).toBe(true)
  expect((await history(t, ANNA, ADMIN)).messages[0]).toMatchObject({ id, text: '', params: { IS_DELETED: 'Y' } })
  const row = await t.portal.store.read.db
    .selectFrom('message')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  expect(row).toMatchObject({ text: '', params: {}, isDeleted: true })
  expect(await t.error('im.message.delete', { MESSAGE_ID: id })).toMatchObject({ code: 'CANT_EDIT_MESSAGE' })
  const types = await t.portal.store.read.db.selectFrom('outbox').select('type').execute()
  expect(types.at(-1)).toEqual({ type: 'message.deleted' })
})

test('reactions are put and taken away', async () => {
  await using t = await testPortal()
  const id = await send(t, ADMIN, { DIALOG_ID: ANNA, MESSAGE: 'Like me' })
  const like = (ACTION?: string) =>
    t.result('im.message.like', { MESSAGE_ID: id, ...(ACTION ? { ACTION } : {}) }, t.as(ANNA))
  expect(await like('plus')).toBe(true)
  const shown = await history(t, ANNA, ADMIN)
  expect(shown.messages[0]!.params).toEqual({ LIKE: [ANNA] })
  expect(shown.users.map((user) => user.id).toSorted((a, b) => a - b)).toEqual([ADMIN, ANNA])
  expect(await t.error('im.message.like', { MESSAGE_ID: id, ACTION: 'plus' }, t.as(ANNA))).toMatchObject({
    code: 'WITHOUT_CHANGES',
    status: 400,
  })
  await like()
  expect((await history(t, ANNA, ADMIN)).messages[0]!.params).toEqual([])
})
