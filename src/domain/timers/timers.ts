import { prepared } from '../../storage/prepared.ts'
import type { Reader, Tx } from '../../storage/store.ts'

/** Something that is to be done at a time. There is one timer of a kind for each subject. */
export interface NewTimer {
  /** `session.autoClose` */
  readonly kind: string
  /** `session:12` */
  readonly subject: string
  /** Epoch milliseconds. */
  readonly dueAt: number
  readonly payload?: object
  readonly now: number
}

export interface Timer {
  readonly id: number
  readonly kind: string
  readonly subject: string
  readonly payload: object
  readonly dueAt: number
  /** How often it was tried and failed. */
  readonly attempts: number
}

/** Sets a timer; one of its kind that its subject has already is moved. */
export async function setTimer(tx: Tx, { kind, subject, dueAt, payload = {}, now }: NewTimer): Promise<void> {
  await tx.db
    .insertInto('timer')
    .values({ kind, subject, payload, dueAt, createdAt: now })
    .onConflict((conflict) => conflict.columns(['kind', 'subject']).doUpdateSet({ dueAt, payload, attempts: 0 }))
    .execute()
}

/** Sets a timer unless its subject has one of its kind. */
export async function setTimerOnce(tx: Tx, { kind, subject, dueAt, payload = {}, now }: NewTimer): Promise<void> {
  await tx.db
    .insertInto('timer')
    .values({ kind, subject, payload, dueAt, createdAt: now })
    .onConflict((conflict) => conflict.columns(['kind', 'subject']).doNothing())
    .execute()
}

export async function cancelTimer(tx: Tx, kind: string, subject: string): Promise<void> {
  await tx.db.deleteFrom('timer').where('kind', '=', kind).where('subject', '=', subject).execute()
}

const nextDue = prepared<object>()((db) =>
  db.selectFrom('timer').select('dueAt').orderBy('dueAt').orderBy('id').limit(1),
)

/** When the next timer is due, epoch milliseconds; `undefined` where there is none. */
export async function nextTimerAt(read: Reader): Promise<number | undefined> {
  return (await read.first(nextDue, {}))?.dueAt
}

/**
 * Takes the timer that has been due for longest, so that nobody else does: it is gone when the transaction commits,
 * and due again when it does not. What it does belongs into the same transaction, and so happens once.
 */
export async function takeDueTimer(tx: Tx, now: number): Promise<Timer | undefined> {
  const due = tx.db.selectFrom('timer').selectAll().where('dueAt', '<=', now).orderBy('dueAt').orderBy('id').limit(1)
  const timer = await tx.dialect.claim(due).executeTakeFirst()
  if (timer) await tx.db.deleteFrom('timer').where('id', '=', timer.id).execute()
  return timer
}

/** Puts off a timer whose work has failed. */
export async function postponeTimer(tx: Tx, { id, attempts }: Timer, dueAt: number): Promise<void> {
  await tx.db
    .updateTable('timer')
    .set({ dueAt, attempts: attempts + 1 })
    .where('id', '=', id)
    .execute()
}
