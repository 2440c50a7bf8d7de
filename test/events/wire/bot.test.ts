import { expect, test } from 'vitest'
import { addMember } from '../../../src/domain/chats/members.ts'
import { type BotTold, withBotAuth } from '../../../src/events/wire/bot-event.ts'
import { botEvents } from '../../../src/events/wire/tell-bots.ts'
import { type JsonObject, isJsonObject } from '../../../src/kernel/json.ts'
import { type ContractMethod, readContractEvents } from '../../../tools/contract.ts'
import { openChannel } from '../../support/open-channel.ts'
import { ADMIN, ANNA, BORIS, type TestPortal, testPortal } from '../../support/portal.ts'
import * as world from './bot-world.ts'
import { group, mention, newBot, say } from './bot-world.ts'
import { toldToBots } from './tell.ts'

const ADD = 'ONIMBOTMESSAGEADD'
const UPDATE = 'ONIMBOTMESSAGEUPDATE'
const DELETE = 'ONIMBOTMESSAGEDELETE'
const JOIN = 'ONIMBOTJOINCHAT'
const COMMAND = 'ONIMCOMMANDADD'

const documented = new Map((await readContractEvents()).map((entry) => [entry.name.toUpperCase(), entry]))

const paramsOf = ({ data }: BotTold): JsonObject => data['PARAMS'] as JsonObject

/** What a bot is told while Anna says something to it, changes it, deletes it: in private, in a group, in an open channel. */
async function everywhere(t: TestPortal): Promise<BotTold[]> {
  const bot = await newBot(t)
  const told: BotTold[] = []
  await bot.command('help')
  const chat = await group(t, [bot.id])
  const channel = await openChannel(t)
  const { chat: lines } = await channel.deliver('m1')
  await t.portal.store.write((tx) =>
    addMember(tx, { chatId: lines, userId: bot.id, invitedBy: ADMIN, now: t.clock.now() }),
  )
  for (const dialog of [bot.id, `chat${chat}`, `chat${lines}`]) {
    const id = await say(t, ANNA, dialog, `${mention(bot.id)}, hello`)
    told.push(...(await toldToBots(t)))
    await t.call('im.message.update', { MESSAGE_ID: id, MESSAGE: `${mention(bot.id)}, bye` }, t.as(ANNA))
    told.push(...(await toldToBots(t)))
    await t.call('im.message.delete', { MESSAGE_ID: id }, t.as(ANNA))
    await say(t, ANNA, dialog, '/help me')
    told.push(...(await toldToBots(t)))
  }
  await t.call('imbot.unregister', { BOT_ID: bot.id }, bot.caller)
  return [...told, ...(await toldToBots(t))]
}

/** The documented names of one object of the event; `undefined` where the page has no table of it. */
function fields({ params }: ContractMethod, of: RegExp): string[] | undefined {
  return params.find((table) => of.test(table.of ?? ''))?.fields.map(({ name }) => name)
}

/** Documented, but of things that there are not here. */
const NOT_HERE: Readonly<Record<string, readonly string[]>> = {
  // There is no CoPilot here.
  ONIMBOTJOINCHAT: ['SILENT_JOIN'],
}
/** What the deliverer adds when it sends: it makes the tokens. */
const AUTHORISATION = ['access_token', 'expires', 'expires_in', 'scope', 'domain', 'server_endpoint', 'status']
const MORE = ['client_endpoint', 'member_id', 'refresh_token', 'user_id', 'client_id', 'application_token']

test.each(botEvents)('$name has the documented names in the documented places', async ({ name, scope }) => {
  const entry = documented.get(name)
  if (!entry) throw new Error(`${name} is not documented`)
  expect([scope]).toEqual(entry.scope)
  await using t = await testPortal()
  const told = (await everywhere(t)).filter(({ event }) => event === name)
  if (told.length === 0) throw new Error(`${name} was never told`)
  const union = (key: string): string[] => [
    ...new Set(told.flatMap(({ data }) => (isJsonObject(data[key]) ? Object.keys(data[key]) : []))),
  ]
  for (const { data } of told) {
    expect(Object.keys(data).toSorted()).toEqual(fields(entry, /^Parameter data$/)!.toSorted())
    expect(everyValueIsText(data)).toBe(true)
  }
  const notHere = NOT_HERE[name] ?? []
  for (const key of ['PARAMS', 'USER']) {
    const wanted = fields(entry, new RegExp(`^Parameter ${key}$`))?.filter((field) => !notHere.includes(field))
    expect(union(key).toSorted()).toEqual(wanted?.toSorted() ?? [])
  }
  const element = fields(entry, /^Element /)
  if (!element) return
  const auth = Object.fromEntries([...AUTHORISATION, ...MORE].map((field) => [field, `the ${field}`]))
  const complete = withBotAuth(told[0]!, auth)[name === COMMAND ? 'COMMAND' : 'BOT'] as Record<string, JsonObject>
  const [authorised] = Object.values(complete)
  expect(Object.keys(authorised!).toSorted()).toEqual(element.toSorted())
  expect(authorised).toMatchObject({ ...auth, AUTH: auth })
})

