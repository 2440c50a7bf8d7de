import type { Selectable } from 'kysely'
import type { ChatTable } from '../../storage/schema/chats.ts'
import type { UserKind } from '../../storage/schema/people.ts'
import type { Reader } from '../../storage/store.ts'
import { fullName } from '../people/names.ts'

export interface MemberFacts {
  readonly userId: number
  readonly name: string
  readonly kind: UserKind
  readonly isManager: boolean
  readonly muted: boolean
  readonly lastReadId: number
  readonly lastReadAt: number | null
}

/** A chat as one of its viewers sees it. */
export interface ChatFacts {
  readonly chat: Selectable<ChatTable>
  readonly members: readonly MemberFacts[]
  /** The viewer's own membership, if he takes part. */
  readonly viewer: MemberFacts | undefined
  readonly unreadCount: number
  /** The first message that the viewer has not read, 0 when there is none. */
  readonly firstUnreadId: number
  /** Who wrote the last message; 0 the system, or nobody. */
  readonly lastAuthorId: number
}

function unreadOf(read: Reader, chatIds: readonly number[], viewerId: number) {
  return read.db
    .selectFrom('chatMember')
    .innerJoin('message', (join) =>
      join.onRef('message.chatId', '=', 'chatMember.chatId').onRef('message.id', '>', 'chatMember.lastReadId'),
    )
    .select((eb) => [
      'message.chatId',
      eb.fn.count<number>('message.id').as('count'),
      eb.fn.min('message.id').as('first'),
    ])
    .where('chatMember.userId', '=', viewerId)
    .where('chatMember.chatId', 'in', chatIds)
    .where('message.authorId', '!=', viewerId)
    .where('message.isDeleted', '=', false)
    .groupBy('message.chatId')
    .execute()
}

/** What is shown of chats, in a handful of queries however many there are. Order follows the ids; unknown ones are left out. */
export async function chatFacts(read: Reader, chatIds: readonly number[], viewerId: number): Promise<ChatFacts[]> {
  if (chatIds.length === 0) return []
  const chats = await read.db
    .selectFrom('chat')
    .leftJoin('message', 'message.id', 'chat.lastMessageId')
    .selectAll('chat')
    .select('message.authorId as lastAuthorId')
    .where('chat.id', 'in', chatIds)
    .execute()
  const members = await read.db
    .selectFrom('chatMember')
    .innerJoin('user', 'user.id', 'chatMember.userId')
    .select(['chatMember.chatId', 'chatMember.userId', 'chatMember.isManager', 'chatMember.muted'])
    .select(['chatMember.lastReadId', 'chatMember.lastReadAt', 'user.kind', 'user.name', 'user.lastName', 'user.email'])
    .where('chatMember.chatId', 'in', chatIds)
    .orderBy('chatMember.userId')
    .execute()
  const unread = new Map((await unreadOf(read, chatIds, viewerId)).map((row) => [row.chatId, row]))
  const chatOf = new Map(chats.map((chat) => [chat.id, chat]))
  const membersOf = new Map<number, MemberFacts[]>(chatIds.map((id) => [id, []]))
  for (const { chatId, name, lastName, email, ...member } of members) {
    membersOf.get(chatId)?.push({ ...member, name: fullName({ name, lastName, email }) })
  }
  return chatIds.flatMap((id) => {
    const row = chatOf.get(id)
    if (!row) return []
    const { lastAuthorId, ...chat } = row
    const inChat = membersOf.get(id) ?? []
    return {
      chat,
      members: inChat,
      viewer: inChat.find((member) => member.userId === viewerId),
      unreadCount: unread.get(id)?.count ?? 0,
      firstUnreadId: unread.get(id)?.first ?? 0,
      lastAuthorId: lastAuthorId ?? 0,
    }
  })
}
