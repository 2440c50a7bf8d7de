import type { Tx } from '../../storage/store.ts'
import { addMessage } from '../chats/messages.ts'
import { type Timer, setTimer } from '../timers/timers.ts'
import { loadLine } from './lines.ts'
import { AUTO_CLOSE, closeSession, sessionSubject } from './sessions.ts'

const SYSTEM = 0

/**
 * What the timer of a session does: closes it when nobody has written for as long as its line says (`autoCloseTime`),
 * with the line's text where `autoCloseRule` wants one. A session that nobody has answered yet waits on.
 *
 * Messages do not move the timer, which would cost each of them a write: it looks when it fires how long the chat has
 * been quiet, and sets itself for the rest of the time.
 */
export async function autoCloseSession(tx: Tx, { subject }: Timer, now: number): Promise<void> {
  const session = await tx.db
    .selectFrom('session')
    .innerJoin('chat', 'chat.id', 'session.chatId')
    .leftJoin('message', 'message.id', 'chat.lastMessageId')
    .select(['session.id', 'session.chatId', 'session.lineId', 'session.state', 'session.updatedAt'])
    .select('message.createdAt as lastMessageAt')
    .where('session.id', '=', Number(subject.slice(sessionSubject('').length)))
    .executeTakeFirst()
  if (!session || session.state === 'closed') return
  const line = await loadLine(tx, session.lineId)
  if (!line || line.settings.autoCloseTime <= 0) return
  const { autoCloseTime, autoCloseRule, autoCloseText } = line.settings
  const quietSince = session.state === 'answered' ? Math.max(session.updatedAt, session.lastMessageAt ?? 0) : now
  const dueAt = quietSince + autoCloseTime * 1000
  if (dueAt > now) {
    await setTimer(tx, { kind: AUTO_CLOSE, subject, dueAt, now })
    return
  }
  if (autoCloseRule === 'text' && autoCloseText !== '') {
    const { chatId } = session
    await addMessage(tx, { chatId, authorId: SYSTEM, callerId: SYSTEM, text: autoCloseText, isSystem: true, now })
  }
  await closeSession(tx, session.chatId, SYSTEM, now)
}