function everyValueIsText(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'string'
  return Object.values(value).every(everyValueIsText)
}

test('in private a bot hears everything, but not itself', async () => {
  await using t = await testPortal()
  const bot = await newBot(t)
  const message = await say(t, ANNA, bot.id, 'Hello')
  await t.call('imbot.message.add', { BOT_ID: bot.id, DIALOG_ID: ANNA, MESSAGE: 'Yes?' }, bot.caller)
  const told = await toldToBots(t, ADD)
  expect(told).toMatchObject([
    {
      botId: bot.id,
      owner: 'app:7',
      address: world.MESSAGE_ADD,
      data: {
        BOT: { [bot.id]: { BOT_ID: String(bot.id), BOT_CODE: 'helper' } },
        PARAMS: {
          MESSAGE: 'Hello',
          MESSAGE_ID: String(message),
          MESSAGE_TYPE: 'P',
          DIALOG_ID: String(ANNA),
          FROM_USER_ID: String(ANNA),
          TO_USER_ID: String(bot.id),
          CHAT_USER_COUNT: '2',
        },
        USER: { ID: String(ANNA), NAME: 'Anna Archer', WORK_POSITION: 'Operator', IS_BOT: 'N', IS_CONNECTOR: 'N' },
      },
    },
  ])
  expect(paramsOf(told[0]!)).not.toHaveProperty('CHAT_TITLE')
})

test('in a group a bot hears what names it, a supervisor everything; notices nobody', async () => {
  await using t = await testPortal()
  const bot = await newBot(t)
  const supervisor = await newBot(t, { CODE: 'supervisor', TYPE: 'S' })
  const chat = await group(t, [bot.id, supervisor.id], { ENTITY_TYPE: 'CRM', ENTITY_ID: 'DEAL|7' })
  const first = await say(t, ANNA, `chat${chat}`, 'Hello all')
  await say(t, BORIS, `chat${chat}`, `[USER=${bot.id}]Helper[/USER] , what now?`)
  await t.call('im.message.add', { DIALOG_ID: `chat${chat}`, MESSAGE: 'A notice', SYSTEM: 'Y' }, t.as(ANNA))
  const told = await toldToBots(t, ADD)
  expect(told.map(({ botId, data }) => [botId, (data['PARAMS'] as JsonObject)['MESSAGE']])).toEqual([
    [supervisor.id, 'Hello all'],
    [bot.id, ', what now?'],
    [supervisor.id, `[USER=${bot.id}]Helper[/USER] , what now?`],
  ])
  expect(told.map((one) => paramsOf(one)['TO_USER_ID'])).toEqual(['0', String(bot.id), '0'])
  expect(paramsOf(told[1]!)).toMatchObject({
    CHAT_ID: String(chat),
    CHAT_TITLE: 'A group',
    CHAT_AUTHOR_ID: String(ANNA),
    CHAT_TYPE: 'C',
    CHAT_COLOR: 'BROWN',
    CHAT_ENTITY_TYPE: 'CRM',
    CHAT_ENTITY_ID: 'DEAL|7',
    CHAT_PREV_MESSAGE_ID: String(first),
    CHAT_USER_COUNT: '4',
    DIALOG_ID: `chat${chat}`,
    MENTIONED_LIST: { [bot.id]: String(bot.id) },
    MESSAGE_ORIGINAL: `[USER=${bot.id}]Helper[/USER] , what now?`,
    RID: String(BORIS),
    IS_MANAGER: 'N',
  })
})

