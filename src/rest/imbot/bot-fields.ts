import { z } from 'zod'
import { BOT_EVENTS, type BotEvent, type BotHandlers, type BotProfile } from '../../domain/bots/bots.ts'
import { Refusal } from '../../domain/refusal.ts'
import { colorByName } from '../../domain/chats/colors.ts'
import { type Errors, optional } from '../method.ts'
import { wire } from '../wire.ts'
import { isHandlerUrl } from './bot-call.ts'

/** What describes a bot on the wire: its profile and the addresses of its events. */

const some = (max: number) => wire.text(max).nullish()

export const propertiesSchema = wire.object({
  NAME: some(100),
  LAST_NAME: some(100),
  COLOR: some(20),
  EMAIL: some(255),
  PERSONAL_BIRTHDAY: some(20),
  WORK_POSITION: some(255),
  PERSONAL_WWW: some(500),
  PERSONAL_GENDER: some(10),
  GENDER: some(10),
  PERSONAL_PHOTO: wire.json().nullish(),
})

export type Properties = z.output<typeof propertiesSchema>

const EVENT_NAMES = {
  messageAdd: 'EVENT_MESSAGE_ADD',
  messageUpdate: 'EVENT_MESSAGE_UPDATE',
  messageDelete: 'EVENT_MESSAGE_DELETE',
  welcomeMessage: 'EVENT_WELCOME_MESSAGE',
  botDelete: 'EVENT_BOT_DELETE',
} as const satisfies Record<BotEvent, string>

const address = (doc: string) => optional(wire.text(2_000), doc)

export const handlerParams = {
  EVENT_HANDLER: address('One address for all events; wins over those named one by one.'),
  EVENT_MESSAGE_ADD: address('Where new messages are told.'),
  EVENT_MESSAGE_UPDATE: address('Where changed messages are told; not for bots that hear only what is said to them.'),
  EVENT_MESSAGE_DELETE: address('Where deleted messages are told; not for bots that hear only what is said to them.'),
  EVENT_WELCOME_MESSAGE: address('Where it is told that the bot was invited into a chat.'),
  EVENT_BOT_DELETE: address('Where it is told that the bot was ended.'),
}

export const handlerErrors = {
  messageAddWrong: ['EVENT_MESSAGE_ADD_ERROR', 400, 'Wrong handler URL'],
  messageUpdateWrong: ['EVENT_MESSAGE_UPDATE_ERROR', 400, 'Wrong handler URL'],
  messageDeleteWrong: ['EVENT_MESSAGE_DELETE_ERROR', 400, 'Wrong handler URL'],
  welcomeMessageWrong: ['EVENT_WELCOME_MESSAGE_ERROR', 400, 'Wrong handler URL'],
  botDeleteWrong: ['EVENT_BOT_DELETE_ERROR', 400, 'Wrong handler URL'],
} as const satisfies Errors

type SentHandlers = { readonly [Name in keyof typeof handlerParams]?: string | null | undefined }

/** The addresses that were sent, each checked. Refuses with `{event}Wrong`. */
export function handlersOf(sent: SentHandlers): BotHandlers {
  const handlers: BotHandlers = {}
  for (const event of BOT_EVENTS) {
    const url = sent.EVENT_HANDLER || sent[EVENT_NAMES[event]]
    if (!url) continue
    if (!isHandlerUrl(url)) throw new Refusal(`${event}Wrong`)
    handlers[event] = url
  }
  return handlers
}

/** Only a web address is kept of a photo: files sent in the call have no place to be kept yet. */
function avatarOf(photo: unknown): { avatarUrl?: string } {
  return typeof photo === 'string' && isHandlerUrl(photo) ? { avatarUrl: photo } : {}
}

/** The profile that was sent; what was not sent is left out. A colour with an unknown name is passed over. */
export function profileOf(sent: Properties): BotProfile {
  const color = colorByName(sent.COLOR ?? '')
  const gender = sent.PERSONAL_GENDER ?? sent.GENDER
  const extra = {
    ...(typeof sent.PERSONAL_BIRTHDAY === 'string' ? { PERSONAL_BIRTHDAY: sent.PERSONAL_BIRTHDAY } : {}),
    ...(typeof sent.PERSONAL_WWW === 'string' ? { PERSONAL_WWW: sent.PERSONAL_WWW } : {}),
  }
  return {
    ...(typeof sent.NAME === 'string' ? { name: sent.NAME } : {}),
    ...(typeof sent.LAST_NAME === 'string' ? { lastName: sent.LAST_NAME } : {}),
    ...(typeof sent.EMAIL === 'string' ? { email: sent.EMAIL } : {}),
    ...(typeof sent.WORK_POSITION === 'string' ? { workPosition: sent.WORK_POSITION } : {}),
    ...(gender === 'M' || gender === 'F' ? { gender } : {}),
    ...(color === undefined ? {} : { color }),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
    ...avatarOf(sent.PERSONAL_PHOTO),
  }
}
