import type { ChatKind } from '../../storage/schema/chats.ts'
import type { Tx } from '../../storage/store.ts'

export interface NewChat {
  readonly kind: ChatKind
  readonly title: string
  readonly description?: string
  readonly ownerId?: number
  readonly color?: string
  readonly avatarUrl?: string
  readonly code?: string
  readonly isOpen?: boolean
  /** What an integration ties a group chat to, in its own words. */
  readonly entityType?: string
  readonly entityId?: string
  readonly now: number
}

/** Makes a chat in which nobody takes part yet. Answers its id. */
export async function createChat(tx: Tx, { now, code, ...chat }: NewChat): Promise<number> {
  const { id } = await tx.db
    .insertInto('chat')
    .values({ ...chat, code: code ?? null, createdAt: now, updatedAt: now })
    .returning('id')
    .executeTakeFirstOrThrow()
  await tx.emit({ type: 'chat.added', subject: `chat:${id}`, payload: { chatId: id, kind: chat.kind } })
  return id
}

/** Makes a participant the one who answers for the chat; 0 is nobody. */
export async function setChatOwner(tx: Tx, chatId: number, ownerId: number, now: number): Promise<void> {
  await tx.db.updateTable('chat').set({ ownerId, updatedAt: now }).where('id', '=', chatId).execute()
  await tx.db
    .updateTable('chatMember')
    .set({ isManager: true })
    .where('chatId', '=', chatId)
    .where('userId', '=', ownerId)
    .execute()
  await tx.emit({ type: 'chat.updated', subject: `chat:${chatId}`, payload: { chatId } })
}