test('a customer is heard by the bots for open channels', async () => {
  await using t = await testPortal()
  const [deaf, bot] = [await newBot(t, { CODE: 'deaf', OPENLINE: 'N' }), await newBot(t, { TYPE: 'O' })]
  const channel = await openChannel(t)
  const { chat, customer } = await channel.deliver('m1')
  await t.portal.store.write(async (tx) => {
    for (const { id } of [deaf, bot]) {
      await addMember(tx, { chatId: chat, userId: id, hideHistory: true, now: t.clock.now() })
    }
  })
  await channel.deliver('m2')
  expect(await toldToBots(t, ADD)).toMatchObject([
    {
      botId: bot.id,
      data: {
        PARAMS: {
          MESSAGE: 'Message m2',
          MESSAGE_TYPE: 'L',
          CHAT_ENTITY_TYPE: 'LINES',
          CHAT_ENTITY_ID: `testchat|${channel.line}|c1|${customer}`,
          CHAT_ENTITY_DATA_3: 'N',
          SKIP_CONNECTOR: 'Y',
        },
        USER: { ID: String(customer), IS_CONNECTOR: 'Y', IS_EXTRANET: 'Y' },
      },
    },
  ])
})

test('of changes a bot hears what names it then, of deletions what named it', async () => {
  await using t = await testPortal()
  const bot = await newBot(t)
  const chat = await group(t, [bot.id])
  const message = await say(t, ANNA, `chat${chat}`, 'Hello')
  await t.call('im.message.update', { MESSAGE_ID: message, MESSAGE: 'Hello again' }, t.as(ANNA))
  expect(await toldToBots(t, UPDATE)).toEqual([])
  await t.call('im.message.update', { MESSAGE_ID: message, MESSAGE: `${mention(bot.id)}, hello` }, t.as(ANNA))
  const updated = await toldToBots(t, UPDATE)
  expect(updated).toMatchObject([
    {
      address: world.MESSAGE_UPDATE,
      data: { PARAMS: { ID: String(message), MESSAGE: 'hello', TO_USER_ID: String(bot.id), CHAT_TYPE: 'C' } },
    },
  ])
  await t.call('im.message.delete', { MESSAGE_ID: message }, t.as(ANNA))
  const other = await say(t, ANNA, `chat${chat}`, 'Another')
  await t.call('im.message.delete', { MESSAGE_ID: other }, t.as(ANNA))
  expect(await toldToBots(t, DELETE)).toMatchObject([
    {
      address: world.MESSAGE_DELETE,
      data: {
        PARAMS: {
          ID: String(message),
          CHAT_ID: String(chat),
          MESSAGE: 'The message of 2026-01-05T10:00:00+01:00 was deleted',
        },
        USER: { ID: String(ANNA) },
      },
    },
  ])
})

test('of what is gone by the time nothing but the deletion is told', async () => {
  await using t = await testPortal()
  const bot = await newBot(t)
  const message = await say(t, ANNA, bot.id, 'Hello')
  await t.call('im.message.update', { MESSAGE_ID: message, MESSAGE: 'Hello again' }, t.as(ANNA))
  await t.call('im.message.delete', { MESSAGE_ID: message }, t.as(ANNA))
  expect((await toldToBots(t)).map(({ event }) => event)).toEqual([JOIN, DELETE])
})

test('a bot that gave no address for something is not told of it', async () => {
  await using t = await testPortal()
  const bot = await newBot(t, { OPENLINE: 'N' })
  const message = await say(t, ANNA, bot.id, 'Hello')
  expect((await toldToBots(t)).map(({ event }) => event)).toEqual([JOIN, ADD])
  await t.call('im.message.update', { MESSAGE_ID: message, MESSAGE: 'Hello again' }, t.as(ANNA))
  await t.call('im.message.delete', { MESSAGE_ID: message }, t.as(ANNA))
  expect(await toldToBots(t)).toEqual([])
})

