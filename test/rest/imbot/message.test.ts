import { expect, test } from 'vitest'
import { createChat } from '../../../src/domain/chats/chats.ts'
import { addMember } from '../../../src/domain/chats/members.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { ADMIN, ANNA, BORIS, type TestPortal, testPortal } from '../../support/portal.ts'

const CLIENT_ID = 'my-key'

async function withBot(t: TestPortal): Promise<{ BOT_ID: number; CLIENT_ID: string }> {
  const BOT_ID = await t.result<number>('imbot.register', {
    CODE: 'helper',
    CLIENT_ID,
    EVENT_HANDLER: 'https://bots.example.com/',
    PROPERTIES: { NAME: 'Helper' },
  })
  return { BOT_ID, CLIENT_ID }
}

const last = async (t: TestPortal, dialog: number | string, userId = ANNA): Promise<object | undefined> => {
  const params = { DIALOG_ID: dialog, LIMIT: 1 }
  return (await t.result<{ messages: object[] }>('im.dialog.messages.get', params, t.as(userId))).messages[0]
}

test('a bot writes in private; the first bot of the caller stands in for one not named', async () => {
  await using t = await testPortal()
  const bot = await withBot(t)
  const id = await t.result<number>('imbot.message.add', {
    ...bot,
    DIALOG_ID: ANNA,
    MESSAGE: ' \nHello ',
    KEYBOARD: [{ TEXT: 'Go', COMMAND: 'go' }],
  })
  expect(await last(t, bot.BOT_ID)).toMatchObject({
    id,
    text: 'Hello',
    author_id: bot.BOT_ID,
    params: { KEYBOARD: [{ BOT_ID: bot.BOT_ID, TEXT: 'Go' }] },
  })
  await t.call('imbot.message.add', { CLIENT_ID, DIALOG_ID: ANNA, MESSAGE: 'Again' })
  expect(await last(t, bot.BOT_ID)).toMatchObject({ text: 'Again', author_id: bot.BOT_ID })
})

test('a notice is put between two people', async () => {
  await using t = await testPortal()
  const bot = await withBot(t)
  await t.call('imbot.message.add', { ...bot, FROM_USER_ID: ANNA, TO_USER_ID: BORIS, MESSAGE: 'Notice' })
  expect(await last(t, BORIS)).toMatchObject({ text: 'Notice', author_id: 0, uuid: null })
  expect(
    await t.error('imbot.message.add', { ...bot, FROM_USER_ID: ANNA, TO_USER_ID: 999, MESSAGE: 'x' }),
  ).toMatchObject({ code: 'WRONG_REQUEST' })
  expect(
    await t.error('imbot.message.add', { ...bot, FROM_USER_ID: 999, TO_USER_ID: ANNA, MESSAGE: 'x' }),
  ).toMatchObject({ code: 'WRONG_REQUEST' })
})

test('a bot speaks in an open channel chat in which it takes part, and may keep it from the messenger', async () => {
  await using t = await testPortal()
  const bot = await withBot(t)
  const now = t.clock.now()
  const chat = await t.portal.store.write(async (tx) => {
    const id = await createChat(tx, { kind: 'lines', title: 'Line', code: 'livechat|1|2|3', now })
    for (const userId of [ANNA, bot.BOT_ID]) await addMember(tx, { chatId: id, userId, now })
    return id
  })
  await t.call('imbot.message.add', { ...bot, DIALOG_ID: `chat${chat}`, MESSAGE: 'Hidden', SKIP_CONNECTOR: 'Y' })
  expect(await last(t, `chat${chat}`)).toMatchObject({ text: 'Hidden', author_id: bot.BOT_ID })
  const events = await t.portal.store.read.db
    .selectFrom('outbox')
    .selectAll()
    .where('type', '=', 'message.added')
    .execute()
  expect(events).toMatchObject([{ payload: { chatId: chat, authorId: bot.BOT_ID, skipConnector: true } }])
})

