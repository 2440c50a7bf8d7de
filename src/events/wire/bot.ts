import { chatType } from '../../domain/chats/chat-type.ts'
import type { MemberAdded } from '../../domain/chats/members.ts'
import { mentionedIn, withoutMention } from '../../domain/chats/mentions.ts'
import type { MessageAdded, MessageDeleted, MessageUpdated } from '../../domain/chats/messages.ts'
import type { BotEvent, BotUnregistered } from '../../domain/bots/bots.ts'
import { loadSettings } from '../../domain/portals/settings.ts'
import { isoDate } from '../../kernel/iso-date.ts'
import type { JsonObject } from '../../kernel/json.ts'
import type { Reader } from '../../storage/store.ts'
import { botsCommanded } from './bot-command.ts'
import type { BotTold, BotWireEvent } from './bot-event.ts'
import {
  type BotInChat,
  type Scene,
  chatFields,
  dialogOf,
  entityData,
  entityOf,
  hasBots,
  loadScene,
  personWithKind,
  personWithPosition,
} from './bot-scene.ts'
import { sentFields } from './bot-sent.ts'

/** What bots hear: each at its own address, by its type. */

const SCOPE = 'imbot'

/** A message as bots are told of it, with whoever wrote it. */
interface Heard {
  readonly messageId: number
  readonly authorId: number
  readonly mentioned: readonly number[]
}

/**
 * Whether a bot hears a message: all of its own open channel chats and of two people, in groups those that name it.
 * A supervisor (`S`) hears everything where it takes part. Nobody hears himself.
 */
function hears(bot: BotInChat, { chat }: Scene, { messageId, authorId, mentioned }: Heard): boolean {
  if (bot.userId === authorId || messageId <= bot.hiddenUpToId) return false
  if (bot.type === 'S') return true
  if (chat.kind === 'lines') return bot.openLines
  return chat.kind === 'private' || mentioned.includes(bot.userId)
}

/** Of changes a bot for open channels hears in open channels only. */
function hearsChange(bot: BotInChat, scene: Scene, heard: Heard): boolean {
  return hears(bot, scene, heard) && (bot.type !== 'O' || scene.chat.kind === 'lines')
}

/** What goes to one bot; nothing where it has no address for it. */
function toldTo(bot: BotInChat, handler: BotEvent, event: string, data: JsonObject): BotTold[] {
  const address = bot.handlers[handler] ?? ''
  if (address === '') return []
  const id = String(bot.userId)
  return [
    {
      botId: bot.userId,
      owner: bot.owner,
      address,
      event,
      data: { BOT: { [id]: { BOT_ID: id, BOT_CODE: bot.code } }, ...data },
      authAt: ['BOT', id],
    },
  ]
}

async function messageNow(read: Reader, id: number) {
  return read.db
    .selectFrom('message')
    .select(['text', 'isSystem'])
    .where('id', '=', id)
    .where('isDeleted', '=', false)
    .executeTakeFirst()
}

function mentionFields(scene: Scene, text: string, mentioned: readonly number[]): JsonObject {
  if (scene.chat.kind === 'private') return {}
  return { MENTIONED_LIST: Object.fromEntries(mentioned.map((id) => [id, String(id)])), MESSAGE_ORIGINAL: text }
}

/** To whom a message in a group is said: to the bot that it names, else to everybody (`0`). */
function addressee(scene: Scene, bot: BotInChat, mentioned: readonly number[]): string {
  return String(scene.chat.kind === 'private' || mentioned.includes(bot.userId) ? bot.userId : 0)
}

function textFor(scene: Scene, bot: BotInChat, text: string): string {
  return scene.chat.kind === 'private' ? text : withoutMention(text, bot.userId)
}

export const botMessageAdd: BotWireEvent = {
  name: 'ONIMBOTMESSAGEADD',
  doc: 'Something has been said to the bot, or in a chat that it hears.',
  scope: SCOPE,
  on: 'message.added',
  async tell({ event, read }) {
    const { chatId, messageId, authorId, isSystem, skipConnector } = event.payload as MessageAdded
    if (isSystem || authorId === 0 || !(await hasBots(read, chatId))) return []
    const [scene, message] = [await loadScene(read, chatId, authorId), await messageNow(read, messageId)]
    if (!scene || !message) return []
    const mentioned = mentionedIn(message.text)
    const heard = { messageId, authorId, mentioned }
    // A command goes to the address of the command instead.
    const commanded = await botsCommanded(read, scene, message.text)
    const bots = scene.bots.filter((bot) => hears(bot, scene, heard) && !commanded.includes(bot.userId))
    if (bots.length === 0) return []
    const fields = scene.chat.kind === 'private' ? {} : await chatFields(read, scene, messageId, authorId)
    return bots.flatMap((bot) =>
      toldTo(bot, 'messageAdd', botMessageAdd.name, {
        PARAMS: {
          ...sentFields(scene, { messageId, authorId, text: textFor(scene, bot, message.text), skipConnector }),
          ...fields,
          ...mentionFields(scene, message.text, mentioned),
          TO_USER_ID: addressee(scene, bot, mentioned),
          COMMAND_CONTEXT: 'TEXTAREA',
          CHAT_USER_COUNT: String(scene.members.length),
          PLATFORM_CONTEXT: '',
        },
        USER: personWithKind(scene),
      }),
    )
  },
}

