import { expect, test } from 'vitest'
import { addMember } from '../../../src/domain/chats/members.ts'
import { openCustomerChat } from '../../../src/domain/openlines/customer-chats.ts'
import * as connector from '../../../src/events/wire/connector.ts'
import * as openLines from '../../../src/events/wire/open-lines.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { CONNECTOR, type OpenChannel, openChannel } from '../../support/open-channel.ts'
import { ANNA, type TestPortal, testPortal } from '../../support/portal.ts'
import { type TestBot, newBot, say } from './bot-world.ts'
import { toldBy } from './tell.ts'

interface CarriedMessage {
  readonly im: { readonly chat_id: number; readonly message_id: number }
  readonly message: JsonObject
  readonly chat: { readonly id: string }
}

/** The messages that a connector's event tells of what has happened since the portal was last asked. */
async function carried(t: TestPortal, event: (typeof connector)[keyof typeof connector]): Promise<CarriedMessage[]> {
  const told = await toldBy(t, event)
  return told.flatMap(({ data }) => (data as JsonObject)['MESSAGES'] as unknown as CarriedMessage[])
}

const added = async (t: TestPortal): Promise<JsonObject[]> =>
  (await carried(t, connector.connectorMessageAdd)).map(({ message }) => message)

/** A bot that takes part in a chat. */
async function botIn(t: TestPortal, chatId: number): Promise<TestBot> {
  const bot = await newBot(t, { TYPE: 'O' })
  await t.portal.store.write((tx) => addMember(tx, { chatId, userId: bot.id, now: t.clock.now() }))
  return bot
}

test('what employees, bots and the system say is carried out; what came in is not', async () => {
  await using t = await testPortal()
  const channel = await openChannel(t, { WELCOME_MESSAGE: 'Y', WELCOME_MESSAGE_TEXT: 'Welcome!' })
  const { chat } = await channel.deliver('m1')
  await channel.send(channel.message('m2', { message: { user_id: ANNA, text: 'From my phone' } }))
  const bot = await botIn(t, chat)
  await t.call('imbot.message.add', { BOT_ID: bot.id, DIALOG_ID: `chat${chat}`, MESSAGE: 'I am a bot' }, bot.caller)
  await say(t, ANNA, `chat${chat}`, 'I am none')
  expect(await added(t)).toEqual([
    { user_id: 0, text: 'Welcome!' },
    { user_id: bot.id, text: 'I am a bot' },
    { user_id: ANNA, text: '[b]Anna Archer:[/b] [br]I am none' },
  ])
})

test('system messages stay here where the connector wants none', async () => {
  await using t = await testPortal()
  const welcome = { WELCOME_MESSAGE: 'Y', WELCOME_MESSAGE_TEXT: 'Welcome!' }
  const channel = await openChannel(t, welcome, { NEED_SYSTEM_MESSAGES: 'N' })
  const { chat } = await channel.deliver('m1')
  const params = { DIALOG_ID: `chat${chat}`, MESSAGE: 'A notice', SYSTEM: 'Y' }
  const notice = await t.result<number>('im.message.add', params, t.as(ANNA))
  expect(await added(t)).toEqual([])
  await t.call('im.message.update', { MESSAGE_ID: notice, MESSAGE: 'Another notice' }, t.as(ANNA))
  expect(await carried(t, connector.connectorMessageUpdate)).toEqual([])
  await t.call('im.message.delete', { MESSAGE_ID: notice }, t.as(ANNA))
  expect(await carried(t, connector.connectorMessageDelete)).toEqual([])
})

test('what was kept from the customer stays kept, however it changes', async () => {
  await using t = await testPortal()
  const { chat } = await (await openChannel(t)).deliver('m1')
  const bot = await botIn(t, chat)
  const of = { BOT_ID: bot.id, DIALOG_ID: `chat${chat}` }
  const hidden = await t.result<number>('imbot.message.add', { ...of, MESSAGE: 'x', SKIP_CONNECTOR: 'Y' }, bot.caller)
  expect(await added(t)).toEqual([])
  await t.call('imbot.message.update', { BOT_ID: bot.id, MESSAGE_ID: hidden, MESSAGE: 'secret' }, bot.caller)
  expect(await carried(t, connector.connectorMessageUpdate)).toEqual([])
  await t.call('imbot.message.delete', { BOT_ID: bot.id, MESSAGE_ID: hidden }, bot.caller)
  expect(await carried(t, connector.connectorMessageDelete)).toEqual([])
})