test.each<[string, JsonObject, string]>([
  ['no dialog', { MESSAGE: 'x' }, 'DIALOG_ID_EMPTY'],
  ['a dialog of no form', { DIALOG_ID: 'x', MESSAGE: 'x' }, 'DIALOG_ID_EMPTY'],
  ['a list as dialog', { DIALOG_ID: [], MESSAGE: 'x' }, 'DIALOG_ID_EMPTY'],
  ['no text', { DIALOG_ID: ANNA }, 'MESSAGE_EMPTY'],
  ['a list as text', { DIALOG_ID: ANNA, MESSAGE: [] }, 'WRONG_REQUEST'],
  ['a person who is not', { DIALOG_ID: 999, MESSAGE: 'x' }, 'WRONG_REQUEST'],
  ['a chat that is not', { DIALOG_ID: 'chat999', MESSAGE: 'x' }, 'WRONG_REQUEST'],
  ['an unknown bot', { BOT_ID: 999, DIALOG_ID: ANNA, MESSAGE: 'x' }, 'BOT_ID_ERROR'],
  ['a person as bot', { BOT_ID: ANNA, DIALOG_ID: ANNA, MESSAGE: 'x' }, 'BOT_ID_ERROR'],
  ['a word as bot', { BOT_ID: 'x', DIALOG_ID: ANNA, MESSAGE: 'x' }, 'BOT_ID_ERROR'],
  ['another key', { CLIENT_ID: 'another', DIALOG_ID: ANNA, MESSAGE: 'x' }, 'APP_ID_ERROR'],
  ['no key', { CLIENT_ID: '', DIALOG_ID: ANNA, MESSAGE: 'x' }, 'APP_ID_ERROR'],
  ['a wrong keyboard', { DIALOG_ID: ANNA, MESSAGE: 'x', KEYBOARD: '{' }, 'KEYBOARD_ERROR'],
  ['a wrong attachment', { DIALOG_ID: ANNA, MESSAGE: 'x', ATTACH: '{' }, 'ATTACH_ERROR'],
  ['a wrong menu', { DIALOG_ID: ANNA, MESSAGE: 'x', MENU: '{' }, 'MENU_ERROR'],
])('says nothing with %s', async (_, params, code) => {
  await using t = await testPortal()
  const bot = await withBot(t)
  expect(await t.error('imbot.message.add', { ...bot, ...params })).toMatchObject({ code, status: 400 })
})

test('a bot takes no part in chats it was not let into', async () => {
  await using t = await testPortal()
  const bot = await withBot(t)
  const chat = await t.result<number>('im.chat.add', { USERS: [ANNA] })
  expect(await t.error('imbot.message.add', { ...bot, DIALOG_ID: `chat${chat}`, MESSAGE: 'x' })).toMatchObject({
    code: 'WRONG_REQUEST',
    message: "Message isn't added",
  })
})

test('a bot changes and deletes what it said, nothing else', async () => {
  await using t = await testPortal()
  const bot = await withBot(t)
  const MESSAGE_ID = await t.result<number>('imbot.message.add', { ...bot, DIALOG_ID: ANNA, MESSAGE: 'One' })
  const foreign = await t.result<number>('im.message.add', { DIALOG_ID: bot.BOT_ID, MESSAGE: 'Mine' }, t.as(ANNA))
  expect(await t.result('imbot.message.update', { ...bot, MESSAGE_ID, MESSAGE: 'Two' })).toBe(true)
  expect(await t.error('imbot.message.update', { ...bot, MESSAGE_ID: foreign, MESSAGE: 'x' })).toMatchObject({
    code: 'CANT_EDIT_MESSAGE',
  })
  expect(await t.error('imbot.message.delete', { ...bot, MESSAGE_ID: foreign })).toMatchObject({
    code: 'CANT_EDIT_MESSAGE',
  })
  expect(await t.error('im.message.update', { MESSAGE_ID, MESSAGE: 'x' }, t.as(ANNA))).toMatchObject({
    code: 'CANT_EDIT_MESSAGE',
  })
  for (const method of ['imbot.message.update', 'imbot.message.delete', 'imbot.message.like']) {
    expect(await t.error(method, { ...bot, CLIENT_ID: 'another', MESSAGE_ID })).toMatchObject({ code: 'APP_ID_ERROR' })
    expect(await t.error(method, bot)).toMatchObject({ code: 'MESSAGE_ID_ERROR' })
    expect(await t.error(method, { ...bot, MESSAGE_ID: [] })).toMatchObject({ code: 'MESSAGE_ID_ERROR' })
  }
  expect(await t.result('imbot.message.like', { ...bot, MESSAGE_ID: foreign })).toBe(true)
  expect(await last(t, bot.BOT_ID)).toMatchObject({ params: { LIKE: [bot.BOT_ID] } })
  expect(await t.result('imbot.message.update', { ...bot, MESSAGE_ID, MESSAGE: '' })).toBe(true)
  expect(await t.error('imbot.message.delete', { ...bot, MESSAGE_ID })).toMatchObject({ code: 'CANT_EDIT_MESSAGE' })
})

