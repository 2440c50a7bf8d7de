import { prepared } from '../../storage/prepared.ts'
import type { DeliveryData } from '../../storage/schema/delivery.ts'
import type { Reader, Tx } from '../../storage/store.ts'

const CURSOR = 1

const cursor = prepared<object>()((db) => db.selectFrom('eventFanOut').select('lastSeq').where('id', '=', CURSOR))

/** Up to which number events were handed to handlers. */
export async function handedUpTo(read: Reader): Promise<number> {
  return (await read.first(cursor, {}))!.lastSeq
}

/** The same, and nobody else hands any out until the transaction ends; nothing where somebody is at it. */
export async function claimFanOut(tx: Tx): Promise<number | undefined> {
  const held = await tx.dialect
    .claim(tx.db.selectFrom('eventFanOut').select('lastSeq').where('id', '=', CURSOR))
    .executeTakeFirst()
  return held?.lastSeq
}

export async function advanceFanOut(tx: Tx, lastSeq: number): Promise<void> {
  await tx.db.updateTable('eventFanOut').set({ lastSeq }).where('id', '=', CURSOR).execute()
}

export interface NewDelivery {
  readonly handlerId: number
  /** The number of the event. */
  readonly seq: number
  /** Its name on the wire. */
  readonly event: string
  readonly subject: string
  readonly userId: number
  /** `data` of the body. */
  readonly data: DeliveryData
  /** Not before this moment, where its lane is empty. */
  readonly dueAt: number
  /** Why it cannot be sent at all. */
  readonly broken?: string
}

/** Rows of one insert at the most: engines limit the values of a statement. */
const CHUNK = 500

/** Puts deliveries into their lanes, each behind what is there. */
export async function addDeliveries(tx: Tx, now: number, deliveries: readonly NewDelivery[]): Promise<void> {
  for (let from = 0; from < deliveries.length; from += CHUNK) {
    const chunk = deliveries.slice(from, from + CHUNK)
    await tx.db
      .insertInto('delivery')
      .values(
        chunk.map(({ handlerId, seq, event, subject, userId, data, broken }) => ({
          handlerId,
          seq,
          event,
          subject,
          userId,
          data,
          state: broken === undefined ? ('pending' as const) : ('failed' as const),
          lastError: broken ?? '',
          createdAt: now,
          settledAt: broken === undefined ? null : now,
        })),
      )
      .execute()
    const lanes = new Map<string, { handlerId: number; subject: string; dueAt: number }>()
    for (const { handlerId, subject, dueAt, broken } of chunk) {
      const key = `${handlerId} ${subject}`
      if (broken === undefined && !lanes.has(key)) lanes.set(key, { handlerId, subject, dueAt })
    }
    if (lanes.size > 0) await openLanes(tx, [...lanes.values()])
  }
}

/** Opens lanes, or holds those that are open, so that who empties one at this moment sees what was put into it. */
export async function openLanes(
  tx: Tx,
  lanes: readonly { readonly handlerId: number; readonly subject: string; readonly dueAt: number }[],
): Promise<void> {
  await tx.db
    .insertInto('deliveryLane')
    .values([...lanes])
    .onConflict((conflict) =>
      conflict.columns(['handlerId', 'subject']).doUpdateSet((eb) => ({ subject: eb.ref('excluded.subject') })),
    )
    .execute()
}

/** What is known of the last notification that went to a handler. */
export async function lastDeliveryTo(
  tx: Tx,
  handlerId: number,
): Promise<{ readonly createdAt: number; readonly waits: boolean } | undefined> {
  const last = await tx.db
    .selectFrom('delivery')
    .select(['createdAt', 'state', 'attempts'])
    .where('handlerId', '=', handlerId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last && { createdAt: last.createdAt, waits: last.state === 'pending' && last.attempts === 0 }
}

/** Ends the handlers that have said goodbye: see `unbindAllOf`. */
export async function endHandlers(tx: Tx, now: number, owner: string): Promise<void> {
  await tx.db
    .updateTable('eventHandler')
    .set({ unboundAt: now })
    .where('owner', '=', owner)
    .where('unboundAt', 'is', null)
    .execute()
}