test('a change that is to stay here is not carried, a deletion without a trace is', async () => {
  await using t = await testPortal()
  const { chat } = await (await openChannel(t)).deliver('m1')
  const bot = await botIn(t, chat)
  const of = { BOT_ID: bot.id, DIALOG_ID: `chat${chat}` }
  const id = await t.result<number>('imbot.message.add', { ...of, MESSAGE: 'Hello' }, bot.caller)
  const one = { BOT_ID: bot.id, MESSAGE_ID: id }
  await t.call('imbot.message.update', { ...one, MESSAGE: 'Bye', SKIP_CONNECTOR: 'Y' }, bot.caller)
  expect(await carried(t, connector.connectorMessageUpdate)).toEqual([])
  await t.call('imbot.message.delete', { ...one, COMPLETE: 'Y' }, bot.caller)
  expect(await carried(t, connector.connectorMessageDelete)).toEqual([
    { im: { chat_id: chat, message_id: id }, message: { id: '' }, chat: { id: 'c1' } },
  ])
})

test('what changes beside the text is not carried', async () => {
  await using t = await testPortal()
  const { chat } = await (await openChannel(t)).deliver('m1')
  const id = await say(t, ANNA, `chat${chat}`, 'Hello')
  await t.call('im.message.update', { MESSAGE_ID: id, MESSAGE: 'Hello', ATTACH: [{ MESSAGE: 'More' }] }, t.as(ANNA))
  const [told] = await toldBy(t, openLines.openLineMessageUpdate)
  expect(told).toBeDefined()
  await t.call('im.message.update', { MESSAGE_ID: id, ATTACH: [{ MESSAGE: 'Less' }] }, t.as(ANNA))
  expect(await carried(t, connector.connectorMessageUpdate)).toEqual([])
})

test.each<[string, JsonObject, JsonObject, string]>([
  ['no name where the connector wants none', {}, { NEED_SIGNATURE: 'N' }, 'Hello'],
  [
    'the name that the line has for all operators',
    { OPERATOR_DATA: 'hide', DEFAULT_OPERATOR_DATA: { NAME: 'Support' } },
    {},
    '[b]Support:[/b] [br]Hello',
  ],
  ['no name where the line hides operators and has none', { OPERATOR_DATA: 'hide' }, {}, 'Hello'],
])('customers see %s', async (_, settings, registration, text) => {
  await using t = await testPortal()
  const { chat } = await (await openChannel(t, settings, registration)).deliver('m1')
  await say(t, ANNA, `chat${chat}`, 'Hello')
  expect(await added(t)).toEqual([{ user_id: ANNA, text }])
})

test('a connector that cannot change or delete messages is not asked to', async () => {
  await using t = await testPortal()
  const cannot = { EDIT_INTERNAL_MESSAGES: 'N', DEL_INTERNAL_MESSAGES: 'N' }
  const { chat } = await (await openChannel(t, {}, cannot)).deliver('m1')
  const id = await say(t, ANNA, `chat${chat}`, 'Hello')
  await t.call('im.message.update', { MESSAGE_ID: id, MESSAGE: 'Bye' }, t.as(ANNA))
  expect(await carried(t, connector.connectorMessageUpdate)).toEqual([])
  await t.call('im.message.delete', { MESSAGE_ID: id }, t.as(ANNA))
  expect(await carried(t, connector.connectorMessageDelete)).toEqual([])
})

test('what customers write and change themselves is not carried back to them', async () => {
  await using t = await testPortal()
  const { chat, customer } = await (await openChannel(t)).deliver('m1')
  const own = t.as(customer, { isAdmin: false })
  const id = await t.result<number>('im.message.add', { DIALOG_ID: `chat${chat}`, MESSAGE: 'Hello' }, own)
  expect(await added(t)).toEqual([])
  await t.call('im.message.update', { MESSAGE_ID: id, MESSAGE: 'Bye' }, own)
  expect(await carried(t, connector.connectorMessageUpdate)).toEqual([])
  await t.call('im.message.delete', { MESSAGE_ID: id }, own)
  expect(await carried(t, connector.connectorMessageDelete)).toEqual([])
})

