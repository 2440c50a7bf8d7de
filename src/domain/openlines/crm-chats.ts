import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { setChatOwner } from '../chats/chats.ts'
import { participation } from '../chats/dialogs.ts'
import { addMember, removeMember } from '../chats/members.ts'
import { type Accessor, mayAccess } from '../crm/access.ts'
import { findUser } from '../people/users.ts'
import { Refusal } from '../refusal.ts'
import { releaseSession } from './sessions.ts'
import { isTied } from './ties.ts'

export interface CrmChat {
  readonly chatId: number
  readonly connectorId: string
}

/** A CRM entity, and who asks about it. */
export interface CrmQuestion {
  readonly accessor: Accessor
  readonly entityType: CrmEntityType
  readonly entityId: number
}

/** The open channel chats tied to a CRM entity, oldest first; those with an open session alone, or all. */
export async function chatsOfEntity(
  read: Reader,
  { entityType, entityId }: Omit<CrmQuestion, 'accessor'>,
  activeOnly: boolean,
): Promise<CrmChat[]> {
  const rows = await read.db
    .selectFrom('chatCrm')
    .innerJoin('chat', 'chat.id', 'chatCrm.chatId')
    .leftJoin('session', (join) =>
      join.on('session.id', '=', (eb) =>
        eb
          .selectFrom('session as last')
          .select((last) => last.fn.max('last.id').as('id'))
          .whereRef('last.chatId', '=', 'chat.id'),
      ),
    )
    .select(['chat.id as chatId', 'chat.code', 'session.connectorId', 'session.state'])
    .where('chatCrm.entityType', '=', entityType)
    .where('chatCrm.entityId', '=', entityId)
    .where('chatCrm.removedAt', 'is', null)
    .orderBy('chat.id')
    .execute()
  return rows
    .filter((row) => !activeOnly || (row.state !== null && row.state !== 'closed'))
    .map((row) => ({ chatId: row.chatId, connectorId: row.connectorId ?? row.code?.split('|', 1)[0] ?? '' }))
}

/** The newest chat tied to a CRM entity. */
export async function lastChatOfEntity(
  read: Reader,
  entityType: CrmEntityType,
  entityId: number,
): Promise<number | undefined> {
  const tie = await read.db
    .selectFrom('chatCrm')
    .select('chatId')
    .where('entityType', '=', entityType)
    .where('entityId', '=', entityId)
    .where('removedAt', 'is', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return tie?.chatId
}

/** Whether a CRM entity is there, whoever may see it. */
export async function entityExists(read: Reader, entityType: CrmEntityType, entityId: number): Promise<boolean> {
  return (await read.db.selectFrom(entityType).select('id').where('id', '=', entityId).executeTakeFirst()) !== undefined
}

export interface MembershipChange extends CrmQuestion {
  readonly userId: number
  /** The newest chat of the entity where it is left out. */
  readonly chatId: number | undefined
  readonly now: number
}

/** The chat meant and the person, once everything that adding and removing have in common is checked. */
async function resolve(read: Reader, change: MembershipChange) {
  const { accessor, entityType, entityId, userId } = change
  if (!(await mayAccess(read, accessor, 'read', entityType, entityId))) throw new Refusal('joinDenied')
  if (change.chatId !== undefined && !(await isTied(read, change.chatId, entityType, entityId))) {
    throw new Refusal('chatNotInCrm')
  }
  const chatId = change.chatId ?? (await lastChatOfEntity(read, entityType, entityId))
  if (chatId === undefined) return undefined
  const user = await findUser(read, userId)
  if (!user?.active) throw new Refusal('userNotActive')
  return { chatId, user }
}

/**
 * Lets an employee or a bot take part in a chat of a CRM entity. Refuses with `joinDenied`, `chatNotInCrm`,
 * `userNotActive`, `entityDeniedToUser`, `alreadyMember`. Answers the chat, 0 when the entity has none.
 */
export async function addCrmChatUser(tx: Tx, change: MembershipChange): Promise<number> {
  const resolved = await resolve(tx, change)
  if (!resolved) return 0
  const { chatId, user } = resolved
  if (user.kind === 'customer') throw new Refusal('alreadyMember')
  const accessor = { userId: user.id, isAdmin: user.isAdmin }
  // A bot has no rights of its own: whoever may open the entity may bring one.
  if (user.kind === 'employee' && !(await mayAccess(tx, accessor, 'read', change.entityType, change.entityId))) {
    throw new Refusal('entityDeniedToUser')
  }
  const added = await addMember(tx, { chatId, userId: user.id, invitedBy: change.accessor.userId, now: change.now })
  if (!added) throw new Refusal('alreadyMember')
  return chatId
}

/**
 * Takes an employee or a bot out of a chat of a CRM entity: himself, or another by a manager of the chat or an
 * administrator. Refuses with `joinDenied`, `chatNotInCrm`, `userNotActive`, `notMember`, `removeDenied`.
 */
export async function removeCrmChatUser(tx: Tx, change: MembershipChange): Promise<number> {
  const resolved = await resolve(tx, change)
  if (!resolved) return 0
  const { chatId, user } = resolved
  const { accessor, now } = change
  const present = await participation(tx, chatId, user.id)
  if (user.kind === 'customer' || !present) throw new Refusal('notMember')
  if (!accessor.isAdmin && accessor.userId !== user.id) {
    const own = await participation(tx, chatId, accessor.userId)
    if (!own?.isManager && own?.ownerId !== accessor.userId) throw new Refusal('removeDenied')
  }
  await removeMember(tx, { chatId, userId: user.id, removedBy: accessor.userId })
  if (present.ownerId === user.id) await setChatOwner(tx, chatId, 0, now)
  await releaseSession(tx, chatId, user.id, now)
  return chatId
}
