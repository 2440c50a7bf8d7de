import { prepared } from '../../storage/prepared.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { type CustomerProfile, addCustomer, refreshCustomer } from '../people/customers.ts'

/** Somebody as his connector knows him. */
export interface ExternalPerson {
  readonly externalId: string
  readonly profile: CustomerProfile
  /** His page in the outside messenger; empty where it is not told. */
  readonly profileUrl: string
}

const customerOf = prepared<{ connectorId: string; externalId: string }>()((db, p) =>
  db
    .selectFrom('connectorUser')
    .select(['userId', 'profileUrl'])
    .where('connectorId', '=', p.connectorId)
    .where('externalId', '=', p.externalId),
)

/** The customer who stands for an outside person, if there is one. */
export async function findCustomer(read: Reader, connectorId: string, externalId: string): Promise<number | undefined> {
  return (await read.first(customerOf, { connectorId, externalId }))?.userId
}

/** Finds the customer who stands for an outside person, or makes him; keeps what is newly told. Answers his user id. */
export async function findOrMakeCustomer(
  tx: Tx,
  connectorId: string,
  person: ExternalPerson,
  now: number,
): Promise<number> {
  const { externalId, profile, profileUrl } = person
  const known = await tx.first(customerOf, { connectorId, externalId })
  const userId = known?.userId ?? (await addCustomer(tx, profile, now))
  await refreshCustomer(tx, userId, profile, now)
  if (!known) await tx.db.insertInto('connectorUser').values({ connectorId, externalId, userId, profileUrl }).execute()
  else if (profileUrl !== '' && profileUrl !== known.profileUrl) {
    await tx.db
      .updateTable('connectorUser')
      .set({ profileUrl })
      .where('connectorId', '=', connectorId)
      .where('externalId', '=', externalId)
      .execute()
  }
  return userId
}
