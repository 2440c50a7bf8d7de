import { expect, test } from 'vitest'
import { deleteApplication } from '../../src/domain/apps/applications.ts'
import { identify } from '../../src/domain/apps/credentials.ts'
import { revokeWebhook } from '../../src/domain/apps/webhooks.ts'
import { registerBot as makeBot } from '../../src/domain/bots/bots.ts'
import type { Caller } from '../../src/domain/caller.ts'
import { deactivateUser } from '../../src/domain/people/users.ts'
import { readDeliveryLog } from '../../src/domain/delivery/log.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import { newApplication, testDelivery } from '../support/delivery.ts'
import { type HandlerCall, type TestHandler, startHandler } from '../support/handler.ts'
import { until } from '../support/poll.ts'
import { ADMIN, ANNA, BORIS, type TestPortal, testPortal } from '../support/portal.ts'
import { group, say } from './wire/bot-world.ts'

const SCOPES = ['imbot', 'im']
const AUTH = ['access_token', 'expires', 'expires_in', 'scope', 'domain', 'server_endpoint', 'status']
const ELEMENT = [...AUTH, 'client_endpoint', 'member_id', 'refresh_token', 'user_id', 'client_id', 'application_token']

const registerBot = (t: TestPortal, caller: Caller, url: string, change: JsonObject = {}) =>
  t.result<number>(
    'imbot.register',
    {
      CODE: 'helper',
      TYPE: 'B',
      EVENT_MESSAGE_ADD: `${url}add`,
      EVENT_WELCOME_MESSAGE: `${url}welcome`,
      EVENT_BOT_DELETE: `${url}end`,
      PROPERTIES: { NAME: 'Helper' },
      ...change,
    },
    caller,
  )

const addCommand = (t: TestPortal, caller: Caller, botId: number, url: string) =>
  t.result<number>(
    'imbot.command.register',
    {
      BOT_ID: botId,
      COMMAND: 'help',
      LANG: [{ LANGUAGE_ID: 'en', TITLE: 'Help', PARAMS: '' }],
      EVENT_COMMAND_ADD: `${url}command`,
    },
    caller,
  )

const at = (handler: TestHandler, path: string): HandlerCall[] => handler.calls.filter((call) => call.path === path)
const dataOf = (call: HandlerCall) => call.body['data'] as Record<string, JsonObject>
const textOf = (call: HandlerCall) => dataOf(call)['PARAMS']!['MESSAGE']
const log = ({ portal }: TestPortal) => readDeliveryLog(portal.store.read, { limit: 500 })
const settled = async (t: TestPortal): Promise<void> => {
  await expect
    .poll(async () => (await log(t)).some(({ state }) => state === 'pending'), { timeout: 15_000 })
    .toBe(false)
}

test('a message reaches the bot as documented, and the bot answers with what it was given', async () => {
  await using t = await testPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t, SCOPES)
  const bot = await registerBot(t, app, handler.url)
  handler.answer = async ({ path, body }) => {
    if (path !== '/add') return 200
    const data = body['data'] as { BOT: Record<string, { access_token: string }>; PARAMS: { DIALOG_ID: string } }
    const token = data.BOT[bot]!.access_token
    const caller = await identify(t.portal, { kind: 'token', token }, t.clock.now())
    const answer = { BOT_ID: bot, DIALOG_ID: data.PARAMS.DIALOG_ID, MESSAGE: 'At your service' }
    await t.call('imbot.message.add', answer, caller)
    return 200
  }
  const messageId = await say(t, ANNA, bot, 'Hello')
  await delivery.deliver()
  await until('it is told', () => at(handler, '/add').length > 0)
  await settled(t)
  // What the bot itself has said is not told to it.
  await delivery.deliver()
  await settled(t)
  const [call, ...others] = at(handler, '/add')
  expect(others).toEqual([])
  expect(Object.keys(call!.body).toSorted()).toEqual(['auth', 'data', 'event', 'event_handler_id', 'ts'])
  expect(call!.body['event']).toBe('ONIMBOTMESSAGEADD')
  const data = dataOf(call!)
  expect(Object.keys(data).toSorted()).toEqual(['BOT', 'PARAMS', 'USER'])
  const element = data['BOT']![bot] as JsonObject
  expect(Object.keys(element).toSorted()).toEqual([...ELEMENT, 'AUTH', 'BOT_CODE', 'BOT_ID'].toSorted())
  expect(element).toMatchObject({ BOT_ID: String(bot), BOT_CODE: 'helper', user_id: String(ADMIN) })
  expect(Object.keys(element['AUTH'] as JsonObject).toSorted()).toEqual(ELEMENT.toSorted())
  expect(element['AUTH']).toMatchObject(call!.body['auth'] as JsonObject)
  expect(Object.keys(call!.body['auth'] as JsonObject)).not.toContain('refresh_token')
  expect(data['PARAMS']).toMatchObject({ MESSAGE: 'Hello', MESSAGE_ID: String(messageId), FROM_USER_ID: String(ANNA) })
  expect(data['USER']).toMatchObject({ ID: String(ANNA) })
  const said = await t.portal.store.read.db
    .selectFrom('message')
    .select('text')
    .where('authorId', '=', bot)
    .where('isSystem', '=', false)
    .execute()
  expect(said).toEqual([{ text: 'At your service' }])
})

