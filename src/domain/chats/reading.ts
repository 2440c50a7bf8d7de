import { prepared } from '../../storage/prepared.ts'
import type { ChatKind } from '../../storage/schema/chats.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import type { Participation } from './dialogs.ts'

const unreadAfter = prepared<{ chatId: number; userId: number; lastReadId: number }>()((db, p) =>
  db
    .selectFrom('message')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('chatId', '=', p.chatId)
    .where('id', '>', p.lastReadId)
    .where('authorId', '!=', p.userId)
    .where('isDeleted', '=', false),
)

const newestUpTo = prepared<{ chatId: number; upTo: number }>()((db, p) =>
  db
    .selectFrom('message')
    .select((eb) => eb.fn.max('id').as('id'))
    .where('chatId', '=', p.chatId)
    .where('id', '<=', p.upTo),
)

/** How many messages of others somebody has not read in a chat. */
export async function unreadCount(read: Reader, chatId: number, userId: number, lastReadId: number): Promise<number> {
  return (await read.first(unreadAfter, { chatId, userId, lastReadId }))?.count ?? 0
}

/**
 * Marks a chat as read, up to a message or whole. A mark never goes back. Answers up to where it is read now
 * and how many messages remain.
 */
export async function markRead(
  tx: Tx,
  dialog: Participation,
  userId: number,
  upTo: number | undefined,
  now: number,
): Promise<{ lastReadId: number; unread: number }> {
  const { chatId } = dialog
  const newest = await tx.first(newestUpTo, { chatId, upTo: upTo ?? Number.MAX_SAFE_INTEGER })
  const lastReadId = Math.max(dialog.lastReadId, newest?.id ?? 0)
  if (lastReadId > dialog.lastReadId) {
    await tx.db
      .updateTable('chatMember')
      .set({ lastReadId, lastReadAt: now })
      .where('chatId', '=', chatId)
      .where('userId', '=', userId)
      .execute()
    await tx.emit({ type: 'chat.read', subject: `chat:${chatId}`, payload: { chatId, userId, messageId: lastReadId } })
  }
  return { lastReadId, unread: await unreadCount(tx, chatId, userId, lastReadId) }
}

/** Marks a message and all after it as unread. Answers whether there is such a message in the chat. */
export async function markUnread(tx: Tx, dialog: Participation, userId: number, messageId: number): Promise<boolean> {
  const { chatId } = dialog
  const found = await tx.first(newestUpTo, { chatId, upTo: messageId })
  if (found?.id !== messageId || messageId <= dialog.hiddenUpToId) return false
  const lastReadId = messageId - 1
  await tx.db
    .updateTable('chatMember')
    .set({ lastReadId })
    .where('chatId', '=', chatId)
    .where('userId', '=', userId)
    .execute()
  await tx.emit({ type: 'chat.read', subject: `chat:${chatId}`, payload: { chatId, userId, messageId: lastReadId } })
  return true
}

export interface UnreadChat {
  readonly chatId: number
  readonly kind: ChatKind
  readonly muted: boolean
  /** The other person of a private chat. */
  readonly otherId: number | null
  readonly count: number
}

const unreadChats = prepared<{ userId: number }>()((db, p) =>
  db
    .selectFrom('chatMember')
    .innerJoin('chat', 'chat.id', 'chatMember.chatId')
    .innerJoin('message', (join) =>
      join.onRef('message.chatId', '=', 'chatMember.chatId').onRef('message.id', '>', 'chatMember.lastReadId'),
    )
    .leftJoin('chatMember as other', (join) =>
      join
        .onRef('other.chatId', '=', 'chat.id')
        .on('chat.kind', '=', 'private')
        .onRef('other.userId', '!=', 'chatMember.userId'),
    )
    .select(['chat.id as chatId', 'chat.kind', 'chatMember.muted', 'other.userId as otherId'])
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('chatMember.userId', '=', p.userId)
    .where('chatMember.isHidden', '=', false)
    .where('message.authorId', '!=', p.userId)
    .where('message.isDeleted', '=', false)
    .groupBy(['chat.id', 'chat.kind', 'chatMember.muted', 'other.userId'])
    .orderBy('chat.id'),
)

/** Every chat in which somebody has unread messages. */
export async function unreadChatsOf(read: Reader, userId: number): Promise<UnreadChat[]> {
  return read.all(unreadChats, { userId })
}

/** Marks every chat of somebody as read. */
export async function markAllRead(tx: Tx, userId: number, now: number): Promise<void> {
  for (const { chatId } of await unreadChatsOf(tx, userId)) {
    const newest = await tx.first(newestUpTo, { chatId, upTo: Number.MAX_SAFE_INTEGER })
    const messageId = newest?.id ?? 0
    await tx.db
      .updateTable('chatMember')
      .set({ lastReadId: messageId, lastReadAt: now })
      .where('chatId', '=', chatId)
      .where('userId', '=', userId)
      .execute()
    await tx.emit({ type: 'chat.read', subject: `chat:${chatId}`, payload: { chatId, userId, messageId } })
  }
}
