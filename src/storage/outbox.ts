import { prepared } from './prepared.ts'

/** Writes one event, in the transaction of the data that it tells of. */
export const insertEvent = prepared<{ type: string; subject: string; payload: object; createdAt: number }>()((db, p) =>
  db.insertInto('outbox').values({ type: p.type, subject: p.subject, payload: p.payload, createdAt: p.createdAt }),
)
