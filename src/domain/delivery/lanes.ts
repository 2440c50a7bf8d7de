import { sql } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { DeliveryData } from '../../storage/schema/delivery.ts'
import type { Reader, Tx } from '../../storage/store.ts'

/** A delivery whose turn it is, with what it needs to be sent. */
export interface LeasedDelivery {
  readonly laneId: number
  readonly id: number
  readonly handlerId: number
  readonly event: string
  readonly subject: string
  readonly userId: number
  readonly data: DeliveryData
  /** How often it was tried and failed. */
  readonly attempts: number
  readonly owner: string
  readonly address: string
  readonly secret: string
  readonly handlerUserId: number
  /** 0 where the handler is no bot's. */
  readonly botId: number
  readonly handlerToken: string
  readonly unboundAt: number | null
}

export interface Candidate {
  readonly laneId: number
  readonly handlerId: number
}

const candidates = prepared<{ now: number; perHandler: number; most: number }>()((db, p) =>
  db
    .selectFrom((eb) =>
      eb
        .selectFrom('deliveryLane')
        .select([
          'id as laneId',
          'handlerId',
          sql<number>`row_number() over (partition by handler_id order by due_at, id)`.as('place'),
        ])
        .where('dueAt', '<=', p.now)
        .as('due'),
    )
    .select(['laneId', 'handlerId'])
    .where('place', '<=', p.perHandler)
    .orderBy('place')
    .orderBy('laneId')
    .limit(p.most),
)

/** Lanes that are due, at the most so many of each handler: the first of each come first. */
export function dueLanes(read: Reader, now: number, perHandler: number, most: number): Promise<Candidate[]> {
  return read.all(candidates, { now, perHandler, most })
}

/** Leases those of the lanes that are still free, until a moment; answers what is to be sent in them. */
export async function leaseLanes(
  tx: Tx,
  laneIds: readonly number[],
  { now, lease, until }: { readonly now: number; readonly lease: string; readonly until: number },
): Promise<LeasedDelivery[]> {
  const free = await tx.dialect
    .claim(tx.db.selectFrom('deliveryLane').select('id').where('id', 'in', laneIds).where('dueAt', '<=', now))
    .execute()
  if (free.length === 0) return []
  const ids = free.map(({ id }) => id)
  await tx.db.updateTable('deliveryLane').set({ lease, dueAt: until }).where('id', 'in', ids).execute()
  return tx.db
    .selectFrom('deliveryLane')
    .innerJoin('delivery', (join) =>
      join.on((eb) =>
        eb(
          'delivery.id',
          '=',
          eb
            .selectFrom('delivery as first')
            .select((inner) => inner.fn.min('first.id').as('id'))
            .whereRef('first.handlerId', '=', 'deliveryLane.handlerId')
            .whereRef('first.subject', '=', 'deliveryLane.subject')
            .where('first.state', '=', sql.lit('pending')),
        ),
      ),
    )
    .innerJoin('eventHandler', 'eventHandler.id', 'delivery.handlerId')
    .select([
      'deliveryLane.id as laneId',
      'delivery.id',
      'delivery.handlerId',
      'delivery.event',
      'delivery.subject',
      'delivery.userId',
      'delivery.data',
      'delivery.attempts',
      'eventHandler.owner',
      'eventHandler.address',
      'eventHandler.secret',
      'eventHandler.userId as handlerUserId',
      'eventHandler.botId',
      'eventHandler.applicationToken as handlerToken',
      'eventHandler.unboundAt',
    ])
    .where('deliveryLane.id', 'in', ids)
    .orderBy('delivery.id')
    .execute()
}

/** What came of an attempt. */
export interface Attempt {
  readonly at: number
  /** Of HTTP; none where no answer came. */
  readonly status: number | null
  readonly milliseconds: number
  /** In words; empty where it was delivered. */
  readonly error: string
}

export interface Settlement {
  readonly delivery: Pick<LeasedDelivery, 'laneId' | 'id' | 'handlerId' | 'subject'>
  readonly lease: string
  readonly now: number
  /** Nothing where it was not even tried. */
  readonly attempt?: Attempt | undefined
  /** When it is tried again; nothing where it is over. */
  readonly retryAt: number | undefined
}

/**
 * Writes down what came of an attempt, and gives the lane back: the next one in it is due at once, or the same one
 * later. Where the lease was lost meanwhile only the attempt is logged, and the answer is false.
 */
export async function settleDelivery(tx: Tx, settlement: Settlement): Promise<boolean> {
  const { delivery, lease, now, attempt, retryAt } = settlement
  // This waits for who is putting something into the lane, so that it is seen below.
  const { numUpdatedRows } = await tx.db
    .updateTable('deliveryLane')
    .set({ lease: '', dueAt: retryAt ?? now })
    .where('id', '=', delivery.laneId)
    .where('lease', '=', lease)
    .executeTakeFirstOrThrow()
  if (attempt) await logAttempt(tx, delivery.id, attempt)
  if (numUpdatedRows === 0n) return false
  const error = attempt?.error ?? ''
  await tx.db
    .updateTable('delivery')
    .set((eb) => ({
      ...(attempt && { attempts: eb('attempts', '+', 1), lastStatus: attempt.status, lastError: error }),
      ...(retryAt === undefined && { state: error === '' ? 'delivered' : 'failed', settledAt: now }),
    }))
    .where('id', '=', delivery.id)
    .execute()
  if (retryAt === undefined) await closeIfEmpty(tx, delivery)
  return true
}

/** Gives up deliveries that nobody is to be sent any more, for a reason in words. */
export async function giveUp(
  tx: Tx,
  settlement: Omit<Settlement, 'attempt' | 'retryAt'>,
  reason: string,
): Promise<void> {
  const { delivery, lease, now } = settlement
  const { numUpdatedRows } = await tx.db
    .updateTable('deliveryLane')
    .set({ lease: '', dueAt: now })
    .where('id', '=', delivery.laneId)
    .where('lease', '=', lease)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return
  await tx.db
    .updateTable('delivery')
    .set({ state: 'failed', lastError: reason, settledAt: now })
    .where('handlerId', '=', delivery.handlerId)
    .where('subject', '=', delivery.subject)
    .where('state', '=', 'pending')
    .execute()
  await closeIfEmpty(tx, delivery)
}

/** Gives a lane back as if it had not been leased. */
export async function releaseLane(tx: Tx, laneId: number, lease: string, now: number): Promise<void> {
  await tx.db
    .updateTable('deliveryLane')
    .set({ lease: '', dueAt: now })
    .where('id', '=', laneId)
    .where('lease', '=', lease)
    .execute()
}

async function closeIfEmpty(tx: Tx, { laneId, handlerId, subject }: Settlement['delivery']): Promise<void> {
  const next = await tx.db
    .selectFrom('delivery')
    .select('id')
    .where('handlerId', '=', handlerId)
    .where('subject', '=', subject)
    .where('state', '=', sql.lit('pending'))
    .limit(1)
    .executeTakeFirst()
  if (!next) await tx.db.deleteFrom('deliveryLane').where('id', '=', laneId).execute()
}

async function logAttempt(tx: Tx, deliveryId: number, { at, status, milliseconds, error }: Attempt): Promise<void> {
  await tx.db.insertInto('deliveryAttempt').values({ deliveryId, at, status, milliseconds, error }).execute()
}
