import type { ChatKind } from '../../storage/schema/chats.ts'
import type { Reader } from '../../storage/store.ts'

export interface RecentQuery {
  readonly userId: number
  readonly kinds: readonly ChatKind[]
  /** Only chats whose last message is older than this. */
  readonly olderThan?: number | undefined
  /** Only chats in which something was written since. */
  readonly since?: number | undefined
  readonly unreadOnly?: boolean
  /** Only chats in which he may delete what others wrote. */
  readonly managedOnly?: boolean
  /** Without open channel chats that nobody answers yet. */
  readonly withoutUnanswered?: boolean
  readonly limit: number
  readonly offset: number
}

/** The chats of somebody by their last message, newest first; those in which nothing was written are left out. */
export async function recentChats(read: Reader, query: RecentQuery) {
  if (query.kinds.length === 0) return []
  let chats = read.db
    .selectFrom('chatMember')
    .innerJoin('chat', 'chat.id', 'chatMember.chatId')
    .innerJoin('message', 'message.id', 'chat.lastMessageId')
    .leftJoin('chatMember as other', (join) =>
      join
        .onRef('other.chatId', '=', 'chat.id')
        .on('chat.kind', '=', 'private')
        .onRef('other.userId', '!=', 'chatMember.userId'),
    )
    .select(['chat.id as chatId', 'chat.kind', 'chatMember.pinned', 'other.userId as otherId'])
    .select(['message.id', 'message.authorId', 'message.text', 'message.isSystem', 'message.isDeleted'])
    .select(['message.params', 'message.createdAt'])
    .where('chatMember.userId', '=', query.userId)
    .where('chatMember.isHidden', '=', false)
    .where('chat.kind', 'in', query.kinds)
  if (query.olderThan !== undefined) chats = chats.where('message.createdAt', '<', query.olderThan)
  if (query.since !== undefined) chats = chats.where('message.createdAt', '>=', query.since)
  if (query.managedOnly) {
    chats = chats.where((eb) => eb.and([eb('chat.kind', '=', 'chat'), eb('chatMember.isManager', '=', true)]))
  }
  if (query.unreadOnly) {
    chats = chats.where((eb) =>
      eb.exists(
        eb
          .selectFrom('message as unread')
          .select('unread.id')
          .whereRef('unread.chatId', '=', 'chat.id')
          .whereRef('unread.id', '>', 'chatMember.lastReadId')
          .where('unread.authorId', '!=', query.userId)
          .where('unread.isDeleted', '=', false),
      ),
    )
  }
  if (query.withoutUnanswered) {
    chats = chats.where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('session')
            .select('session.id')
            .whereRef('session.chatId', '=', 'chat.id')
            .where('session.operatorId', '=', 0)
            .where('session.state', '!=', 'closed'),
        ),
      ),
    )
  }
  return chats.orderBy('chat.lastMessageId', 'desc').limit(query.limit).offset(query.offset).execute()
}

export type RecentChat = Awaited<ReturnType<typeof recentChats>>[number]

/** The newest session of each of these open channel chats. */
export async function lastSessions(read: Reader, chatIds: readonly number[]) {
  if (chatIds.length === 0) return []
  return read.db
    .selectFrom('session')
    .select(['id', 'chatId', 'state', 'createdAt'])
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('session as newest')
        .select((q) => q.fn.max('newest.id').as('id'))
        .where('newest.chatId', 'in', chatIds)
        .groupBy('newest.chatId'),
    )
    .execute()
}