test('a complete deletion leaves no mark', async () => {
  await using t = await testPortal()
  const bot = await withBot(t)
  const first = await t.result<number>('imbot.message.add', { ...bot, DIALOG_ID: ANNA, MESSAGE: 'One' })
  const second = await t.result<number>('imbot.message.add', { ...bot, DIALOG_ID: ANNA, MESSAGE: 'Two' })
  expect(await t.result('imbot.message.delete', { ...bot, MESSAGE_ID: second, COMPLETE: 'Y' })).toBe(true)
  expect(await last(t, bot.BOT_ID)).toMatchObject({ id: first })
  const chat = await t.portal.store.read.db.selectFrom('chat').selectAll().executeTakeFirstOrThrow()
  expect(chat).toMatchObject({ messageCount: 1, lastMessageId: first })
})

test('commands are registered, changed, answered and ended', async () => {
  await using t = await testPortal()
  const bot = await withBot(t)
  const LANG = [{ LANGUAGE_ID: 'en', TITLE: 'Echo', PARAMS: 'text' }]
  const echo = { ...bot, COMMAND: '/Echo', EVENT_COMMAND_ADD: 'https://bots.example.com/', LANG }
  const COMMAND_ID = await t.result<number>('imbot.command.register', { ...echo, COMMON: 'Y' })
  expect(await t.result('imbot.command.register', echo)).toBe(COMMAND_ID)
  expect(await t.error('imbot.command.register', { ...echo, LANG: [] })).toMatchObject({ code: 'LANG_ERROR' })
  expect(await t.error('imbot.command.register', { ...echo, COMMAND: '/' })).toMatchObject({ code: 'COMMAND_ERROR' })
  expect(await t.error('imbot.command.register', { ...echo, EVENT_COMMAND_ADD: 'x' })).toMatchObject({
    code: 'EVENT_COMMAND_ADD_ERROR',
  })
  expect(await t.error('imbot.command.register', { ...echo, CLIENT_ID: 'another' })).toMatchObject({
    code: 'APP_ID_ERROR',
  })
  const own = { COMMAND_ID, CLIENT_ID }
  expect(await t.error('imbot.command.update', { ...own, FIELDS: {} })).toMatchObject({
    code: 'WRONG_REQUEST',
    message: "Update fields can't be empty",
  })
  expect(await t.error('imbot.command.update', { COMMAND_ID, FIELDS: { COMMAND: 'x' } })).toMatchObject({
    code: 'APP_ID_ERROR',
  })
  expect(await t.result('imbot.command.update', { ...own, FIELDS: { COMMAND: 'say', HIDDEN: 'Y' } })).toBe(true)
  const said = await t.result<number>('im.message.add', { DIALOG_ID: BORIS, MESSAGE: '/say hello' }, t.as(ANNA))
  const plain = await t.result<number>('im.message.add', { DIALOG_ID: BORIS, MESSAGE: 'hello' }, t.as(ANNA))
  expect(await t.error('imbot.command.answer', { ...own, MESSAGE_ID: plain, MESSAGE: 'x' })).toMatchObject({
    code: 'WRONG_REQUEST',
  })
  await t.call('imbot.command.answer', { COMMAND: 'say', CLIENT_ID, MESSAGE_ID: said, MESSAGE: 'hello!' })
  expect(await last(t, BORIS)).toMatchObject({ text: 'hello!', author_id: bot.BOT_ID })
  expect(await t.error('imbot.command.answer', { ...own, MESSAGE: 'x' })).toMatchObject({ code: 'MESSAGE_ID_EMPTY' })
  expect(await t.error('imbot.command.answer', { ...own, MESSAGE_ID: said })).toMatchObject({ code: 'MESSAGE_EMPTY' })
  expect(await t.result('imbot.command.unregister', own)).toBe(true)
  expect(await t.error('imbot.command.unregister', own)).toMatchObject({ code: 'COMMAND_ID_ERROR' })
})

