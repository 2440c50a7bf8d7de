import { sha256 } from '../../kernel/hash.ts'
import type { Ids } from '../../kernel/ids.ts'
import type { JsonValue } from '../../kernel/json.ts'
import type { Reader, Tx } from '../../storage/store.ts'

const PROCESS_ID_LENGTH = 32

export interface NewOfflineEvent {
  readonly owner: string
  readonly authConnector: string
  readonly event: string
  readonly data: { readonly value: JsonValue }
}

/**
 * Keeps an event until its application asks for it. The queue tells what has changed, not how often: what waits
 * already, and is nobody's at the moment, goes to the end instead of being there twice.
 */
export async function keepOffline(tx: Tx, now: number, kept: NewOfflineEvent): Promise<void> {
  const { owner, authConnector, event, data } = kept
  const digest = sha256(JSON.stringify([event, data]))
  await tx.db
    .deleteFrom('offlineEvent')
    .where('owner', '=', owner)
    .where('digest', '=', digest)
    .where('authConnector', '=', authConnector)
    .where('processId', '=', '')
    .where('error', '=', false)
    .execute()
  await tx.db.insertInto('offlineEvent').values({ owner, authConnector, event, digest, data, createdAt: now }).execute()
}

export type OfflineField = 'id' | 'createdAt' | 'event' | 'processId' | 'error'

/** One condition; the values of a list are alternatives. */
export interface OfflineCondition {
  readonly field: OfflineField
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>='
  readonly values: readonly (number | string | boolean)[]
}

export interface OfflineQuery {
  readonly owner: string
  readonly authConnector: string
  readonly conditions: readonly OfflineCondition[]
  readonly order: readonly { readonly field: OfflineField; readonly direction: 'asc' | 'desc' }[]
}

function matching(read: Reader, { owner, authConnector, conditions }: OfflineQuery) {
  let query = read.db.selectFrom('offlineEvent').where('owner', '=', owner).where('authConnector', '=', authConnector)
  for (const { field, operator, values } of conditions) {
    query =
      operator === '='
        ? query.where(field, 'in', values)
        : operator === '!='
          ? query.where(field, 'not in', values)
          : query.where(field, operator, values[0] ?? null)
  }
  return query
}

/** A page of a queue, whatever the state of its events. */
export function listOffline(read: Reader, query: OfflineQuery, offset: number, limit: number) {
  let page = matching(read, query).selectAll()
  for (const { field, direction } of query.order) page = page.orderBy(field, direction)
  return page.orderBy('id').offset(offset).limit(limit).execute()
}

export async function countOffline(read: Reader, query: OfflineQuery): Promise<number> {
  const { count } = await matching(read, query)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

export interface TakeOffline extends OfflineQuery {
  readonly limit: number
  /** Whether what is taken is gone; else it is reserved until it is cleared. */
  readonly clear: boolean
  /** What was reserved under this name before is taken again. */
  readonly processId?: string | undefined
  /** Also what was marked as not handled. */
  readonly withErrors: boolean
}

/** Takes the first events of a queue; who asks at the same moment gets others. */
export async function takeOffline(tx: Tx, ids: Ids, now: number, take: TakeOffline) {
  let query = matching(tx, take).select(['id', 'event', 'data', 'createdAt'])
  query = query.where((eb) => {
    const wanted = eb.and([eb('processId', '=', take.processId ?? ''), eb('error', '=', false)])
    return take.withErrors ? eb.or([wanted, eb('error', '=', true)]) : wanted
  })
  for (const { field, direction } of take.order) query = query.orderBy(field, direction)
  const events = await tx.dialect.claim(query.orderBy('id').limit(take.limit)).execute()
  const taken = events.map(({ id }) => id)
  if (take.clear) {
    if (taken.length > 0) await tx.db.deleteFrom('offlineEvent').where('id', 'in', taken).execute()
    return { processId: null, events }
  }
  const processId = take.processId ?? ids.secret(PROCESS_ID_LENGTH)
  if (taken.length > 0) {
    await tx.db
      .updateTable('offlineEvent')
      .set({ processId, error: false, reservedAt: now })
      .where('id', 'in', taken)
      .execute()
  }
  return { processId, events }
}

/** Confirms what was reserved, or some of it: it is gone. */
export async function clearOffline(tx: Tx, owner: string, processId: string, some?: readonly number[]): Promise<void> {
  let query = tx.db.deleteFrom('offlineEvent').where('owner', '=', owner).where('processId', '=', processId)
  if (some) query = query.where('id', 'in', some)
  await query.execute()
}

/** Marks reserved events as ones that could not be handled: they come again only to who asks for such. */
export async function markOffline(tx: Tx, owner: string, processId: string, some?: readonly number[]): Promise<void> {
  let query = tx.db
    .updateTable('offlineEvent')
    .set({ error: true })
    .where('owner', '=', owner)
    .where('processId', '=', processId)
  if (some) query = query.where('id', 'in', some)
  await query.execute()
}

/** Drops what was reserved before a moment and never cleared. */
export async function forgetReservedBefore(tx: Tx, moment: number): Promise<void> {
  await tx.db.deleteFrom('offlineEvent').where('reservedAt', '<', moment).execute()
}