/** What is told of a message that was changed or is gone. */
async function changedFields(read: Reader, scene: Scene, { messageId, authorId }: Heard): Promise<JsonObject> {
  const { chat } = scene
  const type = chatType(chat)
  const { CHAT_ENTITY_TYPE: entityType, CHAT_ENTITY_ID: entityId } = entityOf(scene)
  return {
    ID: String(messageId),
    CHAT_ID: String(chat.id),
    AUTHOR_ID: String(authorId),
    MESSAGE_TYPE: type,
    CHAT_AUTHOR_ID: String(chat.ownerId),
    ...(chat.kind === 'private' ? {} : { CHAT_ENTITY_TYPE: entityType }),
    CHAT_ENTITY_ID: entityId,
    ...(await entityData(read, scene)),
    DIALOG_ID: dialogOf(scene, authorId),
    MESSAGE_ID: String(messageId),
    CHAT_TYPE: type,
    LANGUAGE: scene.language,
  }
}

export const botMessageUpdate: BotWireEvent = {
  name: 'ONIMBOTMESSAGEUPDATE',
  doc: 'A message that the bot hears has been changed.',
  scope: SCOPE,
  on: 'message.updated',
  async tell({ event, read }) {
    const { chatId, messageId, authorId } = event.payload as MessageUpdated
    if (authorId === 0 || !(await hasBots(read, chatId))) return []
    const [scene, message] = [await loadScene(read, chatId, authorId), await messageNow(read, messageId)]
    if (!scene || !message || message.isSystem) return []
    const mentioned = mentionedIn(message.text)
    const heard = { messageId, authorId, mentioned }
    const bots = scene.bots.filter((bot) => hearsChange(bot, scene, heard))
    const fields = await changedFields(read, scene, heard)
    return bots.flatMap((bot) =>
      toldTo(bot, 'messageUpdate', botMessageUpdate.name, {
        PARAMS: {
          ...fields,
          ...mentionFields(scene, message.text, mentioned),
          ...(scene.chat.kind === 'private' ? { FROM_USER_ID: String(authorId) } : {}),
          MESSAGE: textFor(scene, bot, message.text),
          TO_USER_ID: addressee(scene, bot, mentioned),
          CHAT_USER_COUNT: String(scene.members.length),
          PLATFORM_CONTEXT: '',
        },
        USER: personWithKind(scene),
      }),
    )
  },
}

export const botMessageDelete: BotWireEvent = {
  name: 'ONIMBOTMESSAGEDELETE',
  doc: 'A message that the bot heard has been deleted.',
  scope: SCOPE,
  on: 'message.deleted',
  async tell({ event, read }) {
    const { chatId, messageId, authorId, isSystem, mentioned, writtenAt } = event.payload as MessageDeleted
    if (isSystem || authorId === 0 || !(await hasBots(read, chatId))) return []
    const scene = await loadScene(read, chatId, authorId)
    if (!scene) return []
    const heard = { messageId, authorId, mentioned }
    const bots = scene.bots.filter((bot) => hearsChange(bot, scene, heard))
    const fields = await changedFields(read, scene, heard)
    const { timeZone } = await loadSettings(read)
    return bots.flatMap((bot) =>
      toldTo(bot, 'messageDelete', botMessageDelete.name, {
        PARAMS: { ...fields, MESSAGE: `The message of ${isoDate(writtenAt, timeZone)} was deleted` },
        USER: personWithKind(scene),
      }),
    )
  },
}

export const botJoinChat: BotWireEvent = {
  name: 'ONIMBOTJOINCHAT',
  doc: 'Somebody has brought the bot into a chat, or begun to talk with it.',
  scope: SCOPE,
  on: 'chat.member-added',
  async tell({ event, read }) {
    const { chatId, userId, invitedBy, hideHistory } = event.payload as MemberAdded
    // Where it went by itself it need not be told.
    if (userId === invitedBy || !(await hasBots(read, chatId))) return []
    const scene = await loadScene(read, chatId, invitedBy)
    const bot = scene?.bots.find((other) => other.userId === userId)
    if (!scene || !bot) return []
    const { chat } = scene
    const type = chatType(chat)
    const [botId, personId] = [String(userId), String(invitedBy)]
    return toldTo(bot, 'welcomeMessage', botJoinChat.name, {
      PARAMS: {
        CHAT_TYPE: type,
        MESSAGE_TYPE: type,
        BOT_ID: botId,
        USER_ID: personId,
        ...(chat.kind === 'private'
          ? { TO_USER_ID: personId, FROM_USER_ID: botId }
          : {
              CHAT_ID: String(chat.id),
              CHAT_AUTHOR_ID: String(chat.ownerId),
              ...entityOf(scene),
              ACCESS_HISTORY: hideHistory ? '0' : '1',
            }),
        DIALOG_ID: dialogOf(scene, invitedBy),
        LANGUAGE: scene.language,
      },
      USER: personWithPosition(scene),
    })
  },
}

export const botDelete: BotWireEvent = {
  name: 'ONIMBOTDELETE',
  doc: 'The bot has been ended.',
  scope: SCOPE,
  on: 'bot.unregistered',
  tell({ event }) {
    const { botId, code, owner, handler } = event.payload as BotUnregistered
    const data = { BOT_ID: String(botId), BOT_CODE: code }
    return Promise.resolve(handler === '' ? [] : [{ botId, owner, address: handler, event: botDelete.name, data }])
  },
}
