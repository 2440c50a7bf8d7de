import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { addEntity } from '../crm/changes.ts'
import { findByCommunication } from '../crm/duplicates.ts'
import type { MultifieldChange } from '../crm/multifields.ts'
import { fullName } from '../people/names.ts'
import type { Line } from './lines.ts'
import { sourceOf } from './crm-sources.ts'
import { type Tie, tieChat, tiesOf } from './ties.ts'

/** What the CRM is told of a customer. */
export interface CrmCustomer {
  readonly name: string
  readonly lastName: string
  /** Empty where there is none, or where it is no phone. */
  readonly phone: string
  readonly email: string
}

/** Who is responsible for a conversation, the first of these that there is. */
const RESPONSIBLE: readonly CrmEntityType[] = ['deal', 'lead', 'contact', 'company']

/** The CRM entities of a customer: those his chat is tied to already, else those with his phone or e-mail, one of each kind. */
export async function findTies(read: Reader, chatId: number, customer: CrmCustomer): Promise<Tie[]> {
  const present = await tiesOf(read, chatId)
  if (present.length > 0) return present
  const byPhone = customer.phone === '' ? [] : await findByCommunication(read, 'PHONE', customer.phone)
  const found =
    byPhone.length > 0 || customer.email === '' ? byPhone : await findByCommunication(read, 'EMAIL', customer.email)
  // The newest of a kind: it is the one that people work with.
  const newest = new Map(found.map((entity) => [entity.entityType, entity.entityId]))
  const lead = newest.get('lead')
  if (lead !== undefined && (await isClosed(read, 'lead', lead))) newest.delete('lead')
  const deal = await openDealOf(read, newest.get('contact'), newest.get('company'))
  if (deal !== undefined) newest.set('deal', deal)
  return [...newest].map(([entityType, entityId]) => ({ entityType, entityId }))
}

async function isClosed(read: Reader, type: 'lead' | 'deal', id: number): Promise<boolean> {
  return (await read.db.selectFrom(type).select('closed').where('id', '=', id).executeTakeFirst())?.closed ?? true
}

/** The newest open deal of a contact, else of a company: a deal has no phones of its own. */
async function openDealOf(read: Reader, contactId = 0, companyId = 0): Promise<number | undefined> {
  const ofContact = await read.db
    .selectFrom('deal')
    .innerJoin('crmBinding', 'crmBinding.entityId', 'deal.id')
    .select('deal.id')
    .where('crmBinding.entityType', '=', 'deal')
    .where('crmBinding.boundType', '=', 'contact')
    .where('crmBinding.boundId', '=', contactId)
    .where('deal.closed', '=', false)
    .orderBy('deal.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (ofContact || companyId === 0) return ofContact?.id
  const ofCompany = await read.db
    .selectFrom('deal')
    .select('id')
    .where('companyId', '=', companyId)
    .where('closed', '=', false)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return ofCompany?.id
}

/** Who is responsible for the main one of some entities. */
export async function responsibleFor(read: Reader, ties: readonly Tie[]): Promise<number | undefined> {
  const main = RESPONSIBLE.flatMap((type) => ties.find((tie) => tie.entityType === type) ?? [])[0]
  if (!main) return undefined
  const entity = await read.db
    .selectFrom(main.entityType)
    .select('assignedById')
    .where('id', '=', main.entityId)
    .executeTakeFirst()
  return entity?.assignedById
}

export interface NewEntities {
  readonly line: Line
  readonly connector: { readonly id: string; readonly name: string }
  readonly customer: CrmCustomer
  /** Who will be responsible. */
  readonly assignedById: number
  readonly now: number
}

/** Makes in the CRM what the line's settings want for a customer who is not there: nothing, a lead, or a deal with its contact. */
export async function makeEntities(
  tx: Tx,
  { line, connector, customer, assignedById, now }: NewEntities,
): Promise<Tie[]> {
  const { crmCreate } = line.settings
  if (crmCreate === 'none') return []
  const accessor = { userId: assignedById, isAdmin: true }
  const sourceId = await sourceOf(tx, line, connector)
  const shared = { sourceId, assignedById }
  const person = { ...shared, name: customer.name, lastName: customer.lastName }
  const multifields: MultifieldChange[] = [
    ...(customer.phone === '' ? [] : [{ typeId: 'PHONE' as const, valueType: 'WORK', value: customer.phone }]),
    ...(customer.email === '' ? [] : [{ typeId: 'EMAIL' as const, valueType: 'WORK', value: customer.email }]),
  ]
  const title = `${fullName(customer)} - ${line.name}`.slice(0, 255)
  if (crmCreate === 'lead') {
    const entityId = await addEntity(tx, accessor, 'lead', { values: { ...person, title }, multifields }, now)
    return [{ entityType: 'lead', entityId }]
  }
  const contactId = await addEntity(tx, accessor, 'contact', { values: person, multifields }, now)
  const dealId = await addEntity(tx, accessor, 'deal', { values: { ...shared, title, contactIds: [contactId] } }, now)
  return [
    { entityType: 'contact', entityId: contactId },
    { entityType: 'deal', entityId: dealId },
  ]
}

/** Ties a chat to several entities. */
export async function tieAll(tx: Tx, chatId: number, ties: readonly Tie[], now: number): Promise<void> {
  for (const tie of ties) await tieChat(tx, chatId, tie, now)
}