test('joining, commands and the end are told, and nothing after the end', async () => {
  await using t = await testPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t, SCOPES)
  const bot = await registerBot(t, app, handler.url)
  const command = await addCommand(t, app, bot, handler.url)
  const chat = await group(t, [bot])
  await say(t, BORIS, `chat${chat}`, '/help me')
  await delivery.deliver()
  await until('both are told', () => handler.calls.length >= 2)
  await settled(t)
  const [welcome] = at(handler, '/welcome')
  expect(welcome!.body['event']).toBe('ONIMBOTJOINCHAT')
  expect(dataOf(welcome!)['PARAMS']).toMatchObject({ CHAT_ID: String(chat), USER_ID: String(ANNA) })
  const [called] = at(handler, '/command')
  expect(called!.body['event']).toBe('ONIMCOMMANDADD')
  const element = dataOf(called!)['COMMAND']![command] as JsonObject
  expect(element).toMatchObject({ COMMAND: 'help', COMMAND_PARAMS: 'me', BOT_ID: String(bot) })
  expect(Object.keys(element)).toEqual(expect.arrayContaining([...ELEMENT, 'AUTH']))
  handler.answer = ({ path }) => (path === '/add' ? 503 : 200)
  await say(t, ANNA, bot, 'Not understood')
  await delivery.deliver()
  await until('it has failed', () => delivery.counts.retried > 0)
  await t.call('imbot.unregister', { BOT_ID: bot }, app)
  t.clock.advance(10_000)
  await delivery.deliver()
  await until('the end is told', () => at(handler, '/end').length > 0)
  await settled(t)
  const [end] = at(handler, '/end')
  expect(end!.body).toMatchObject({ event: 'ONIMBOTDELETE', data: { BOT_ID: String(bot), BOT_CODE: 'helper' } })
  expect(Object.keys(end!.body['auth'] as JsonObject)).toEqual(expect.arrayContaining(AUTH))
  expect(handler.calls.map(({ path }) => path).toSorted()).toEqual(['/add', '/command', '/end', '/welcome', '/welcome'])
  const given = (await log(t)).filter(({ state }) => state === 'failed')
  expect(given).toMatchObject([{ event: 'ONIMBOTMESSAGEADD', lastError: 'The handler was unbound before' }])
  const left = t.portal.store.read.db.selectFrom('eventHandler').select('id').where('unboundAt', 'is', null)
  expect(await left.execute()).toEqual([])
})

test('an application that is deleted hears of the end of its bots, by its token', async () => {
  await using t = await testPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t, SCOPES)
  const bot = await registerBot(t, app, handler.url)
  const { applicationToken } = await t.portal.store.read.db
    .selectFrom('application')
    .select('applicationToken')
    .executeTakeFirstOrThrow()
  await t.portal.store.write((tx) => deleteApplication(tx, t.clock.now(), app.via.id))
  await delivery.deliver()
  await until('the end is told', () => handler.calls.length > 0)
  expect(handler.calls[0]!.body).toMatchObject({
    event: 'ONIMBOTDELETE',
    data: { BOT_ID: String(bot) },
    auth: { application_token: applicationToken },
  })
})

test('a bot hears in order and once, of nothing before it was there, also after it has moved', async () => {
  await using t = await testPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t, SCOPES)
  await say(t, ANNA, BORIS, 'Long ago')
  const chat = await group(t, [])
  await say(t, ANNA, `chat${chat}`, 'Before the bot')
  await registerBot(t, app, handler.url, { CODE: 'supervisor', TYPE: 'S' })
  const bot = await registerBot(t, app, `${handler.url}S`, { CODE: 'second', TYPE: 'S' })
  await t.call('im.chat.user.add', { CHAT_ID: chat, USERS: [bot] }, t.as(ANNA))
  const spoken = Array.from({ length: 12 }, (_, n) => `Message ${n}`)
  for (const text of spoken.slice(0, 6)) await say(t, ANNA, `chat${chat}`, text)
  handler.answer = ({ path }) => (path === '/Sadd' ? 503 : 200)
  await delivery.deliver()
  await until('the first one has failed', () => delivery.counts.retried > 0)
  const moved = { EVENT_MESSAGE_ADD: `${handler.url}moved` }
  await t.call('imbot.update', { BOT_ID: bot, FIELDS: moved }, app)
  for (const text of spoken.slice(6)) await say(t, ANNA, `chat${chat}`, text)
  t.clock.advance(10_000)
  await delivery.deliver()
  await until('all is told', () => at(handler, '/moved').length >= spoken.length)
  await delivery.deliver()
  await settled(t)
  expect(at(handler, '/moved').map(textOf)).toEqual(spoken)
  const others = handler.calls.map(({ path }) => path).filter((path) => path !== '/moved')
  expect(others.toSorted()).toEqual(['/Sadd', '/Swelcome'])
})

