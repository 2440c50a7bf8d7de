import { prepared } from '../../storage/prepared.ts'
import type { Tx } from '../../storage/store.ts'

export interface NewMember {
  readonly chatId: number
  readonly userId: number
  readonly now: number
  /** Who brought him in; 0 the system. */
  readonly invitedBy?: number
  readonly isManager?: boolean
  /** An observer reads, the conversation does not count as his. */
  readonly isHidden?: boolean
  /** Whether messages written before are kept from him. */
  readonly hideHistory?: boolean
}

/** What `chat.member-added` tells. */
export interface MemberAdded {
  readonly chatId: number
  readonly userId: number
  readonly invitedBy: number
  readonly isHidden: boolean
  readonly hideHistory: boolean
}

const memberOf = prepared<{ chatId: number; userId: number }>()((db, p) =>
  db.selectFrom('chatMember').select('isHidden').where('chatId', '=', p.chatId).where('userId', '=', p.userId),
)

const lastMessageOf = prepared<{ chatId: number }>()((db, p) =>
  db.selectFrom('chat').select('lastMessageId').where('id', '=', p.chatId),
)

/**
 * Lets somebody take part in a chat, after everything about who may was decided. Messages written before do
 * not count as unread. Somebody who only observed becomes a full participant. Answers whether anything changed.
 */
export async function addMember(tx: Tx, member: NewMember): Promise<boolean> {
  const { chatId, userId, now, invitedBy = 0, isManager = false, isHidden = false, hideHistory = false } = member
  const present = await tx.first(memberOf, { chatId, userId })
  if (present) {
    if (!present.isHidden || isHidden) return false
    await tx.db
      .updateTable('chatMember')
      .set({ isHidden: false })
      .where('chatId', '=', chatId)
      .where('userId', '=', userId)
      .execute()
  } else {
    const lastId = (await tx.first(lastMessageOf, { chatId }))?.lastMessageId ?? 0
    await tx.db
      .insertInto('chatMember')
      .values({
        chatId,
        userId,
        isManager,
        isHidden,
        lastReadId: lastId,
        hiddenUpToId: hideHistory ? lastId : 0,
        joinedAt: now,
      })
      .execute()
  }
  await tx.emit({
    type: 'chat.member-added',
    subject: `chat:${chatId}`,
    payload: { chatId, userId, invitedBy, isHidden, hideHistory } satisfies MemberAdded,
  })
  return true
}

/** Takes somebody out of a chat, after everything about who may was decided. Answers whether he was in it. */
export async function removeMember(
  tx: Tx,
  { chatId, userId, removedBy = 0 }: { chatId: number; userId: number; removedBy?: number },
): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('chatMember')
    .where('chatId', '=', chatId)
    .where('userId', '=', userId)
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) return false
  await tx.emit({ type: 'chat.member-removed', subject: `chat:${chatId}`, payload: { chatId, userId, removedBy } })
  return true
}
