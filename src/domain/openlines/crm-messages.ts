import { sql } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Tx } from '../../storage/store.ts'
import type { Caller } from '../caller.ts'
import { ownerOf } from '../caller.ts'
import { addMessage } from '../chats/messages.ts'
import { reaches } from '../crm/access.ts'
import { Refusal } from '../refusal.ts'
import { noteMessage } from './sessions.ts'

export interface CrmMessage {
  readonly entityType: CrmEntityType
  readonly entityId: number
  readonly chatId: number
  /** Who is shown as the sender. */
  readonly senderId: number
  readonly text: string
  readonly now: number
  /** Whether only administrators and the bot's own application may name somebody else. */
  readonly restrictSender: boolean
}

/** In one row everything that decides whether a message may be sent: this runs with every message. */
const standingIn = (entityType: CrmEntityType) =>
  prepared<{ entityId: number; chatId: number; senderId: number }>()((db, p) =>
    db
      // The four tables are alike in what is read here; the builder cannot take their union.
      .selectFrom(`${entityType} as entity` as 'lead as entity')
      .leftJoin('chatCrm as tie', (join) =>
        join
          .onRef('tie.entityId', '=', 'entity.id')
          .on('tie.entityType', '=', sql.lit(entityType))
          .on('tie.chatId', '=', p.chatId)
          .on('tie.removedAt', 'is', null),
      )
      .leftJoin('chatMember as member', (join) =>
        join.onRef('member.chatId', '=', 'tie.chatId').on('member.userId', '=', p.senderId),
      )
      .leftJoin('user as sender', 'sender.id', 'member.userId')
      .leftJoin('bot', 'bot.userId', 'sender.id')
      .leftJoin('session', (join) =>
        // Spelt out, so that the index of open sessions is used.
        join.onRef('session.chatId', '=', 'tie.chatId').on(sql<boolean>`${sql.ref('session.state')} <> 'closed'`),
      )
      .select([
        'entity.assignedById',
        'tie.id as tieId',
        'sender.kind as senderKind',
        'sender.active as senderActive',
        'bot.owner as botOwner',
        'session.state as sessionState',
      ])
      .where('entity.id', '=', p.entityId),
  )
const standing = {
  lead: standingIn('lead'),
  deal: standingIn('deal'),
  contact: standingIn('contact'),
  company: standingIn('company'),
} as const

/**
 * Sends a message into the open channel chat of a CRM entity, on behalf of a participant. Refuses with
 * `entityDenied`, `chatNotInCrm`, `canceled`. Answers the id of the message.
 */
export async function sendToCrmChat(tx: Tx, caller: Caller, message: CrmMessage): Promise<number> {
  const { entityType, entityId, chatId, senderId, text, now } = message
  const found = await tx.first(standing[entityType], { entityId, chatId, senderId })
  if (!found || !(await reaches(tx, caller, 'read', entityType, found.assignedById))) throw new Refusal('entityDenied')
  if (found.tieId === null) throw new Refusal('chatNotInCrm')
  if (!found.senderActive || found.senderKind === null || found.senderKind === 'customer') throw new Refusal('canceled')
  if (message.restrictSender && senderId !== caller.userId && !caller.isAdmin && !isOwnBot(caller, found.botOwner)) {
    throw new Refusal('canceled')
  }
  const messageId = await addMessage(tx, { chatId, authorId: senderId, callerId: caller.userId, text, now })
  if (found.sessionState === 'new' || found.sessionState === 'waiting') {
    await noteMessage(tx, { chatId, messageId, authorId: senderId, authorKind: found.senderKind, now })
  }
  return messageId
}

/** An application owns its bots; a webhook those of every client id that it names. */
function isOwnBot(caller: Caller, botOwner: string | null): boolean {
  const owner = ownerOf(caller)
  return botOwner !== null && (botOwner === owner || botOwner.startsWith(`${owner}/`))
}
