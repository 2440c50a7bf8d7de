import type { Tx } from '../../storage/store.ts'
import { setChatOwner } from '../chats/chats.ts'
import { addMember } from '../chats/members.ts'
import { Refusal } from '../refusal.ts'
import { lastSessionOf } from './dialogs.ts'
import { loadLine } from './lines.ts'
import { closeSession, startSession } from './sessions.ts'

/**
 * Begins a new session in an open channel chat on behalf of an employee, who answers for it; one that is open
 * closes. Refuses with `accessDenied` when the chat's line is gone. Answers the id of the session.
 */
export async function restartSession(tx: Tx, chatId: number, operatorId: number, now: number): Promise<number> {
  const last = await lastSessionOf(tx, chatId)
  const line = last && (await loadLine(tx, last.lineId))
  if (!last || !line) throw new Refusal('accessDenied')
  await closeSession(tx, chatId, operatorId, now)
  await addMember(tx, { chatId, userId: operatorId, invitedBy: operatorId, isManager: true, now })
  await setChatOwner(tx, chatId, operatorId, now)
  const { lineId, connectorId, customerId } = last
  return startSession(tx, {
    chatId,
    lineId,
    connectorId,
    customerId,
    startedBy: operatorId,
    operatorId,
    state: 'answered',
    autoCloseTime: line.settings.autoCloseTime,
    now,
  })
}
