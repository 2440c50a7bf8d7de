import type { Tx } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'

/** `auto` puts the reaction where there is none and takes it away where there is one. */
export const LIKE_ACTIONS = ['auto', 'plus', 'minus'] as const
export type LikeAction = (typeof LIKE_ACTIONS)[number]

/**
 * Puts a participant's reaction under a message or takes it away. Refuses with `messageNotFound`, and with
 * `nothingChanged` when it already stood so.
 */
export async function likeMessage(
  tx: Tx,
  { messageId, userId, action }: { messageId: number; userId: number; action: LikeAction },
): Promise<void> {
  const message = await tx.db
    .selectFrom('message')
    .innerJoin('chatMember', 'chatMember.chatId', 'message.chatId')
    .select(['message.chatId', 'message.authorId', 'message.params'])
    .where('message.id', '=', messageId)
    .where('message.isDeleted', '=', false)
    .where('chatMember.userId', '=', userId)
    .whereRef('message.id', '>', 'chatMember.hiddenUpToId')
    .executeTakeFirst()
  if (!message) throw new Refusal('messageNotFound')
  const likes = Array.isArray(message.params['LIKE']) ? (message.params['LIKE'] as number[]) : []
  const liked = likes.includes(userId)
  const wanted = action === 'auto' ? !liked : action === 'plus'
  if (wanted === liked) throw new Refusal('nothingChanged')
  const { LIKE: _, ...others } = message.params
  const now = wanted ? [...likes, userId] : likes.filter((id) => id !== userId)
  const params = now.length > 0 ? { ...others, LIKE: now } : others
  await tx.db.updateTable('message').set({ params }).where('id', '=', messageId).execute()
  await tx.emit({
    type: 'message.liked',
    subject: `chat:${message.chatId}`,
    payload: { messageId, chatId: message.chatId, userId, liked: wanted },
  })
}
