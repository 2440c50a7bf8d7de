import type { Defaulted, Id, Json, Millis } from './columns.ts'

/** Something that is to be done at a time, once. Written by `domain/timers`. */
export interface TimerTable {
  id: Id
  /** What is to be done: `session.autoClose`. */
  kind: string
  /** What it is done to, `session:12`: there is one timer of a kind for each. */
  subject: string
  payload: Json<object>
  dueAt: Millis
  /** How often it was tried and failed. */
  attempts: Defaulted<number>
  createdAt: Millis
}
