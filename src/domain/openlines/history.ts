import type { Reader } from '../../storage/store.ts'
import { participation } from '../chats/dialogs.ts'
import type { Accessor } from '../crm/access.ts'
import { Refusal } from '../refusal.ts'
import { dialogAccess, lastSessionOf } from './dialogs.ts'

/** The session meant by its own id, or the newest one of a chat, once the accessor may read it. Refuses with `accessDenied`, `sessionUnknown`. */
export async function openHistory(
  read: Reader,
  accessor: Accessor,
  { sessionId, chatId }: { sessionId: number | undefined; chatId: number | undefined },
) {
  if (sessionId !== undefined) {
    const session = await loadSession(read, sessionId)
    if (!session || (await dialogAccess(read, accessor, session.chatId)) !== 'lines') throw new Refusal('accessDenied')
    return session
  }
  const access = chatId === undefined ? 'unknown' : await dialogAccess(read, accessor, chatId)
  if (access === 'denied') throw new Refusal('accessDenied')
  const last = access === 'lines' ? await lastSessionOf(read, chatId!) : undefined
  const session = last && (await loadSession(read, last.id))
  if (!session) throw new Refusal('sessionUnknown')
  return session
}

function loadSession(read: Reader, id: number) {
  return read.db.selectFrom('session').selectAll().where('id', '=', id).executeTakeFirst()
}

export type HistorySession = Awaited<ReturnType<typeof openHistory>>

/** The messages of a session that the viewer may read, newest first: from its first one up to the next session's. */
export async function messagesOfSession(
  read: Reader,
  { id, chatId, firstMessageId }: HistorySession,
  viewerId: number,
) {
  const next = await read.db
    .selectFrom('session')
    .select('firstMessageId')
    .where('chatId', '=', chatId)
    .where('id', '>', id)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  const hidden = (await participation(read, chatId, viewerId))?.hiddenUpToId ?? 0
  let query = read.db
    .selectFrom('message')
    .selectAll()
    .where('chatId', '=', chatId)
    .where('id', '>=', Math.max(firstMessageId, hidden + 1))
  if (next) query = query.where('id', '<', next.firstMessageId)
  return query.orderBy('id', 'desc').execute()
}
