import { z } from 'zod'
import { ownBot, botOwner } from '../../domain/bots/bots.ts'
import {
  type CommandChange,
  type CommandTexts,
  answerCommand,
  commandOf,
  ownCommand,
  registerCommand,
  unregisterCommand,
  updateCommand,
} from '../../domain/bots/commands.ts'
import { LONGEST_MESSAGE } from '../../domain/chats/messages.ts'
import { messageParamErrors, messageParams, newExtrasOf } from '../im/message-params.ts'
import { method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { botErrors, clientIdParam, isHandlerUrl, namedBotParams } from './bot-call.ts'

/** Commands that people send to bots. */

const COMMAND_LENGTH = 100

const texts = wire.list(
  wire.object({ LANGUAGE_ID: wire.text(10), TITLE: wire.text(255), PARAMS: wire.text(255).nullish() }),
  100,
)

function textsOf(list: z.output<typeof texts>): CommandTexts {
  return Object.fromEntries(
    list.map(({ LANGUAGE_ID: language, TITLE: title, PARAMS: params }) => [
      language.toLowerCase(),
      { title, params: params ?? '' },
    ]),
  )
}

/** `/Help ` is the command `help`. */
function nameOf(command: string): string {
  return command.trim().replace(/^\/+/, '').toLowerCase()
}

const commandId = required(wire.id(), 'The command.', { missing: 'commandNotFound', invalid: 'commandNotFound' })

const commandErrors = {
  commandNotFound: ['COMMAND_ID_ERROR', 400, 'Command not found'],
  foreignCommand: ['APP_ID_ERROR', 400, 'Command was installed by another REST application'],
} as const

const wrongHandler = ['EVENT_COMMAND_ADD_ERROR', 400, 'Wrong handler URL'] as const

export const commandRegister = method('imbot.command.register', {
  doc: 'Makes a command of a bot; a name that the bot already has answers that command.',
  scope: 'imbot',
  params: {
    ...namedBotParams,
    COMMAND: required(wire.text(COMMAND_LENGTH), 'The command, with or without its slash.', {
      missing: 'commandMissing',
      invalid: 'commandMissing',
    }),
    EVENT_COMMAND_ADD: required(wire.text(2_000), 'Where uses of the command are told.', {
      missing: 'handlerMissing',
      invalid: 'wrongHandler',
    }),
    LANG: required(texts, 'Title and parameters by language: `LANGUAGE_ID`, `TITLE`, `PARAMS`.', {
      missing: 'textsMissing',
      invalid: 'textsMissing',
    }),
    COMMON: optional(wire.flag(), 'Whether it works in every chat, not only in those of the bot.'),
    HIDDEN: optional(wire.flag(), 'Whether it is left out of lists.'),
    EXTRANET_SUPPORT: optional(wire.flag(), 'Whether people from outside may use it.'),
  },
  result: z.int().positive().meta({ description: 'The id of the command.' }),
  errors: {
    handlerMissing: ['EVENT_COMMAND_ADD_ERROR', 400, 'Handler for "Command add" event isn\'t specified'],
    wrongHandler,
    commandMissing: ['COMMAND_ERROR', 400, "Command isn't specified"],
    ...botErrors,
    textsMissing: ['LANG_ERROR', 400, "Lang set can't be empty"],
    notCreated: ['WRONG_REQUEST', 400, "Command can't be created"],
  },
  write: async ({ params, caller, portal, now, fail }, tx) => {
    const bot = await ownBot(tx, botOwner(caller, params.CLIENT_ID), params.BOT_ID)
    if (!isHandlerUrl(params.EVENT_COMMAND_ADD)) fail('wrongHandler')
    const command = nameOf(params.COMMAND)
    if (command === '') fail('commandMissing')
    if (params.LANG.length === 0) fail('textsMissing')
    const made = {
      botId: bot.userId,
      command,
      handler: params.EVENT_COMMAND_ADD,
      common: params.COMMON ?? false,
      hidden: params.HIDDEN ?? false,
      extranet: params.EXTRANET_SUPPORT ?? false,
      texts: textsOf(params.LANG),
    }
    return registerCommand(tx, made, { ids: portal.ids, now, userId: caller.userId })
  },
})

export const commandUpdate = method('imbot.command.update', {
  doc: 'Changes a command of one of the caller’s bots.',
  scope: 'imbot',
  params: {
    COMMAND_ID: commandId,
    FIELDS: required(
      wire.object({
        COMMAND: wire.text(COMMAND_LENGTH).nullish(),
        EVENT_COMMAND_ADD: wire.text(2_000).nullish(),
        HIDDEN: wire.flag().nullish(),
        EXTRANET_SUPPORT: wire.flag().nullish(),
        LANG: texts.nullish(),
      }),
      'What changes.',
      { missing: 'nothingToUpdate', invalid: 'notUpdated' },
    ),
    CLIENT_ID: clientIdParam,
  },
  result: z.literal(true),
  errors: {
    ...commandErrors,
    wrongHandler,
    nothingToUpdate: ['WRONG_REQUEST', 400, "Update fields can't be empty"],
    notUpdated: ['WRONG_REQUEST', 400, "Command can't be updated"],
  },
  write: async ({ params, caller, portal, now, fail }, tx) => {
    const command = await ownCommand(tx, botOwner(caller, params.CLIENT_ID), params.COMMAND_ID)
    const {
      COMMAND: name,
      EVENT_COMMAND_ADD: handler,
      HIDDEN: hidden,
      EXTRANET_SUPPORT: extranet,
      LANG: lang,
    } = params.FIELDS
    if (handler && !isHandlerUrl(handler)) fail('wrongHandler')
    const change: CommandChange = {
      ...(name && nameOf(name) !== '' ? { command: nameOf(name) } : {}),
      ...(handler ? { handler } : {}),
      ...(typeof hidden === 'boolean' ? { hidden } : {}),
      ...(typeof extranet === 'boolean' ? { extranet } : {}),
      ...(lang && lang.length > 0 ? { texts: textsOf(lang) } : {}),
    }
    if (Object.keys(change).length === 0) fail('nothingToUpdate')
    await updateCommand(tx, command, change, { ids: portal.ids, now, userId: caller.userId })
    return true as const
  },
})

export const commandUnregister = method('imbot.command.unregister', {
  doc: 'Ends a command of one of the caller’s bots.',
  scope: 'imbot',
  params: { COMMAND_ID: commandId, CLIENT_ID: clientIdParam },
  result: z.literal(true),
  errors: { ...commandErrors, notDeleted: ['WRONG_REQUEST', 400, "Command can't be deleted"] },
  write: async ({ params, caller, portal, now }, tx) => {
    const command = await ownCommand(tx, botOwner(caller, params.CLIENT_ID), params.COMMAND_ID)
    await unregisterCommand(tx, command, { ids: portal.ids, now, userId: caller.userId })
    return true as const
  },
})

export const commandAnswer = method('imbot.command.answer', {
  doc: 'Answers a command in the chat in which it was sent.',
  scope: 'imbot',
  params: {
    COMMAND_ID: optional(wire.id(), 'The command; or its name in `COMMAND`.', { invalid: 'commandNotFound' }),
    COMMAND: optional(wire.text(COMMAND_LENGTH), 'The name of the command, instead of its id.', {
      invalid: 'commandNotFound',
    }),
    MESSAGE_ID: required(wire.id(), 'The message with the command.', {
      missing: 'messageIdEmpty',
      invalid: 'messageIdEmpty',
    }),
    MESSAGE: optional(wire.text(LONGEST_MESSAGE), 'The text; at most 20,000 characters.', { invalid: 'notAdded' }),
    ...messageParams,
    SYSTEM: optional(wire.flag(), 'Whether the message is shown as a notice, without an author.', {
      invalid: 'notAdded',
    }),
    CLIENT_ID: clientIdParam,
  },
  result: z.int().positive().meta({ description: 'The id of the answer.' }),
  errors: {
    ...commandErrors,
    messageIdEmpty: ['MESSAGE_ID_EMPTY', 400, "Message ID can't be empty"],
    messageEmpty: ['MESSAGE_EMPTY', 400, "Message can't be empty"],
    ...messageParamErrors,
    notAdded: ['WRONG_REQUEST', 400, "Message isn't added"],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const owner = botOwner(caller, params.CLIENT_ID)
    const command =
      params.COMMAND_ID === undefined
        ? await commandOf(tx, owner, nameOf(params.COMMAND ?? ''))
        : await ownCommand(tx, owner, params.COMMAND_ID)
    const extras = newExtrasOf(params, command.botId)
    const text = params.MESSAGE ?? ''
    if (text.trim() === '' && !extras['ATTACH']) fail('messageEmpty')
    return answerCommand(tx, command, {
      messageId: params.MESSAGE_ID,
      text,
      params: extras,
      isSystem: params.SYSTEM ?? false,
      now,
    })
  },
})
