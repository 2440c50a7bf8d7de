import { prepared } from '../../storage/prepared.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Reader, Tx } from '../../storage/store.ts'

export interface Tie {
  readonly entityType: CrmEntityType
  readonly entityId: number
}

const tieOf = prepared<{ chatId: number; entityType: string; entityId: number }>()((db, p) =>
  db
    .selectFrom('chatCrm')
    .select('id')
    .where('chatId', '=', p.chatId)
    .where('entityType', '=', p.entityType)
    .where('entityId', '=', p.entityId)
    .where('removedAt', 'is', null),
)

/** Whether the chat is tied to the CRM entity now. */
export async function isTied(
  read: Reader,
  chatId: number,
  entityType: CrmEntityType,
  entityId: number,
): Promise<boolean> {
  return (await read.first(tieOf, { chatId, entityType, entityId })) !== undefined
}

/** The CRM entities that a chat belongs to now. */
export async function tiesOf(read: Reader, chatId: number): Promise<Tie[]> {
  const rows = await read.db
    .selectFrom('chatCrm')
    .select(['entityType', 'entityId'])
    .where('chatId', '=', chatId)
    .where('removedAt', 'is', null)
    .orderBy('id')
    .execute()
  return rows as Tie[]
}

/** Ends the ties to entities of one kind, of those that are narrowed down to; they stay as history. */
function endTies(tx: Tx, entityType: CrmEntityType, now: number) {
  return tx.db
    .updateTable('chatCrm')
    .set({ removedAt: now })
    .where('entityType', '=', entityType)
    .where('removedAt', 'is', null)
}

/** Ties a chat to a CRM entity; one of the same kind that it was tied to before gives way. */
export async function tieChat(tx: Tx, chatId: number, { entityType, entityId }: Tie, now: number): Promise<void> {
  if (await isTied(tx, chatId, entityType, entityId)) return
  await endTies(tx, entityType, now).where('chatId', '=', chatId).execute()
  await tx.db.insertInto('chatCrm').values({ chatId, entityType, entityId, createdAt: now }).execute()
  await tx.emit({ type: 'chat.tied', subject: `chat:${chatId}`, payload: { chatId, entityType, entityId } })
}

/** Takes a CRM entity that goes off all chats; the ties stay as history. */
export async function untieEntity(tx: Tx, entityType: CrmEntityType, entityId: number, now: number): Promise<void> {
  await endTies(tx, entityType, now).where('entityId', '=', entityId).execute()
}
