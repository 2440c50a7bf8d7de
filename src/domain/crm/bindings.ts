import { expressionBuilder } from 'kysely'
import type { Schema } from '../../storage/schema.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Reader, Tx } from '../../storage/store.ts'

/**
 * Bindings tie contacts to leads, deals and companies to contacts. A contact at a company is one binding,
 * whose `entity` is the contact; seen from the company, `turned` is true.
 */
interface Side {
  readonly owner: 'entity' | 'bound'
  readonly entityType: CrmEntityType
  readonly boundType: CrmEntityType
}

function sideOf(type: CrmEntityType): Side {
  if (type === 'company') return { owner: 'bound', entityType: 'contact', boundType: 'company' }
  return { owner: 'entity', entityType: type, boundType: type === 'contact' ? 'company' : 'contact' }
}

/** What is bound to some entities of one type, by entity, the primary one first. */
export async function boundTo(
  read: Reader,
  type: CrmEntityType,
  ids: readonly number[],
): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>()
  if (ids.length === 0) return found
  const { owner, entityType, boundType } = sideOf(type)
  const rows = await read.db
    .selectFrom('crmBinding')
    .select(['entityId', 'boundId'])
    .where('entityType', '=', entityType)
    .where('boundType', '=', boundType)
    .where(owner === 'entity' ? 'entityId' : 'boundId', 'in', ids)
    .orderBy('isPrimary', 'desc')
    .orderBy('sort')
    .orderBy('boundId')
    .orderBy('entityId')
    .execute()
  for (const row of rows) {
    const key = owner === 'entity' ? row.entityId : row.boundId
    const value = owner === 'entity' ? row.boundId : row.entityId
    const list = found.get(key)
    if (list) list.push(value)
    else found.set(key, [value])
  }
  return found
}

/** Binds exactly these to a lead, a deal or a contact, the first one as the primary. */
export async function bind(
  tx: Tx,
  entityType: 'lead' | 'deal' | 'contact',
  entityId: number,
  boundIds: readonly number[],
): Promise<void> {
  const { boundType } = sideOf(entityType)
  await tx.db
    .deleteFrom('crmBinding')
    .where('entityType', '=', entityType)
    .where('entityId', '=', entityId)
    .where('boundType', '=', boundType)
    .execute()
  if (boundIds.length > 0) {
    await tx.db
      .insertInto('crmBinding')
      .values(
        boundIds.map((boundId, place) => ({
          entityType,
          entityId,
          boundType,
          boundId,
          isPrimary: place === 0,
          sort: (place + 1) * 10,
        })),
      )
      .execute()
  }
  await refreshPrimary(tx, entityType, [entityId])
}

/** Makes exactly these contacts belong to a company. */
export async function bindContacts(tx: Tx, companyId: number, contactIds: readonly number[]): Promise<void> {
  const present = (await boundTo(tx, 'company', [companyId])).get(companyId) ?? []
  const gone = present.filter((id) => !contactIds.includes(id))
  const added = contactIds.filter((id) => !present.includes(id))
  if (gone.length > 0) {
    await tx.db
      .deleteFrom('crmBinding')
      .where('entityType', '=', 'contact')
      .where('entityId', 'in', gone)
      .where('boundType', '=', 'company')
      .where('boundId', '=', companyId)
      .execute()
  }
  if (added.length > 0) {
    const others = await boundTo(tx, 'contact', added)
    await tx.db
      .insertInto('crmBinding')
      .values(
        added.map((entityId) => ({
          entityType: 'contact' as const,
          entityId,
          boundType: 'company' as const,
          boundId: companyId,
          isPrimary: !others.has(entityId),
          sort: ((others.get(entityId)?.length ?? 0) + 1) * 10,
        })),
      )
      .execute()
  }
  await refreshPrimary(tx, 'contact', [...gone, ...added])
}

/** Brings the column that holds the first bound one into line with the bindings. */
async function refreshPrimary(tx: Tx, entityType: 'lead' | 'deal' | 'contact', ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  const { boundType } = sideOf(entityType)
  const first = expressionBuilder<Schema, typeof entityType>()
    .selectFrom('crmBinding')
    .select('crmBinding.boundId')
    .where('crmBinding.entityType', '=', entityType)
    .whereRef('crmBinding.entityId', '=', `${entityType}.id`)
    .where('crmBinding.boundType', '=', boundType)
    .orderBy('crmBinding.isPrimary', 'desc')
    .orderBy('crmBinding.sort')
    .orderBy('crmBinding.boundId')
    .limit(1)
  switch (entityType) {
    case 'contact':
      await tx.db.updateTable('contact').set({ companyId: first }).where('id', 'in', ids).execute()
      break
    case 'lead':
      await tx.db.updateTable('lead').set({ contactId: first }).where('id', 'in', ids).execute()
      break
    case 'deal':
      await tx.db.updateTable('deal').set({ contactId: first }).where('id', 'in', ids).execute()
      break
  }
}

/** Forgets everything that is bound to an entity or to which it is bound, and every column that names it. */
export async function unbindAll(tx: Tx, type: CrmEntityType, id: number): Promise<void> {
  const hosts = await tx.db
    .selectFrom('crmBinding')
    .select(['entityType', 'entityId'])
    .where('boundType', '=', type)
    .where('boundId', '=', id)
    .execute()
  await tx.db.deleteFrom('crmBinding').where('entityType', '=', type).where('entityId', '=', id).execute()
  await tx.db.deleteFrom('crmBinding').where('boundType', '=', type).where('boundId', '=', id).execute()
  for (const hostType of ['lead', 'deal', 'contact'] as const) {
    const ids = hosts.filter((host) => host.entityType === hostType).map((host) => host.entityId)
    await refreshPrimary(tx, hostType, ids)
  }
  if (type === 'company') {
    await tx.db.updateTable('lead').set({ companyId: null }).where('companyId', '=', id).execute()
    await tx.db.updateTable('deal').set({ companyId: null }).where('companyId', '=', id).execute()
  }
}
