import { type Selectable, sql } from 'kysely'
import { prepared } from './prepared.ts'
import type { EventTable } from './schema/events.ts'
import type { DomainEvent, Origin, Reader, Store, Tx } from './store.ts'

/** Events numbered in one transaction at the most. */
const LARGEST_BATCH = 500
/** Events dropped in one transaction at the most: no writer waits long for it. */
const MOST_FORGOTTEN = 5_000

/** An event with who caused it and when it happened, epoch milliseconds. */
interface NewEvent extends DomainEvent, Origin {
  readonly createdAt: number
}

/** Writes one event, in the transaction of the data that it tells of. */
export const insertEvent = prepared<NewEvent>()((db, p) =>
  db.insertInto('outbox').values({
    type: p.type,
    subject: p.subject,
    payload: p.payload,
    userId: p.userId,
    authConnector: p.authConnector,
    createdAt: p.createdAt,
  }),
)

const oldest = prepared<{ limit: number }>()((db, p) =>
  db
    .selectFrom((eb) => eb.selectFrom('outbox').select('id').orderBy('id').limit(p.limit).as('oldest'))
    .select((eb) => [eb.fn.max('oldest.id').as('lastId'), eb.fn.countAll<number>().as('count')]),
)

const moveToLog = prepared<{ lastId: number; after: number }>()((db, p) =>
  db
    .insertInto('event')
    .columns(['seq', 'type', 'subject', 'payload', 'userId', 'authConnector', 'createdAt'])
    .expression((eb) =>
      eb
        .selectFrom('outbox')
        .select(sql<number>`${p.after} + row_number() over (order by id)`.as('seq'))
        .select(['type', 'subject', 'payload', 'userId', 'authConnector', 'createdAt'])
        .where('id', '<=', p.lastId),
    ),
)

const leaveOutbox = prepared<{ lastId: number }>()((db, p) => db.deleteFrom('outbox').where('id', '<=', p.lastId))

const keepLastSeq = prepared<{ lastSeq: number }>()((db, p) =>
  db.updateTable('eventSequence').set({ lastSeq: p.lastSeq }).where('id', '=', 1),
)

/**
 * Gives the events of the outbox their numbers, oldest first, and moves them to the log. Answers the last number
 * given, `'none'` where there was nothing to number, `'busy'` where another process is at it.
 *
 * The number is given here and not by the writer: a transaction that began earlier may commit later, and a reader
 * who asks for what came after a number would pass it over. Whichever process holds the one row of
 * `event_sequence` numbers; its lock makes the row of numbers gapless.
 */
export function numberEvents(store: Pick<Store, 'write'>): Promise<number | 'none' | 'busy'> {
  // All of it sees one moment: an older id that becomes visible meanwhile must be neither numbered nor deleted.
  return store.write(numberBatch, { isolation: 'snapshot' })
}

async function numberBatch(tx: Tx): Promise<number | 'none' | 'busy'> {
  const held = await tx.dialect
    .claim(tx.db.selectFrom('eventSequence').select('lastSeq').where('id', '=', 1))
    .executeTakeFirst()
  if (!held) return 'busy'
  const waiting = await tx.first(oldest, { limit: LARGEST_BATCH })
  if (!waiting || waiting.count === 0) return 'none'
  const { lastId, count } = waiting
  await tx.run(moveToLog, { lastId, after: held.lastSeq })
  await tx.run(leaveOutbox, { lastId })
  const lastSeq = held.lastSeq + count
  await tx.run(keepLastSeq, { lastSeq })
  return lastSeq
}

/** An event as it lies in the log. */
export type NumberedEvent = Readonly<Omit<Selectable<EventTable>, 'payload'>> & { readonly payload: object }

/** Events read at once. */
const PAGE = 500

const after = prepared<{ seq: number; limit: number }>()((db, p) =>
  db.selectFrom('event').selectAll().where('seq', '>', p.seq).orderBy('seq').limit(p.limit),
)

const lastGiven = prepared<object>()((db) => db.selectFrom('eventSequence').select('lastSeq').where('id', '=', 1))

/** The events after a number, in order, at most so many. Old ones are forgotten: see `jobs/forget-old-events.ts`. */
export function readEventsAfter(read: Reader, seq: number, limit = PAGE): Promise<NumberedEvent[]> {
  return read.all(after, { seq, limit })
}

/** The number of the newest event; 0 before the first. */
export async function lastEventSeq(read: Reader): Promise<number> {
  return (await read.first(lastGiven, {}))?.lastSeq ?? 0
}

/** Drops the events that happened before a moment (epoch milliseconds), the oldest first. */
export async function forgetEventsBefore(tx: Tx, moment: number): Promise<void> {
  await tx.db
    .deleteFrom('event')
    .where('seq', 'in', (eb) =>
      eb.selectFrom('event').select('seq').where('createdAt', '<', moment).orderBy('seq').limit(MOST_FORGOTTEN),
    )
    .execute()
}

export interface Unnumbered {
  readonly count: number
  /** When the oldest of them happened, epoch milliseconds. */
  readonly oldestAt: number | undefined
}

/** The number that the newest event has, or will have once it is numbered. */
export async function newestSeq(read: Reader): Promise<number> {
  return (await lastEventSeq(read)) + (await unnumbered(read)).count
}

/** What still waits for its number. */
export async function unnumbered(read: Reader): Promise<Unnumbered> {
  const { count, oldestAt } = await read.db
    .selectFrom('outbox')
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('createdAt').as('oldestAt')])
    .executeTakeFirstOrThrow()
  return { count, oldestAt: oldestAt ?? undefined }
}
