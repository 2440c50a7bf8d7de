import type { Tx } from '../../storage/store.ts'

/** What somebody can choose to be shown as. */
export const STATUSES = ['online', 'dnd', 'away', 'break'] as const
export type Status = (typeof STATUSES)[number]

/** Shows somebody as he chose from now on. */
export async function setStatus(tx: Tx, userId: number, status: Status): Promise<void> {
  await tx.db.updateTable('user').set({ status }).where('id', '=', userId).execute()
  await tx.emit({ type: 'user.presence', subject: `user:${userId}`, payload: { userId, status } })
}

/** Notes since when nobody sits at his client; `null` when he is back. */
export async function setIdle(tx: Tx, userId: number, idleSince: number | null): Promise<void> {
  await tx.db.updateTable('user').set({ idleSince }).where('id', '=', userId).execute()
  await tx.emit({ type: 'user.presence', subject: `user:${userId}`, payload: { userId, idleSince } })
}
