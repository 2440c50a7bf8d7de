import { z } from 'zod'
import { MOST_BOTS, botOwner, listBots, ownBot, registerBot, unregisterBot, updateBot } from '../../domain/bots/bots.ts'
import { fullName } from '../../domain/people/names.ts'
import { method, optional, required } from '../method.ts'
import { out, wire, yesNo } from '../wire.ts'
import { botErrors, clientIdParam, namedBotParams, registryErrors } from './bot-call.ts'
import { handlerErrors, handlerParams, handlersOf, profileOf, propertiesSchema } from './bot-fields.ts'

/** Bots: made, changed and ended by the application or webhook that owns them. */

const CODE_LENGTH = 100

export const register = method('imbot.register', {
  doc: 'Makes a bot of the calling application or webhook; a code already in use answers the bot that has it.',
  scope: 'imbot',
  params: {
    CODE: required(wire.text(CODE_LENGTH), 'The bot’s code, unique among the bots of its owner.', {
      missing: 'codeMissing',
      invalid: 'codeMissing',
    }),
    TYPE: optional(
      wire.oneOf('B', 'O', 'S', 'H'),
      '`B` hears what is said to it, `O` works in open channels, `S` hears everything, `H` behaves like a person; `B` when left out.',
      {
        invalid: 'notCreated',
      },
    ),
    OPENLINE: optional(wire.flag(), 'Whether it works in open channels too; always so for `O`.', {
      invalid: 'notCreated',
    }),
    ...handlerParams,
    CLIENT_ID: clientIdParam,
    PROPERTIES: required(propertiesSchema, 'Its profile: `NAME` or `LAST_NAME`, and more.', {
      missing: 'nameMissing',
      invalid: 'notCreated',
    }),
  },
  result: z.int().positive().meta({ description: 'The id of the bot.' }),
  errors: {
    ...registryErrors,
    messageAddMissing: ['EVENT_MESSAGE_ADD_ERROR', 400, 'Handler for "Message add" event isn\'t specified'],
    welcomeMessageMissing: ['EVENT_WELCOME_MESSAGE_ERROR', 400, 'Handler for "Welcome message" event isn\'t specified'],
    botDeleteMissing: ['EVENT_BOT_DELETE_ERROR', 400, 'Handler for "Bot delete" event isn\'t specified'],
    ...handlerErrors,
    codeMissing: ['CODE_ERROR', 400, "Bot code isn't specified"],
    nameMissing: ['NAME_ERROR', 400, "Bot name isn't specified"],
    tooManyBots: ['MAX_COUNT_ERROR', 400, `Has reached the maximum number of bots for application (max: ${MOST_BOTS})`],
    notCreated: ['WRONG_REQUEST', 400, "Bot can't be created"],
  },
  write: ({ params, caller, portal, now, fail }, tx) => {
    const owner = botOwner(caller, params.CLIENT_ID) ?? fail('clientIdMissing')
    const handlers = handlersOf(params)
    for (const event of ['messageAdd', 'welcomeMessage', 'botDelete'] as const) {
      if (handlers[event] === undefined) fail(`${event}Missing`)
    }
    const profile = profileOf(params.PROPERTIES)
    if (`${profile.name ?? ''}${profile.lastName ?? ''}`.trim() === '') fail('nameMissing')
    return registerBot(tx, {
      owner,
      code: params.CODE,
      type: params.TYPE ?? 'B',
      openLines: params.OPENLINE ?? false,
      handlers,
      profile,
      by: { ids: portal.ids, now, userId: caller.userId },
    })
  },
})

const some = (max: number) => wire.text(max).nullish()
const updateFields = wire.object({
  CODE: some(CODE_LENGTH),
  EVENT_HANDLER: some(2_000),
  EVENT_MESSAGE_ADD: some(2_000),
  EVENT_MESSAGE_UPDATE: some(2_000),
  EVENT_MESSAGE_DELETE: some(2_000),
  EVENT_WELCOME_MESSAGE: some(2_000),
  EVENT_BOT_DELETE: some(2_000),
  PROPERTIES: propertiesSchema.nullish(),
})

export const update = method('imbot.update', {
  doc: 'Changes the code, the profile or the addresses of a bot; its type stays.',
  scope: 'imbot',
  params: {
    ...namedBotParams,
    FIELDS: required(updateFields, 'What changes: `CODE`, `EVENT_…`, `PROPERTIES`.', {
      missing: 'nothingToUpdate',
      invalid: 'notUpdated',
    }),
  },
  result: z.literal(true),
  errors: {
    ...registryErrors,
    ...botErrors,
    ...handlerErrors,
    nameMissing: ['NAME_ERROR', 400, "Bot name isn't specified"],
    nothingToUpdate: ['WRONG_REQUEST', 400, "Update fields can't be empty"],
    notUpdated: ['WRONG_REQUEST', 400, "Bot can't be updated"],
  },
  write: async ({ params, caller, portal, now, fail }, tx) => {
    const owner = botOwner(caller, params.CLIENT_ID) ?? fail('clientIdMissing')
    const bot = await ownBot(tx, owner, params.BOT_ID)
    const handlers = handlersOf(params.FIELDS)
    const profile = profileOf(params.FIELDS.PROPERTIES ?? {})
    const code = params.FIELDS.CODE || undefined
    const names = [profile.name, profile.lastName].filter((name) => name !== undefined)
    if (names.length === 2 && names.every((name) => name.trim() === '')) fail('nameMissing')
    const changed = code !== undefined || Object.keys(handlers).length + Object.keys(profile).length > 0
    if (!changed) fail('nothingToUpdate')
    const change = { code, handlers, ...(Object.keys(profile).length > 0 ? { profile } : {}) }
    await updateBot(tx, bot, change, { ids: portal.ids, now, userId: caller.userId })
    return true as const
  },
})

export const unregister = method('imbot.unregister', {
  doc: 'Ends a bot: it leaves its chats and answers no more; what it said stays.',
  scope: 'imbot',
  params: namedBotParams,
  result: z.literal(true),
  errors: { ...registryErrors, ...botErrors, notDeleted: ['WRONG_REQUEST', 400, "Bot can't be deleted"] },
  write: async ({ params, caller, now, fail }, tx) => {
    const owner = botOwner(caller, params.CLIENT_ID) ?? fail('clientIdMissing')
    await unregisterBot(tx, await ownBot(tx, owner, params.BOT_ID), now)
    return true as const
  },
})

const botSchema = z.strictObject({ ID: z.int().positive(), NAME: z.string(), CODE: z.string(), OPENLINE: out.yesNo() })

export const botList = method('imbot.bot.list', {
  doc: 'Lists the bots of the portal.',
  scope: 'imbot',
  params: {},
  result: z
    .union([z.record(z.string().regex(/^\d+$/), botSchema), z.array(z.never()).length(0)])
    .meta({ description: 'By the ids of the bots; PHP’s empty array where there are none.' }),
  errors: { wrongAuthType: registryErrors.wrongAuthType },
  read: async (_, read) => {
    const bots = await listBots(read)
    if (bots.length === 0) return []
    return Object.fromEntries(
      bots.map((bot) => [
        bot.userId,
        { ID: bot.userId, NAME: fullName(bot), CODE: bot.code, OPENLINE: yesNo(bot.openLines) },
      ]),
    )
  },
})