test('group chats are nothing for connectors', async () => {
  await using t = await testPortal()
  await openChannel(t)
  const chat = await t.result<number>('im.chat.add', { TYPE: 'CHAT', TITLE: 'A group', USERS: [ANNA] })
  await say(t, ANNA, `chat${chat}`, 'Hello')
  expect(await added(t)).toEqual([])
})

/** The outside ids of a session's start as its connector hears them. */
async function startOver(t: TestPortal, channel: OpenChannel, externalId: string): Promise<JsonObject | undefined> {
  await channel.deliver('m1', { chat: { id: externalId, name: 'Outside' } })
  const [told] = await toldBy(t, connector.connectorDialogStart)
  const [dialog] = ((told?.data as JsonObject | undefined)?.['DATA'] ?? []) as JsonObject[]
  return dialog && { connector: dialog['connector']!, chat: dialog['chat']!, user: dialog['user']! }
}

test('an outside chat keeps its id, bars and zeros and all; of several customers none is named', async () => {
  await using t = await testPortal()
  const channel = await openChannel(t, {}, { CHAT_GROUP: 'Y' })
  for (const id of ['a|b', '007']) {
    expect(await startOver(t, channel, id)).toEqual({
      connector: { connector_id: CONNECTOR, line_id: channel.line, chat_id: id, user_id: 0 },
      chat: { id },
      user: { id: 0 },
    })
  }
})

test('sessions name the one before; the close is told though the line is gone', async () => {
  await using t = await testPortal()
  const channel = await openChannel(t, { FULL_CLOSE_TIME: 15 })
  const { chat, session } = await channel.deliver('m1')
  await t.call('imopenlines.session.start', { CHAT_ID: chat }, t.as(ANNA))
  const sessions = (await toldBy(t, openLines.sessionStart)).map(
    ({ data }) => ((data as JsonObject)['DATA'] as JsonObject[])[0]!['session'],
  )
  expect(sessions).toMatchObject([
    { id: session, parent_id: 0, close_term: 15 },
    { id: session + 1, parent_id: session, close_term: 15 },
  ])
  await t.call('imopenlines.config.delete', { CONFIG_ID: channel.line })
  expect(await toldBy(t, openLines.sessionFinish)).toMatchObject([
    {
      owners: ['app:1'],
      data: {
        DATA: [
          {
            connector: { connector_id: CONNECTOR, line_id: channel.line },
            session: { id: session + 1, closed: 'Y', close_term: 0 },
          },
        ],
      },
    },
  ])
})

test('of the built-in live chat everybody hears, and no connector', async () => {
  await using t = await testPortal()
  const { line } = await openChannel(t)
  const chat = await t.portal.store.write((tx) =>
    openCustomerChat(tx, { lineId: line, name: 'Guest', operatorIds: [ANNA], now: t.clock.now() }),
  )
  const [told] = await toldBy(t, openLines.sessionStart)
  expect(told).toMatchObject({ data: { DATA: [{ connector: { connector_id: 'livechat' } }] } })
  expect(told).not.toHaveProperty('owners')
  await say(t, ANNA, `chat${chat}`, 'Hello')
  expect(await added(t)).toEqual([])
})

test('of a connector that is gone nobody hears any more', async () => {
  await using t = await testPortal()
  const channel = await openChannel(t)
  const { chat } = await channel.deliver('m1')
  await t.call('imconnector.unregister', { ID: CONNECTOR }, channel.app)
  await say(t, ANNA, `chat${chat}`, 'Hello')
  expect(await added(t)).toEqual([])
  await say(t, ANNA, `chat${chat}`, 'Hello?')
  expect(await toldBy(t, openLines.openLineMessageAdd)).toEqual([])
})

test('only what switches a connector off is told', async () => {
  await using t = await testPortal()
  const { app, line } = await openChannel(t)
  const off = { CONNECTOR, LINE: line, ACTIVE: 0 }
  await t.call('imconnector.activate', off, app)
  await t.call('imconnector.activate', off, app)
  expect(await toldBy(t, connector.connectorStatusDelete)).toHaveLength(1)
})

test('a line that goes is told only to whose connector had a place on it', async () => {
  await using t = await testPortal()
  await openChannel(t)
  const other = await t.result<number>('imopenlines.config.add', { PARAMS: { LINE_NAME: 'Other' } })
  await t.call('imopenlines.config.delete', { CONFIG_ID: other })
  expect(await toldBy(t, connector.connectorLineDelete)).toEqual([])
})
