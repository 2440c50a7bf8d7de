import type { Defaulted, Id, Json, Millis } from './columns.ts'

/**
 * What happened, written in the transaction of the data it tells of, and still without its number. `storage` writes
 * it (`tx.emit`), `events` numbers it.
 */
export interface OutboxTable {
  id: Id
  type: string
  /** What it happened to, `chat:12`: order holds per subject. */
  subject: string
  payload: Json<object>
  /** Who caused it; 0 where it was the portal itself. */
  userId: Defaulted<number>
  /** The caller and the key that his call named, `app:3/exchange`; else empty. */
  authConnector: Defaulted<string>
  createdAt: Millis
}

/** What happened, numbered in one row without gaps: who has read up to a number has missed nothing before it. Written by `events`. */
export interface EventTable {
  /** From 1. */
  seq: number
  type: string
  subject: string
  payload: Json<object>
  userId: Defaulted<number>
  authConnector: Defaulted<string>
  createdAt: Millis
}

/** The last number given: one row, held by whichever process is numbering. Written by `events`. */
export interface EventSequenceTable {
  /** Always 1. */
  id: number
  lastSeq: number
}
