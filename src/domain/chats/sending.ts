import { prepared } from '../../storage/prepared.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { noteMessage } from '../openlines/sessions.ts'
import { Refusal } from '../refusal.ts'
import type { Dialog } from './dialogs.ts'
import { addMessage } from './messages.ts'
import { ensurePrivateChat } from './private-chats.ts'

export interface OutgoingMessage {
  readonly dialog: Dialog
  /** The employee or bot who writes. */
  readonly senderId: number
  readonly text: string
  readonly params?: Record<string, unknown>
  /** Shown as a notice without an author. */
  readonly isSystem?: boolean
  /** The message that this one answers. */
  readonly replyTo?: number | undefined
  readonly skipConnector?: boolean
  readonly now: number
}

const senderIn = prepared<{ chatId: number; userId: number }>()((db, p) =>
  db
    .selectFrom('chatMember')
    .innerJoin('chat', 'chat.id', 'chatMember.chatId')
    .innerJoin('user', 'user.id', 'chatMember.userId')
    .select(['chat.kind as chatKind', 'user.kind as userKind'])
    .where('chatMember.chatId', '=', p.chatId)
    .where('chatMember.userId', '=', p.userId),
)

const chatById = prepared<{ id: number }>()((db, p) => db.selectFrom('chat').select('id').where('id', '=', p.id))

const messagePlace = prepared<{ messageId: number; userId: number }>()((db, p) =>
  db
    .selectFrom('message')
    .innerJoin('chatMember', 'chatMember.chatId', 'message.chatId')
    .select('message.chatId')
    .where('message.id', '=', p.messageId)
    .where('message.isDeleted', '=', false)
    .where('chatMember.userId', '=', p.userId)
    .whereRef('message.id', '>', 'chatMember.hiddenUpToId'),
)

async function checkReply(read: Reader, chatId: number, userId: number, messageId: number): Promise<void> {
  const place = await read.first(messagePlace, { messageId, userId })
  if (!place) throw new Refusal('replyDenied')
  if (place.chatId !== chatId) throw new Refusal('replyElsewhere')
}

/**
 * Writes into a dialog on behalf of one of its participants; a private chat is made at its first message.
 * Refuses with `userNotFound`, `chatNotFound`, `accessDenied`, `replyDenied`, `replyElsewhere`. Answers the id.
 */
export async function sendMessage(tx: Tx, message: OutgoingMessage): Promise<number> {
  const { dialog, senderId, text, isSystem = false, replyTo, skipConnector = false, now } = message
  const chatId = dialog.kind === 'chat' ? dialog.chatId : await ensurePrivateChat(tx, senderId, dialog.userId, now)
  const sender = await tx.first(senderIn, { chatId, userId: senderId })
  if (!sender) throw new Refusal((await tx.first(chatById, { id: chatId })) ? 'accessDenied' : 'chatNotFound')
  if (replyTo !== undefined) await checkReply(tx, chatId, senderId, replyTo)
  const params = replyTo === undefined ? message.params : { ...message.params, REPLY_ID: replyTo }
  const messageId = await addMessage(tx, {
    chatId,
    authorId: isSystem ? 0 : senderId,
    callerId: senderId,
    text,
    isSystem,
    skipConnector,
    now,
    ...(params ? { params } : {}),
  })
  if (sender.chatKind === 'lines' && !isSystem) {
    await noteMessage(tx, { chatId, messageId, authorId: senderId, authorKind: sender.userKind, now })
  }
  return messageId
}
