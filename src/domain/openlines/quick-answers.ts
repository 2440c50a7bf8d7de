import type { Tx } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'
import { lastSessionOf } from './dialogs.ts'

export interface QuickAnswer {
  readonly chatId: number
  readonly messageId: number
  readonly authorId: number
  readonly now: number
}

/**
 * Keeps a message of an open channel chat as a quick answer of its line; one that is there already is not kept
 * twice. Refuses with `messageUnfit` when the chat has no such message or it has no text. Answers its id.
 */
export async function saveQuickAnswer(tx: Tx, { chatId, messageId, authorId, now }: QuickAnswer): Promise<number> {
  const session = await lastSessionOf(tx, chatId)
  const message = await tx.db
    .selectFrom('message')
    .select('text')
    .where('id', '=', messageId)
    .where('chatId', '=', chatId)
    .where('isDeleted', '=', false)
    .executeTakeFirst()
  if (!session || !message || message.text.trim() === '') throw new Refusal('messageUnfit')
  const present = await tx.db
    .selectFrom('quickAnswer')
    .select('id')
    .where('lineId', '=', session.lineId)
    .where('text', '=', message.text)
    .orderBy('id')
    .executeTakeFirst()
  if (present) return present.id
  const { id } = await tx.db
    .insertInto('quickAnswer')
    .values({ lineId: session.lineId, authorId, text: message.text, createdAt: now })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}
