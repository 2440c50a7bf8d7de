import type { Tx } from '../../storage/store.ts'
import { createUser } from './users.ts'

/** What a connector tells about an outside person. Empty means that it does not say. */
export interface CustomerProfile {
  readonly name: string
  readonly lastName: string
  readonly email: string
  readonly phone: string
  readonly avatarUrl: string
  /** `M`, `F` or empty. */
  readonly gender: string
}

export const NO_PROFILE: CustomerProfile = { name: '', lastName: '', email: '', phone: '', avatarUrl: '', gender: '' }

/** Makes a customer. Answers his user id. */
export function addCustomer(tx: Tx, profile: CustomerProfile, now: number): Promise<number> {
  return createUser(tx, now, { ...profile, kind: 'customer' })
}

/** Notes that a customer was active, and what is newly told about him; what is not told stays. */
export async function refreshCustomer(tx: Tx, userId: number, profile: CustomerProfile, now: number): Promise<void> {
  const told = Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== ''))
  await tx.db
    .updateTable('user')
    .set({ ...told, lastActivityAt: now })
    .where('id', '=', userId)
    .where('kind', '=', 'customer')
    .execute()
}
