import { prepared } from '../../storage/prepared.ts'
import type { Reader } from '../../storage/store.ts'

const before = prepared<{ chatId: number; after: number; below: number; limit: number }>()((db, p) =>
  db
    .selectFrom('message')
    .selectAll()
    .where('chatId', '=', p.chatId)
    .where('id', '>', p.after)
    .where('id', '<', p.below)
    .orderBy('id', 'desc')
    .limit(p.limit),
)

const after = prepared<{ chatId: number; after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('message')
    .selectAll()
    .where('chatId', '=', p.chatId)
    .where('id', '>', p.after)
    .orderBy('id')
    .limit(p.limit),
)

const newestId = prepared<object>()((db) => db.selectFrom('message').select((eb) => eb.fn.max('id').as('id')))

export interface HistoryPage {
  readonly chatId: number
  /** Messages up to this one are hidden from the reader. */
  readonly hiddenUpToId: number
  /** Only older ones than this, newest first. */
  readonly olderThan?: number | undefined
  /** Only newer ones than this, oldest first; wins over `olderThan`. */
  readonly newerThan?: number | undefined
  readonly limit: number
}

/**
 * Messages of a chat. Without bounds the latest, newest first. An id that was never given to a message finds
 * nothing; one whose message is gone still marks its place.
 */
export async function messagesOf(read: Reader, page: HistoryPage) {
  const { chatId, hiddenUpToId, olderThan, newerThan, limit } = page
  if (newerThan !== undefined) {
    return read.all(after, { chatId, after: Math.max(newerThan, hiddenUpToId), limit })
  }
  if (olderThan === undefined) {
    return read.all(before, { chatId, after: hiddenUpToId, below: Number.MAX_SAFE_INTEGER, limit })
  }
  const newest = (await read.first(newestId, {}))?.id ?? 0
  if (olderThan > newest) return []
  return read.all(before, { chatId, after: hiddenUpToId, below: olderThan, limit })
}
