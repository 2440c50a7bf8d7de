import { prepared } from '../../storage/prepared.ts'
import type { ChatKind } from '../../storage/schema/chats.ts'
import type { Reader } from '../../storage/store.ts'
import type { Accessor } from '../crm/access.ts'
import { participation } from '../chats/dialogs.ts'
import { chatOfCode } from './conversations.ts'
import { isOperator } from './lines.ts'

const chatKind = prepared<{ id: number }>()((db, p) =>
  db.selectFrom('chat').select(['id', 'kind']).where('id', '=', p.id),
)
const lastSession = prepared<{ chatId: number }>()((db, p) =>
  db
    .selectFrom('session')
    .select(['id', 'lineId', 'connectorId', 'customerId', 'operatorId', 'state', 'sourceUrl'])
    .where('chatId', '=', p.chatId)
    .orderBy('id', 'desc')
    .limit(1),
)

/** The newest session of a chat, open or closed. */
export function lastSessionOf(read: Reader, chatId: number) {
  return read.first(lastSession, { chatId })
}

/** The ways to name an open channel chat; the first one given counts. */
export interface DialogNames {
  readonly chatId?: number | undefined
  readonly sessionId?: number | undefined
  readonly userCode?: string | undefined
}

/** The chat meant, whatever its kind and whoever asks. */
export async function findDialog(
  read: Reader,
  { chatId, sessionId, userCode }: DialogNames,
): Promise<number | undefined> {
  if (chatId !== undefined) return (await read.first(chatKind, { id: chatId }))?.id
  if (sessionId !== undefined) {
    const session = await read.db.selectFrom('session').select('chatId').where('id', '=', sessionId).executeTakeFirst()
    return session?.chatId
  }
  return userCode === undefined ? undefined : chatOfCode(read, userCode)
}

/** What somebody may do with a chat: `lines` he may open it as an open channel chat, `other` it is his but no such chat. */
export type DialogAccess = 'lines' | 'other' | 'denied' | 'unknown'

/**
 * Whether somebody may open a chat: its participants, the operators of its line and administrators may.
 * `unknown` is told to administrators alone, so that nobody else learns which chats there are.
 */
export async function dialogAccess(read: Reader, accessor: Accessor, chatId: number): Promise<DialogAccess> {
  const chat = await read.first(chatKind, { id: chatId })
  if (!chat) return accessor.isAdmin ? 'unknown' : 'denied'
  const seen: Readonly<Record<ChatKind, DialogAccess>> = { lines: 'lines', chat: 'other', private: 'other' }
  if (accessor.isAdmin || (await participation(read, chatId, accessor.userId))) return seen[chat.kind]
  if (chat.kind !== 'lines') return 'denied'
  const session = await lastSessionOf(read, chatId)
  return session && (await isOperator(read, session.lineId, accessor.userId)) ? 'lines' : 'denied'
}