test('handlers of bots are not what is bound, and end with a command or the webhook', async () => {
  await using t = await testPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  await t.settings({ webhooksActAsApplications: true })
  const webhook = t.as(ADMIN)
  const bot = await registerBot(t, webhook, handler.url, { CLIENT_ID: 'shop' })
  const command = await t.result<number>(
    'imbot.command.register',
    {
      BOT_ID: bot,
      CLIENT_ID: 'shop',
      COMMAND: 'help',
      LANG: [{ LANGUAGE_ID: 'en', TITLE: 'Help', PARAMS: '' }],
      EVENT_COMMAND_ADD: `${handler.url}command`,
    },
    webhook,
  )
  const rows = () =>
    t.portal.store.read.db
      .selectFrom('eventHandler')
      .select(['event', 'owner', 'botId'])
      .where('unboundAt', 'is', null)
      .orderBy('id')
      .execute()
  const own = { owner: 'webhook:1/shop', botId: bot }
  expect(await rows()).toEqual(
    ['ONIMBOTMESSAGEADD', 'ONIMBOTJOINCHAT', 'ONIMBOTDELETE', 'ONIMCOMMANDADD'].map((event) => ({ event, ...own })),
  )
  expect(await t.result('event.get', {}, webhook)).toEqual([])
  await t.call('imbot.command.unregister', { COMMAND_ID: command, CLIENT_ID: 'shop' }, webhook)
  expect((await rows()).map(({ event }) => event)).not.toContain('ONIMCOMMANDADD')
  await say(t, ANNA, bot, 'Hello')
  await delivery.deliver()
  await until('it is told', () => at(handler, '/add').length > 0)
  const [call] = at(handler, '/add')
  const auth = call!.body['auth'] as JsonObject
  expect(auth['application_token']).toMatch(/^[\da-z]{32}$/)
  expect(auth).not.toHaveProperty('access_token')
  const element = dataOf(call!)['BOT']![bot]
  expect(element).toMatchObject({ application_token: auth['application_token'], client_id: 'shop' })
  await settled(t)
  await t.portal.store.write(async (tx) => {
    const now = t.clock.now()
    await tx.db
      .insertInto('webhook')
      .values({ id: 1, userId: ADMIN, title: 'Test', secretHash: 'hash', scopes: SCOPES, createdAt: now })
      .execute()
    await revokeWebhook(tx, now, 1)
  })
  await say(t, ANNA, bot, 'Still there?')
  await delivery.deliver()
  await settled(t)
  expect(at(handler, '/add').map(textOf)).toEqual(['Hello'])
})

test('nothing is handed out where no bot has an address', async () => {
  await using t = await testPortal()
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t, SCOPES)
  const { ids, store } = t.portal
  const made = { code: 'mute', type: 'B', openLines: false, handlers: {}, profile: { name: 'Mute' } } as const
  const by = { ids, now: t.clock.now(), userId: ADMIN }
  const bot = await store.write((tx) => makeBot(tx, { ...made, owner: `app:${app.via.id}`, by }))
  await say(t, ANNA, bot, 'Hello')
  await delivery.deliver()
  expect(await log(t)).toEqual([])
  expect(await store.read.db.selectFrom('eventHandler').select('id').execute()).toEqual([])
})

test('the access of a bot outlives who registered it, and a spent refresh token is not given again', async () => {
  await using t = await testPortal()
  await using handler = await startHandler()
  await using delivery = testDelivery(t.portal)
  const app = await newApplication(t, SCOPES)
  const bot = await registerBot(t, { ...app, userId: BORIS, isAdmin: false }, handler.url)
  const hear = async (text: string): Promise<JsonObject> => {
    await say(t, ANNA, bot, text)
    await delivery.deliver()
    await until('it is told', () => at(handler, '/add').some((call) => textOf(call) === text))
    await settled(t)
    const call = at(handler, '/add').find((one) => textOf(one) === text)
    return dataOf(call!)['BOT']![bot] as JsonObject
  }
  // With it comes the welcome; the two may find no tokens that are kept.
  await hear('Zero')
  const first = await hear('One')
  expect(first['user_id']).toBe(String(BORIS))
  const second = await hear('Two')
  expect(second['refresh_token']).toBe(first['refresh_token'])
  const { store } = t.portal
  const { clientId } = app.via as { clientId: string }
  expect(first['client_id']).toBe(clientId)
  await store.write((tx) =>
    tx.db.updateTable('token').set({ refreshedAt: t.clock.now() }).where('userId', '=', BORIS).execute(),
  )
  const third = await hear('Three')
  expect(third['refresh_token']).not.toBe(first['refresh_token'])
  await store.write((tx) => deactivateUser(tx, t.clock.now(), BORIS))
  expect((await hear('Four'))['user_id']).toBe(String(ADMIN))
})