test('a bot has chats of its own', async () => {
  await using t = await testPortal()
  const bot = await withBot(t)
  const CHAT_ID = await t.result<number>('imbot.chat.add', {
    ...bot,
    TITLE: 'Room',
    USERS: [ANNA],
    ENTITY_TYPE: 'CHAT',
    ENTITY_ID: '13',
  })
  expect(await t.result('imbot.chat.user.list', { ...bot, CHAT_ID })).toEqual([ANNA, bot.BOT_ID])
  expect(await t.result('imbot.chat.get', { ENTITY_TYPE: 'CHAT', ENTITY_ID: '13' })).toEqual({ ID: CHAT_ID })
  expect(await t.error('imbot.chat.get', { ENTITY_TYPE: 'CHAT', ENTITY_ID: '13' }, t.as(BORIS))).toMatchObject({
    code: 'ACCESS_ERROR',
  })
  expect(await t.result('imbot.dialog.get', { DIALOG_ID: `chat${CHAT_ID}` })).toMatchObject({
    id: CHAT_ID,
    owner: bot.BOT_ID,
  })
  expect(await t.error('imbot.dialog.get', { DIALOG_ID: `chat${CHAT_ID}` }, t.as(BORIS))).toMatchObject({
    code: 'ACCESS_ERROR',
  })
  expect(await t.result('imbot.chat.user.add', { ...bot, CHAT_ID, USERS: [BORIS] })).toBe(true)
  expect(await t.error('imbot.chat.user.add', { ...bot, CHAT_ID, USERS: [BORIS] })).toMatchObject({
    code: 'WRONG_REQUEST',
  })
  expect(await t.result('imbot.chat.user.delete', { ...bot, CHAT_ID, USER_ID: BORIS })).toBe(true)
  expect(await t.error('imbot.chat.user.delete', { ...bot, CHAT_ID, USER_ID: BORIS })).toMatchObject({
    code: 'WRONG_REQUEST',
  })
  expect(await t.error('imbot.chat.leave', { ...bot, CHAT_ID })).toEqual({
    code: 'ACCESS_ERROR',
    status: 400,
    message: 'LEAVE_OWNER_FORBIDDEN',
  })
  expect(await t.result('imbot.chat.sendTyping', { ...bot, DIALOG_ID: `chat${CHAT_ID}` })).toBe(true)
  expect(await t.result('imbot.chat.updateTitle', { ...bot, CHAT_ID, TITLE: 'Hall' })).toBe(true)
  expect(await t.result('imbot.chat.updateColor', { ...bot, CHAT_ID, COLOR: 'RED' })).toBe(true)
  expect(await t.result('imbot.chat.setManager', { ...bot, CHAT_ID, USER_ID: ANNA })).toBe(true)
  expect(await t.result('imbot.chat.setOwner', { ...bot, CHAT_ID, USER_ID: ANNA })).toBe(true)
  expect(await t.error('imbot.chat.setManager', { ...bot, CHAT_ID, USER_ID: ANNA })).toMatchObject({
    code: 'WRONG_REQUEST',
  })
  expect(await t.result('imbot.chat.leave', { ...bot, CHAT_ID })).toBe(true)
  expect(await t.error('imbot.chat.leave', { ...bot, CHAT_ID })).toMatchObject({ code: 'WRONG_REQUEST' })
  expect(await t.error('imbot.chat.user.list', { ...bot, CHAT_ID }, t.as(ADMIN))).toMatchObject({
    code: 'ACCESS_ERROR',
  })
})
