import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { ADMIN, ANNA, type TestPortal, testPortal } from '../../support/portal.ts'

export const CLIENT = 'my-key'

export const BOT: JsonObject = {
  CODE: 'helper',
  CLIENT_ID: CLIENT,
  EVENT_HANDLER: 'https://bots.example.com/handler',
  PROPERTIES: {
    NAME: 'Helper',
    LAST_NAME: 'Bot',
    COLOR: 'AQUA',
    WORK_POSITION: 'Answers',
    PERSONAL_BIRTHDAY: '2026-01-31',
  },
}

const app = (t: TestPortal, id: number) => t.as(ADMIN, { via: { kind: 'application', id, clientId: `local.${id}` } })

test('a bot is a user of its own kind', async () => {
  await using t = await testPortal()
  const id = await t.result<number>('imbot.register', { ...BOT, TYPE: 'O' })
  expect(await t.result('im.user.get', { ID: id })).toMatchObject({
    id,
    active: true,
    name: 'Helper Bot',
    work_position: 'Answers',
    color: '#1eb4aa',
    birthday: '31-01',
    bot: true,
    type: 'bot',
    external_auth_id: 'bot',
    bot_data: { code: 'helper', type: 'openline', is_support_openline: true },
  })
  expect(await t.result('imbot.bot.list')).toEqual({
    [id]: { ID: id, NAME: 'Helper Bot', CODE: 'helper', OPENLINE: 'Y' },
  })
  const bot = await t.portal.store.read.db.selectFrom('bot').selectAll().executeTakeFirstOrThrow()
  expect(bot.owner).toBe(`webhook:${ADMIN}/${CLIENT}`)
  expect(Object.keys(bot.handlers)).toEqual([
    'messageAdd',
    'messageUpdate',
    'messageDelete',
    'welcomeMessage',
    'botDelete',
  ])
  const types = await t.portal.store.read.db.selectFrom('outbox').select('type').execute()
  expect(types.at(-1)).toEqual({ type: 'bot.registered' })
})

test('without bots the list is empty', async () => {
  await using t = await testPortal()
  expect(await t.result('imbot.bot.list')).toEqual([])
})

test('a bot that hears only what is said to it is told of no changes', async () => {
  await using t = await testPortal()
  await t.call('imbot.register', BOT)
  const bot = await t.portal.store.read.db.selectFrom('bot').selectAll().executeTakeFirstOrThrow()
  expect(Object.keys(bot.handlers)).toEqual(['messageAdd', 'welcomeMessage', 'botDelete'])
})

test('a code names one bot of its owner', async () => {
  await using t = await testPortal()
  const first = await t.result<number>('imbot.register', BOT)
  expect(await t.result('imbot.register', BOT)).toBe(first)
  const others = [
    await t.result('imbot.register', { ...BOT, CLIENT_ID: 'another' }),
    await t.result('imbot.register', BOT, t.as(ANNA)),
    await t.result('imbot.register', BOT, app(t, 1)),
    await t.result('imbot.register', BOT, app(t, 2)),
  ]
  expect(new Set([first, ...others]).size).toBe(5)
})

test('an owner has at most five bots', async () => {
  await using t = await testPortal()
  for (let i = 1; i <= 5; i++) await t.call('imbot.register', { ...BOT, CODE: `bot${i}` })
  expect(await t.error('imbot.register', BOT)).toEqual({
    code: 'MAX_COUNT_ERROR',
    status: 400,
    message: 'Has reached the maximum number of bots for application (max: 5)',
  })
})

test.each<[string, JsonObject, string, string]>([
  ['no client id', { CLIENT_ID: '' }, 'ACCESS_DENIED', 'Access denied! Client ID not specified'],
  ['no code', { CODE: '' }, 'CODE_ERROR', "Bot code isn't specified"],
  ['a list as code', { CODE: [] }, 'CODE_ERROR', "Bot code isn't specified"],
  ['no handler', { EVENT_HANDLER: '' }, 'EVENT_MESSAGE_ADD_ERROR', 'Handler for "Message add" event isn\'t specified'],
  ['a wrong handler', { EVENT_HANDLER: 'ftp://x' }, 'EVENT_MESSAGE_ADD_ERROR', 'Wrong handler URL'],
  ['a script as handler', { EVENT_HANDLER: 'javascript:x' }, 'EVENT_MESSAGE_ADD_ERROR', 'Wrong handler URL'],
  [
    'no welcome handler',
    { EVENT_HANDLER: '', EVENT_MESSAGE_ADD: 'https://x.example' },
    'EVENT_WELCOME_MESSAGE_ERROR',
    'Handler for "Welcome message" event isn\'t specified',
  ],
  [
    'no delete handler',
    { EVENT_HANDLER: '', EVENT_MESSAGE_ADD: 'https://x.example', EVENT_WELCOME_MESSAGE: 'https://x.example' },
    'EVENT_BOT_DELETE_ERROR',
    'Handler for "Bot delete" event isn\'t specified',
  ],
  ['no properties', { PROPERTIES: null }, 'NAME_ERROR', "Bot name isn't specified"],
  ['no name', { PROPERTIES: { NAME: ' ' } }, 'NAME_ERROR', "Bot name isn't specified"],
  ['an empty profile of PHP', { PROPERTIES: [] }, 'NAME_ERROR', "Bot name isn't specified"],
  ['a list as profile', { PROPERTIES: ['x'] }, 'WRONG_REQUEST', "Bot can't be created"],
  ['a list as name', { PROPERTIES: { NAME: ['x'] } }, 'WRONG_REQUEST', "Bot can't be created"],
  ['an unknown type', { TYPE: 'X' }, 'WRONG_REQUEST', "Bot can't be created"],
  [
    'the e-mail of a person',
    { PROPERTIES: { NAME: 'x', EMAIL: 'anna@example.com' } },
    'WRONG_REQUEST',
    "Bot can't be created",
  ],
])('registers no bot with %s', async (_, change, code, message) => {
  await using t = await testPortal()
  expect(await t.error('imbot.register', { ...BOT, ...change })).toEqual({ code, status: 400, message })
})

