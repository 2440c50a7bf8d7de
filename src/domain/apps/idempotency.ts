import { prepared } from '../../storage/prepared.ts'
import type { Tx } from '../../storage/store.ts'

/** What tells one request from another: the same four, and it is a repetition. */
export interface RequestKey {
  readonly caller: string
  readonly requestId: string
  readonly method: string
  readonly bodyHash: string
}

const findAnswer = prepared<RequestKey>()((db, p) =>
  db
    .selectFrom('answeredRequest')
    .select('answer')
    .where('caller', '=', p.caller)
    .where('requestId', '=', p.requestId)
    .where('method', '=', p.method)
    .where('bodyHash', '=', p.bodyHash),
)

const keepAnswer = prepared<RequestKey & { answer: object; createdAt: number }>()((db, p) =>
  db.insertInto('answeredRequest').values({
    caller: p.caller,
    requestId: p.requestId,
    method: p.method,
    bodyHash: p.bodyHash,
    answer: p.answer,
    createdAt: p.createdAt,
  }),
)

/**
 * Does the work unless the same request was answered before, and keeps the answer in the transaction of the
 * work: either both are there after a crash or neither.
 */
export async function once<T extends object>(tx: Tx, key: RequestKey, now: number, work: () => Promise<T>): Promise<T> {
  const found = await tx.first(findAnswer, key)
  // Kept by this function under the same method: the shape is that of `work`.
  if (found) return found.answer as T
  const answer = await work()
  await tx.run(keepAnswer, { ...key, answer, createdAt: now })
  return answer
}

/** Drops answers given before a moment (epoch milliseconds), at most some at once so that no writer waits long. */
export async function forgetAnswersBefore(tx: Tx, moment: number): Promise<void> {
  const old = tx.db
    .selectFrom('answeredRequest')
    .select('createdAt')
    .where('createdAt', '<', moment)
    .orderBy('createdAt')
    .limit(1)
    .offset(5_000)
  const upTo = (await old.executeTakeFirst())?.createdAt ?? moment
  await tx.db.deleteFrom('answeredRequest').where('createdAt', '<', upTo).execute()
}
