import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Tx } from '../../storage/store.ts'
import { findOrMakeCustomer } from '../connectors/customers.ts'
import { NO_PROFILE } from '../people/customers.ts'
import { fullName } from '../people/names.ts'
import { Refusal } from '../refusal.ts'
import { beginSession, findOrMakeChat } from './conversations.ts'
import { loadLine } from './lines.ts'
import { openSessionOf } from './sessions.ts'
import { tieChat } from './ties.ts'

export interface CustomerChat {
  readonly lineId: number
  /** The built-in live chat where it is left out. */
  readonly connectorId?: string
  /** Who the customer is outside; one made of his number here where it is left out. */
  readonly externalUserId?: string
  readonly externalChatId?: string
  readonly name: string
  readonly lastName?: string
  readonly email?: string
  readonly phone?: string
  readonly avatarUrl?: string
  /** The CRM entity that the chat is tied to. */
  readonly entityType?: CrmEntityType
  readonly entityId?: number
  /** Who answers, the first of them responsible; the line's queue decides where it is left out. */
  readonly operatorIds?: readonly number[]
  readonly now: number
}

/**
 * Opens an open channel chat with a customer on the portal's own account: demo data, tests, measurements. Refuses
 * with `lineNotFound`. Answers the id of the chat.
 */
export async function openCustomerChat(tx: Tx, wanted: CustomerChat): Promise<number> {
  const { lineId, connectorId = 'livechat', entityType, entityId, operatorIds, now } = wanted
  const line = await loadLine(tx, lineId)
  if (!line) throw new Refusal('lineNotFound', `There is no line ${lineId}`)
  const { name, lastName = '', email = '', phone = '', avatarUrl = '' } = wanted
  const profile = { ...NO_PROFILE, name, lastName, email, phone, avatarUrl }
  const externalId = wanted.externalUserId ?? `guest-${await nextGuest(tx)}`
  const customerId = await findOrMakeCustomer(tx, connectorId, { externalId, profile, profileUrl: '' }, now)
  const chatId = await findOrMakeChat(tx, {
    code: { connectorId, lineId, externalChatId: wanted.externalChatId ?? externalId, customerId },
    title: `${fullName(profile)} - ${line.name}`.slice(0, 255),
    avatarUrl,
    customerId,
    now,
  })
  if (entityType !== undefined && entityId !== undefined) await tieChat(tx, chatId, { entityType, entityId }, now)
  if (await openSessionOf(tx, chatId)) return chatId
  const offer = operatorIds && { operatorId: operatorIds[0] ?? 0, memberIds: operatorIds }
  await beginSession(tx, { chatId, line, connectorId, customerId, now, ...(offer && { offer }) })
  return chatId
}

async function nextGuest(tx: Tx): Promise<number> {
  const newest = await tx.db
    .selectFrom('user')
    .select((eb) => eb.fn.max('id').as('id'))
    .executeTakeFirst()
  return (newest?.id ?? 0) + 1
}