test('its owner changes it', async () => {
  await using t = await testPortal()
  const id = await t.result<number>('imbot.register', BOT)
  const update = (FIELDS: JsonObject) => ({ BOT_ID: id, CLIENT_ID: CLIENT, FIELDS })
  expect(await t.result('imbot.update', update({ CODE: 'renamed', PROPERTIES: { NAME: 'New', GENDER: 'F' } }))).toBe(
    true,
  )
  expect(await t.result('imbot.bot.list')).toMatchObject({ [id]: { NAME: 'New Bot', CODE: 'renamed' } })
  expect(await t.result('im.user.get', { ID: id })).toMatchObject({ gender: 'F', birthday: '31-01' })
  expect(await t.error('imbot.update', update({}))).toEqual({
    code: 'WRONG_REQUEST',
    status: 400,
    message: "Update fields can't be empty",
  })
  expect(await t.error('imbot.update', { BOT_ID: id, CLIENT_ID: CLIENT })).toMatchObject({
    message: "Update fields can't be empty",
  })
  expect(await t.error('imbot.update', update({ PROPERTIES: { NAME: '', LAST_NAME: '' } }))).toMatchObject({
    code: 'NAME_ERROR',
  })
  expect(await t.error('imbot.update', update({ EVENT_WELCOME_MESSAGE: 'x' }))).toMatchObject({
    code: 'EVENT_WELCOME_MESSAGE_ERROR',
  })
  await t.call('imbot.register', { ...BOT, CODE: 'second' })
  expect(await t.error('imbot.update', update({ CODE: 'second' }))).toEqual({
    code: 'WRONG_REQUEST',
    status: 400,
    message: "Bot can't be updated",
  })
})

test.each(['imbot.unregister', 'imbot.update'])('%s is for the owner alone', async (method) => {
  await using t = await testPortal()
  const id = await t.result<number>('imbot.register', BOT)
  const params = { BOT_ID: id, CLIENT_ID: CLIENT, FIELDS: { CODE: 'x' } }
  expect(await t.error(method, { ...params, CLIENT_ID: '' })).toMatchObject({ code: 'ACCESS_DENIED', status: 400 })
  expect(await t.error(method, { ...params, CLIENT_ID: 'another' })).toMatchObject({
    code: 'APP_ID_ERROR',
    status: 400,
  })
  expect(await t.error(method, params, t.as(ANNA))).toMatchObject({ code: 'APP_ID_ERROR' })
  expect(await t.error(method, params, app(t, 1))).toMatchObject({ code: 'APP_ID_ERROR' })
  for (const bad of [undefined, 0, -1, 'x', [], ANNA, 999]) {
    const sent = bad === undefined ? { CLIENT_ID: CLIENT, FIELDS: { CODE: 'x' } } : { ...params, BOT_ID: bad }
    expect(await t.error(method, sent)).toEqual({ code: 'BOT_ID_ERROR', status: 400, message: 'Bot not found' })
  }
})

test('an ended bot leaves its chats, what it said stays, its code is free', async () => {
  await using t = await testPortal()
  const id = await t.result<number>('imbot.register', BOT)
  const bot = { BOT_ID: id, CLIENT_ID: CLIENT }
  await t.call('imbot.message.add', { ...bot, DIALOG_ID: ANNA, MESSAGE: 'Hello' })
  expect(await t.result('imbot.unregister', bot)).toBe(true)
  expect(await t.error('imbot.unregister', bot)).toMatchObject({ code: 'BOT_ID_ERROR' })
  expect(await t.result('im.user.get', { ID: id })).toMatchObject({ active: false, bot: true, bot_data: null })
  const shown = await t.result<{ messages: object[] }>('im.dialog.messages.get', { DIALOG_ID: id }, t.as(ANNA))
  expect(shown.messages).toMatchObject([{ text: 'Hello', author_id: id }])
  expect(await t.error('im.message.add', { DIALOG_ID: id, MESSAGE: 'x' }, t.as(ANNA))).toMatchObject({
    code: 'ACCESS_ERROR',
  })
  expect(await t.result('imbot.register', BOT)).not.toBe(id)
  const events = await t.portal.store.read.db
    .selectFrom('outbox')
    .selectAll()
    .where('type', '=', 'bot.unregistered')
    .execute()
  expect(events).toMatchObject([
    { payload: { botId: id, code: 'helper', handler: 'https://bots.example.com/handler' } },
  ])
})