test('a bot is told into which chats it was brought, not where it went itself', async () => {
  await using t = await testPortal()
  const bot = await newBot(t)
  await say(t, ANNA, bot.id, 'Hello')
  await t.call('imbot.message.add', { BOT_ID: bot.id, DIALOG_ID: BORIS, MESSAGE: 'Hello' }, bot.caller)
  await t.call('imbot.chat.add', { BOT_ID: bot.id, TYPE: 'CHAT', TITLE: 'Its own', USERS: [ANNA] }, bot.caller)
  const chat = await group(t, [])
  await say(t, ANNA, `chat${chat}`, 'Before')
  await t.call('im.chat.user.add', { CHAT_ID: chat, USERS: [bot.id], HIDE_HISTORY: 'Y' }, t.as(BORIS))
  const told = await toldToBots(t, JOIN)
  expect(told).toMatchObject([
    {
      address: world.WELCOME,
      data: {
        PARAMS: {
          CHAT_TYPE: 'P',
          USER_ID: String(ANNA),
          TO_USER_ID: String(ANNA),
          FROM_USER_ID: String(bot.id),
          DIALOG_ID: String(ANNA),
        },
        USER: { ID: String(ANNA), WORK_POSITION: 'Operator' },
      },
    },
    {
      data: {
        PARAMS: {
          CHAT_TYPE: 'C',
          CHAT_ID: String(chat),
          CHAT_AUTHOR_ID: String(ANNA),
          USER_ID: String(BORIS),
          ACCESS_HISTORY: '0',
          DIALOG_ID: `chat${chat}`,
        },
        USER: { ID: String(BORIS) },
      },
    },
  ])
  expect(told).toHaveLength(2)
})

test('the end of a bot is told to the address that it had', async () => {
  await using t = await testPortal()
  const bot = await newBot(t)
  await t.call('imbot.unregister', { BOT_ID: bot.id }, bot.caller)
  const [told] = await toldToBots(t, 'ONIMBOTDELETE')
  const data = { BOT_ID: String(bot.id), BOT_CODE: 'helper' }
  expect(told).toEqual({ botId: bot.id, owner: 'app:7', address: world.BOT_DELETE, event: 'ONIMBOTDELETE', data })
  expect(withBotAuth(told!, { access_token: 'x' })).toEqual(data)
})

test('a command goes to its own address, and no further as a message', async () => {
  await using t = await testPortal()
  const bot = await newBot(t)
  const id = await bot.command('echo')
  const message = await say(t, ANNA, bot.id, ' /Echo  one two ')
  await say(t, ANNA, bot.id, '/unknown')
  const all = await toldToBots(t)
  expect(all.filter(({ event }) => event === COMMAND)).toMatchObject([
    {
      botId: bot.id,
      owner: 'app:7',
      address: world.COMMAND_ADD,
      data: {
        COMMAND: {
          [id]: {
            BOT_CODE: 'helper',
            COMMAND: 'echo',
            COMMAND_ID: String(id),
            COMMAND_PARAMS: 'one two',
            COMMAND_CONTEXT: 'TEXTAREA',
            MESSAGE_ID: String(message),
          },
        },
        PARAMS: { MESSAGE_TYPE: 'P', FROM_USER_ID: String(ANNA), TO_USER_ID: String(bot.id) },
        USER: { ID: String(ANNA), NAME: 'Anna Archer' },
      },
    },
  ])
  const said = all.filter(({ event }) => event === ADD)
  expect(said.map((one) => paramsOf(one)['MESSAGE'])).toEqual(['/unknown'])
})

test('a command for all chats works where its bot is not, others do not', async () => {
  await using t = await testPortal()
  const bot = await newBot(t)
  await bot.command('here')
  const common = await bot.command('anywhere', { COMMON: 'Y' })
  const chat = await group(t, [])
  await say(t, ANNA, `chat${chat}`, '/here')
  await say(t, ANNA, `chat${chat}`, '/anywhere')
  const told = await toldToBots(t, COMMAND)
  expect(told.map(({ data }) => Object.keys(data['COMMAND'] as JsonObject))).toEqual([[String(common)]])
  expect(paramsOf(told[0]!)).toMatchObject({ CHAT_ID: String(chat), BOT_IN_CHAT: {}, MESSAGE_TYPE: 'C' })
})

test('customers call only the commands that are for people from outside', async () => {
  await using t = await testPortal()
  const bot = await newBot(t)
  await bot.command('inside', { COMMON: 'Y' })
  const outside = await bot.command('outside', { COMMON: 'Y', EXTRANET_SUPPORT: 'Y' })
  const channel = await openChannel(t)
  await channel.deliver('m1', { message: { text: '/inside' } })
  await channel.deliver('m2', { message: { text: '/outside' } })
  const told = await toldToBots(t, COMMAND)
  expect(told.map(({ data }) => Object.keys(data['COMMAND'] as JsonObject))).toEqual([[String(outside)]])
})
