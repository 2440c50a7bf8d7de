import type { Caller } from '../../../src/domain/caller.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { ADMIN, ANNA, BORIS, type TestPortal } from '../../support/portal.ts'
import { type Arrange, type Scenarios, byApplication } from '../scenario.ts'
import { PIXEL } from '../world.ts'

const HANDLER = 'https://bot.example.com/handler'
const REGISTRATION = {
  CODE: 'echo',
  TYPE: 'B',
  EVENT_MESSAGE_ADD: HANDLER,
  EVENT_WELCOME_MESSAGE: HANDLER,
  EVENT_BOT_DELETE: HANDLER,
  PROPERTIES: { NAME: 'Echo', LAST_NAME: 'Bot', COLOR: 'AQUA', WORK_POSITION: 'Repeats' },
}
const COMMAND = {
  COMMAND: 'echo',
  COMMON: 'Y',
  EVENT_COMMAND_ADD: HANDLER,
  LANG: [{ LANGUAGE_ID: 'en', TITLE: 'Echo', PARAMS: 'text' }],
}

interface BotWorld {
  readonly caller: Caller
  readonly bot: number
}

interface ChatWorld extends BotWorld {
  readonly chat: number
  readonly dialog: string
  /** Of the bot. */
  readonly message: number
  /** Of Anna. */
  readonly question: number
}

async function withBot(t: TestPortal): Promise<BotWorld> {
  const caller = await byApplication(t)
  return { caller, bot: await t.result<number>('imbot.register', REGISTRATION, caller) }
}

/** A chat that the bot made, in which it and Anna have spoken. */
async function withChat(t: TestPortal): Promise<ChatWorld> {
  const { caller, bot } = await withBot(t)
  const made = {
    BOT_ID: bot,
    TYPE: 'CHAT',
    TITLE: 'Bot chat',
    USERS: [ANNA, BORIS],
    ENTITY_TYPE: 'CRM',
    ENTITY_ID: 'DEAL|7',
  }
  const chat = await t.result<number>('imbot.chat.add', made, caller)
  const dialog = `chat${chat}`
  const message = await t.result<number>(
    'imbot.message.add',
    { BOT_ID: bot, DIALOG_ID: dialog, MESSAGE: 'Hello' },
    caller,
  )
  const question = await t.result<number>('im.message.add', { DIALOG_ID: dialog, MESSAGE: '/echo me' }, t.as(ANNA))
  return { caller, bot, chat, dialog, message, question }
}

const inBot =
  (params: (world: BotWorld) => JsonObject): Arrange =>
  async (t) => {
    const world = await withBot(t)
    return { params: params(world), caller: world.caller }
  }

const inChat =
  (params: (world: ChatWorld) => JsonObject): Arrange =>
  async (t) => {
    const world = await withChat(t)
    return { params: params(world), caller: world.caller }
  }

const withCommand =
  (params: (command: number, world: ChatWorld) => JsonObject): Arrange =>
  async (t) => {
    const world = await withChat(t)
    const command = await t.result<number>('imbot.command.register', { BOT_ID: world.bot, ...COMMAND }, world.caller)
    return { params: params(command, world), caller: world.caller }
  }

export const imbotScenarios: Scenarios = {
  'imbot.register': async (t) => ({ params: REGISTRATION, caller: await byApplication(t) }),
  'imbot.unregister': inBot(({ bot }) => ({ BOT_ID: bot })),
  'imbot.update': inBot(({ bot }) => ({ BOT_ID: bot, FIELDS: { CODE: 'echo2', PROPERTIES: { NAME: 'Echo two' } } })),
  'imbot.bot.list': inBot(() => ({})),

  'imbot.command.register': inBot(({ bot }) => ({ BOT_ID: bot, ...COMMAND })),
  'imbot.command.unregister': withCommand((command) => ({ COMMAND_ID: command })),
  'imbot.command.update': withCommand((command) => ({ COMMAND_ID: command, FIELDS: { COMMON: 'N', HIDDEN: 'Y' } })),
  'imbot.command.answer': withCommand((command, { question }) => ({
    COMMAND_ID: command,
    COMMAND: 'echo',
    MESSAGE_ID: question,
    MESSAGE: 'me',
  })),

  'imbot.message.add': inChat(({ bot, dialog }) => ({ BOT_ID: bot, DIALOG_ID: dialog, MESSAGE: 'Hello again' })),
  'imbot.message.update': inChat(({ bot, message }) => ({ BOT_ID: bot, MESSAGE_ID: message, MESSAGE: 'Hello you' })),
  'imbot.message.delete': inChat(({ bot, message }) => ({ BOT_ID: bot, MESSAGE_ID: message, COMPLETE: 'N' })),
  'imbot.message.like': inChat(({ bot, question }) => ({ BOT_ID: bot, MESSAGE_ID: question, ACTION: 'plus' })),

  'imbot.chat.add': inBot(({ bot }) => ({ BOT_ID: bot, TYPE: 'OPEN', TITLE: 'Bot chat', USERS: [ANNA] })),
  'imbot.chat.get': inChat(() => ({ ENTITY_TYPE: 'CRM', ENTITY_ID: 'DEAL|7' })),
  'imbot.chat.leave': async (t) => {
    const { caller, bot, chat } = await withChat(t)
    // An owner cannot leave.
    await t.call('imbot.chat.setOwner', { BOT_ID: bot, CHAT_ID: chat, USER_ID: ANNA }, caller)
    return { params: { BOT_ID: bot, CHAT_ID: chat }, caller }
  },
  'imbot.chat.sendTyping': inChat(({ bot, dialog }) => ({ BOT_ID: bot, DIALOG_ID: dialog })),
  'imbot.chat.setManager': inChat(({ bot, chat }) => ({ BOT_ID: bot, CHAT_ID: chat, USER_ID: ANNA, IS_MANAGER: 'Y' })),
  'imbot.chat.setOwner': inChat(({ bot, chat }) => ({ BOT_ID: bot, CHAT_ID: chat, USER_ID: ANNA })),
  'imbot.chat.updateAvatar': inChat(({ bot, chat }) => ({ BOT_ID: bot, CHAT_ID: chat, AVATAR: PIXEL })),
  'imbot.chat.updateColor': inChat(({ bot, chat }) => ({ BOT_ID: bot, CHAT_ID: chat, COLOR: 'MINT' })),
  'imbot.chat.updateTitle': inChat(({ bot, chat }) => ({ BOT_ID: bot, CHAT_ID: chat, TITLE: 'Another' })),
  'imbot.chat.user.add': inChat(({ bot, chat }) => ({ BOT_ID: bot, CHAT_ID: chat, USERS: [ADMIN] })),
  'imbot.chat.user.delete': inChat(({ bot, chat }) => ({ BOT_ID: bot, CHAT_ID: chat, USER_ID: BORIS })),
  'imbot.chat.user.list': inChat(({ bot, chat }) => ({ BOT_ID: bot, CHAT_ID: chat })),
  'imbot.dialog.get': async (t) => {
    const { caller, dialog } = await withChat(t)
    await t.call('im.dialog.read', { DIALOG_ID: dialog }, t.as(BORIS))
    return { params: { DIALOG_ID: dialog }, caller }
  },
}
