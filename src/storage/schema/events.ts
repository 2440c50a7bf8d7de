import type { Id, Json, Millis } from './columns.ts'

/**
 * What happened, written in the transaction of the data it tells of. `storage` writes it (`tx.emit`),
 * `events` reads it.
 */
export interface OutboxTable {
  id: Id
  type: string
  /** What it happened to, `chat:12`: order holds per subject. */
  subject: string
  payload: Json<object>
  createdAt: Millis
}
