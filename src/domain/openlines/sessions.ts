import { sql } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { SessionState } from '../../storage/schema/openlines.ts'
import type { UserKind } from '../../storage/schema/people.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { setChatOwner } from '../chats/chats.ts'
import { cancelTimer, setTimer } from '../timers/timers.ts'

/** The kind of the timer that closes a session by itself: `auto-close.ts` says how. */
export const AUTO_CLOSE = 'session.autoClose'

/** Whose timers a session's are. */
export function sessionSubject(id: number | ''): string {
  return `session:${id}`
}

/** What every event about a session tells. */
export interface SessionEvent {
  readonly sessionId: number
  readonly chatId: number
}

/** What `session.answered` tells. */
export interface SessionAnswered extends SessionEvent {
  readonly operatorId: number
  readonly messageId: number
}

/** What `session.released` tells. */
export interface SessionReleased extends SessionEvent {
  /** Who was responsible before. */
  readonly userId: number
}

const openSession = prepared<{ chatId: number }>()((db, p) =>
  db
    .selectFrom('session')
    .select(['id', 'state', 'operatorId'])
    .where('chatId', '=', p.chatId)
    .where('state', '!=', 'closed')
    .orderBy('id', 'desc')
    .limit(1),
)

/** The states of a session that is not closed. */
export const OPEN_STATES = ['new', 'waiting', 'answered'] as const satisfies SessionState[]

const openByState = prepared<object>()((db) =>
  db
    .selectFrom('session')
    .select((eb) => ['state', eb.fn.countAll<number | string | bigint>().as('count')])
    // Written out, so that the index of open sessions serves: the closed ones are too many to look at.
    .where(sql<boolean>`state <> 'closed'`)
    .groupBy('state'),
)

/** How many sessions are open, by state; no row for a state in which there is none. */
export async function countOpenSessions(read: Reader): Promise<{ state: SessionState; count: number }[]> {
  const rows = await read.all(openByState, {})
  // Engines differ in the type of a count.
  return rows.map(({ state, count }) => ({ state, count: Number(count) }))
}

export interface NotedMessage {
  readonly chatId: number
  readonly messageId: number
  readonly authorId: number
  readonly authorKind: UserKind
  readonly now: number
}

/**
 * Tells the open session of a chat that a message was written. The first answer of an employee takes a
 * waiting session: it is answered, and he is its operator where it had none.
 */
export async function noteMessage(
  tx: Tx,
  { chatId, messageId, authorId, authorKind, now }: NotedMessage,
): Promise<void> {
  const session = await tx.first(openSession, { chatId })
  if (!session || authorKind !== 'employee' || session.state === 'answered') return
  const operatorId = session.operatorId === 0 ? authorId : session.operatorId
  if (session.operatorId === 0) await setChatOwner(tx, chatId, authorId, now)
  await tx.db
    .updateTable('session')
    .set({ state: 'answered', operatorId, answeredAt: now, updatedAt: now, lastMessageId: messageId })
    .where('id', '=', session.id)
    .execute()
  await tx.emit({
    type: 'session.answered',
    subject: `chat:${chatId}`,
    payload: { sessionId: session.id, chatId, operatorId, messageId } satisfies SessionAnswered,
  })
}

/** The session of a chat that is not closed, if there is one. */
export function openSessionOf(read: Reader, chatId: number) {
  return read.first(openSession, { chatId })
}

export interface NewSession {
  readonly chatId: number
  readonly lineId: number
  readonly connectorId: string
  readonly customerId: number
  /** Whose message or call makes it begin. */
  readonly startedBy: number
  /** The operator responsible from the start; 0 is nobody yet. */
  readonly operatorId: number
  readonly state: 'new' | 'waiting' | 'answered'
  readonly crmCreated?: boolean
  readonly sourceUrl?: string
  /** Seconds without a message until it closes by itself; 0 where it does not. */
  readonly autoCloseTime: number
  readonly now: number
}

/** Begins a session; the messages from now on are its own. Answers its id. */
export async function startSession(tx: Tx, { now, autoCloseTime, ...session }: NewSession): Promise<number> {
  const { chatId, lineId, connectorId, operatorId, startedBy } = session
  const chat = await tx.db.selectFrom('chat').select('lastMessageId').where('id', '=', chatId).executeTakeFirstOrThrow()
  const { id } = await tx.db
    .insertInto('session')
    .values({
      ...session,
      // Ids of messages only grow, so this separates them from those of the session before.
      firstMessageId: (chat.lastMessageId ?? 0) + 1,
      createdAt: now,
      updatedAt: now,
      answeredAt: session.state === 'answered' ? now : null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  if (autoCloseTime > 0) {
    const dueAt = now + autoCloseTime * 1000
    await setTimer(tx, { kind: AUTO_CLOSE, subject: sessionSubject(id), dueAt, now })
  }
  await tx.emit({
    type: 'session.started',
    subject: `chat:${chatId}`,
    payload: { sessionId: id, chatId, lineId, connectorId, operatorId, startedBy },
  })
  return id
}

/** Closes the open session of a chat. Answers its id, or nothing when there is none. */
export async function closeSession(tx: Tx, chatId: number, byUserId: number, now: number): Promise<number | undefined> {
  const session = await tx.first(openSession, { chatId })
  if (!session) return undefined
  const chat = await tx.db.selectFrom('chat').select('lastMessageId').where('id', '=', chatId).executeTakeFirstOrThrow()
  await tx.db
    .updateTable('session')
    .set({ state: 'closed', closedAt: now, updatedAt: now, lastMessageId: chat.lastMessageId })
    .where('id', '=', session.id)
    .execute()
  await cancelTimer(tx, AUTO_CLOSE, sessionSubject(session.id))
  await tx.emit({
    type: 'session.closed',
    subject: `chat:${chatId}`,
    payload: { sessionId: session.id, chatId, operatorId: session.operatorId, byUserId },
  })
  return session.id
}

/** Tells the open session of a chat that somebody left it: whoever answers next takes a session that was his. */
export async function releaseSession(tx: Tx, chatId: number, userId: number, now: number): Promise<void> {
  const session = await tx.first(openSession, { chatId })
  if (!session || session.operatorId !== userId) return
  await tx.db
    .updateTable('session')
    .set({ operatorId: 0, state: 'new', updatedAt: now })
    .where('id', '=', session.id)
    .execute()
  await tx.emit({
    type: 'session.released',
    subject: `chat:${chatId}`,
    payload: { sessionId: session.id, chatId, userId } satisfies SessionReleased,
  })
}
