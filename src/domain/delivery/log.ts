import type { Reader, Tx } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'
import { openLanes } from './fan-out.ts'

export interface LogChoice {
  readonly handlerId?: number | undefined
  readonly onlyFailed?: boolean | undefined
  readonly limit: number
}

/** Deliveries with their attempts, the newest first. */
export async function readDeliveryLog(read: Reader, { handlerId, onlyFailed, limit }: LogChoice) {
  let query = read.db
    .selectFrom('delivery')
    .innerJoin('eventHandler', 'eventHandler.id', 'delivery.handlerId')
    .select([
      'delivery.id',
      'delivery.handlerId',
      'delivery.seq',
      'delivery.event',
      'delivery.subject',
      'delivery.state',
      'delivery.attempts',
      'delivery.lastStatus',
      'delivery.lastError',
      'delivery.createdAt',
      'delivery.settledAt',
      'eventHandler.address',
    ])
    .orderBy('delivery.id', 'desc')
    .limit(limit)
  if (handlerId !== undefined) query = query.where('delivery.handlerId', '=', handlerId)
  if (onlyFailed) query = query.where('delivery.state', '=', 'failed')
  const deliveries = await query.execute()
  if (deliveries.length === 0) return []
  const attempts = await read.db
    .selectFrom('deliveryAttempt')
    .select(['deliveryId', 'at', 'status', 'milliseconds', 'error'])
    .where(
      'deliveryId',
      'in',
      deliveries.map(({ id }) => id),
    )
    .orderBy('id')
    .execute()
  const byDelivery = Map.groupBy(attempts, ({ deliveryId }) => deliveryId)
  return deliveries.map((delivery) => ({
    ...delivery,
    log: (byDelivery.get(delivery.id) ?? []).map(({ at, status, milliseconds, error }) => ({
      at,
      status,
      milliseconds,
      error,
    })),
  }))
}

/** Sends deliveries that are over once more: one, or `failed` for all that failed. Refuses with `deliveryNotFound`, `deliveryPending`, `handlerUnbound`. Answers how many. */
export async function replayDeliveries(tx: Tx, now: number, which: number | 'failed'): Promise<number> {
  const found = await tx.db
    .selectFrom('delivery')
    .innerJoin('eventHandler', 'eventHandler.id', 'delivery.handlerId')
    .select([
      'delivery.id',
      'delivery.handlerId',
      'delivery.subject',
      'delivery.state',
      'delivery.lastError',
      'delivery.attempts',
      'eventHandler.unboundAt',
    ])
    .where((eb) =>
      which === 'failed'
        ? eb.and([eb('delivery.state', '=', 'failed'), eb('eventHandler.unboundAt', 'is', null)])
        : eb('delivery.id', '=', which),
    )
    .orderBy('delivery.id')
    .execute()
  if (which !== 'failed') {
    const [one] = found
    if (!one) throw new Refusal('deliveryNotFound', `There is no delivery ${which}; see "cordboard event log"`)
    if (one.state === 'pending') throw new Refusal('deliveryPending', `Delivery ${which} is still under way`)
    if (one.unboundAt !== null)
      throw new Refusal(
        'handlerUnbound',
        `Handler ${one.handlerId} is not bound any more: delivery ${which} has nowhere to go`,
      )
  }
  for (const { id } of found) {
    await tx.db
      .updateTable('delivery')
      .set({ state: 'pending', attempts: 0, settledAt: null })
      .where('id', '=', id)
      .execute()
  }
  if (found.length > 0) {
    const lanes = new Map(
      found.map(({ handlerId, subject }) => [`${handlerId} ${subject}`, { handlerId, subject, dueAt: now }]),
    )
    await openLanes(tx, [...lanes.values()])
  }
  return found.length
}

/** Deliveries dropped in one transaction at the most. */
const MOST_FORGOTTEN = 2_000

/** Drops deliveries that were over before a moment, with their attempts, and handlers that nothing tells of any more. */
export async function forgetDeliveriesBefore(tx: Tx, moment: number): Promise<void> {
  const old = await tx.db
    .selectFrom('delivery')
    .select('id')
    .where('settledAt', '<', moment)
    .orderBy('settledAt')
    .limit(MOST_FORGOTTEN)
    .execute()
  if (old.length > 0) {
    const ids = old.map(({ id }) => id)
    await tx.db.deleteFrom('deliveryAttempt').where('deliveryId', 'in', ids).execute()
    await tx.db.deleteFrom('delivery').where('id', 'in', ids).execute()
  }
  await tx.db
    .deleteFrom('eventHandler')
    .where('unboundAt', '<', moment)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('delivery').select('delivery.id').whereRef('delivery.handlerId', '=', 'eventHandler.id'),
        ),
      ),
    )
    .execute()
}
