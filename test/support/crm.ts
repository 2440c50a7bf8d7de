import { seedReferenceBooks } from '../../src/domain/crm/reference-books.ts'
import type { CrmEntityType } from '../../src/storage/schema/crm.ts'
import type { AccessLevel, CrmAction } from '../../src/storage/schema/people.ts'
import { type TestPortal, testPortal } from './portal.ts'

/** A test portal with its reference books. */
export async function crmPortal(): Promise<TestPortal> {
  const t = await testPortal()
  await t.portal.store.write(seedReferenceBooks)
  return t
}

/** Gives somebody rights on one kind of entity, in a role of his own; what is not named he may not do. */
export async function grant(
  { portal }: TestPortal,
  userId: number,
  entityType: CrmEntityType,
  rights: Partial<Record<CrmAction, AccessLevel>>,
): Promise<void> {
  await portal.store.write(async (tx) => {
    const code = `test-${userId}-${entityType}`
    const { id: roleId } = await tx.db
      .insertInto('role')
      .values({ code, name: code })
      .returning('id')
      .executeTakeFirstOrThrow()
    await tx.db.insertInto('userRole').values({ userId, roleId }).execute()
    const entries = Object.entries(rights) as [CrmAction, AccessLevel][]
    await tx.db
      .insertInto('rolePermission')
      .values(entries.map(([action, level]) => ({ roleId, entityType, action, level })))
      .execute()
  })
}

/** What the portal told since it began, oldest first. */
export async function eventsOf({ portal }: TestPortal): Promise<{ type: string; subject: string; payload: object }[]> {
  return portal.store.read.db.selectFrom('outbox').select(['type', 'subject', 'payload']).orderBy('id').execute()
}
