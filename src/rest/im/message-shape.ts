import { z } from 'zod'
import { sha256 } from '../../kernel/hash.ts'
import { isoDate } from '../envelope.ts'
import { out } from '../wire.ts'

/** A message as `im.dialog.messages.get` shows it. */

export const messageSchema = z.strictObject({
  id: z.int().positive(),
  chat_id: z.int().positive(),
  author_id: z.int().nonnegative(),
  date: out.dateTime(),
  text: z.string(),
  unread: z.boolean(),
  uuid: z.uuid().nullable(),
  replaces: z.array(z.never()),
  /** By wire name; PHP's empty array where there is nothing. */
  params: z.union([z.record(z.string(), z.unknown()), z.array(z.never()).length(0)]),
  disappearing_date: z.null(),
})

export type WireMessage = z.output<typeof messageSchema>

/** The columns of a message that are shown. */
export interface MessageRow {
  readonly id: number
  readonly chatId: number
  readonly authorId: number
  readonly text: string
  readonly isSystem: boolean
  readonly isDeleted: boolean
  readonly params: Record<string, unknown>
  readonly createdAt: number
}

/** Who looks, and up to where he has read. */
export interface MessageViewer {
  readonly userId: number
  readonly lastReadId: number
  readonly timeZone: string
  /** The portal's member id: the uuid of a message is made from it and the message's id. */
  readonly memberId: string
}

/** What goes with a message on the wire: nothing of it when the message is deleted but the mark. */
export function paramsOf({ params, isDeleted }: Pick<MessageRow, 'params' | 'isDeleted'>): WireMessage['params'] {
  if (isDeleted) return { IS_DELETED: 'Y' }
  return Object.keys(params).length === 0 ? [] : params
}

/** A message's text; a deleted one has none. */
export function textOf({ text, isDeleted }: Pick<MessageRow, 'text' | 'isDeleted'>): string {
  return isDeleted ? '' : text
}

/** The unique id of a message: always the same for the same message of the same portal. */
export function messageUuid(memberId: string, messageId: number): string {
  const hex = sha256(`${memberId}:message:${messageId}`)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export function showMessage(message: MessageRow, viewer: MessageViewer): WireMessage {
  return {
    id: message.id,
    chat_id: message.chatId,
    author_id: message.authorId,
    date: isoDate(message.createdAt, viewer.timeZone),
    text: textOf(message),
    unread: message.id > viewer.lastReadId && message.authorId !== viewer.userId,
    uuid: message.isSystem ? null : messageUuid(viewer.memberId, message.id),
    replaces: [],
    params: paramsOf(message),
    disappearing_date: null,
  }
}
