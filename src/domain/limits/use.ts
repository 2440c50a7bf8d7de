import { sql } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { OperatingUseTable, RateUseTable } from '../../storage/schema/limits.ts'
import type { Reader, Tx } from '../../storage/store.ts'

/** By how many milliseconds the clocks of processes may differ. */
export const CLOCK_SKEW = 5_000

/** What one process let a caller make since it last told, in thousandths of a request. */
export interface Taken {
  readonly caller: string
  readonly amount: number
}

export type RateUse = Readonly<RateUseTable>

/**
 * Adds to the buckets of callers, which drain by so many thousandths of a request each millisecond. What is added was
 * taken up to `now`: the levels are never below those of single buckets that had all of it, and above them by no more
 * than what drains between a call and its telling.
 */
export async function addTaken(tx: Tx, taken: readonly Taken[], drain: number, now: number): Promise<void> {
  if (taken.length === 0) return
  const level = sql.ref<number>('rateUse.level')
  const at = sql.ref<number>('rateUse.at')
  const added = sql.ref<number>('excluded.level')
  await tx.db
    .insertInto('rateUse')
    .values(inOrder(taken, ({ caller }) => caller).map(({ caller, amount }) => ({ caller, level: amount, at: now })))
    .onConflict((conflict) =>
      conflict.column('caller').doUpdateSet({
        // A clock that is behind drains nothing, and turns nothing back.
        level: sql<number>`case
          when ${at} >= ${now} then ${level} + ${added}
          when ${level} > ${drain} * (${now} - ${at}) then ${level} - ${drain} * (${now} - ${at}) + ${added}
          else ${added} end`,
        // Left by a clock that was set back since: waiting for it would stop the draining.
        at: sql<number>`case when ${at} > ${now} and ${at} <= ${now + CLOCK_SKEW} then ${at} else ${now} end`,
      }),
    )
    .execute()
}

const ratesBetween = prepared<{ since: number; until: number }>()((db, p) =>
  db.selectFrom('rateUse').selectAll().where('at', '>', p.since).where('at', '<=', p.until),
)

/** The buckets that some process has added to since a moment. */
export function rateUseSince(read: Reader, since: number, now: number): Promise<RateUse[]> {
  return read.all(ratesBetween, { since, until: now + CLOCK_SKEW })
}

export type OperatingUse = Readonly<Omit<OperatingUseTable, 'at'>>

/** Adds how long calls took to the minutes in which they began. */
export async function addOperatingUse(tx: Tx, uses: readonly OperatingUse[], now: number): Promise<void> {
  if (uses.length === 0) return
  const firstAt = sql.ref<number>('operatingUse.firstAt')
  const earlier = sql.ref<number>('excluded.firstAt')
  await tx.db
    .insertInto('operatingUse')
    .values(
      inOrder(uses, ({ caller, method, minute }) => `${caller} ${method} ${minute}`).map((use) => ({
        ...use,
        at: now,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['caller', 'method', 'minute']).doUpdateSet({
        milliseconds: sql<number>`${sql.ref('operatingUse.milliseconds')} + ${sql.ref('excluded.milliseconds')}`,
        firstAt: sql<number>`case when ${earlier} < ${firstAt} then ${earlier} else ${firstAt} end`,
        at: now,
      }),
    )
    .execute()
}

const operatingBetween = prepared<{ since: number; until: number }>()((db, p) =>
  db
    .selectFrom('operatingUse')
    .select(['caller', 'method', 'minute', 'firstAt', 'milliseconds'])
    .where('at', '>', p.since)
    .where('at', '<=', p.until),
)

/** The minutes that some process has added to since a moment. */
export function operatingUseSince(read: Reader, since: number, now: number): Promise<OperatingUse[]> {
  return read.all(operatingBetween, { since, until: now + CLOCK_SKEW })
}

/** Drops what nobody has added to since a moment, epoch milliseconds. */
export async function forgetUseBefore(tx: Tx, moment: number): Promise<void> {
  await tx.db.deleteFrom('rateUse').where('at', '<', moment).execute()
  await tx.db.deleteFrom('operatingUse').where('at', '<', moment).execute()
}

/** Two processes that lock the same rows in the same order never wait for each other. */
function inOrder<T>(rows: readonly T[], keyOf: (row: T) => string): T[] {
  return rows
    .map((row) => ({ row, key: keyOf(row) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ row }) => row)
}
