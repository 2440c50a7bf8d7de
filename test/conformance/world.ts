import { findOrMakeCustomer } from '../../src/domain/connectors/customers.ts'
import { addMember } from '../../src/domain/chats/members.ts'
import { addMessage } from '../../src/domain/chats/messages.ts'
import { beginSession, findOrMakeChat, formatUserCode } from '../../src/domain/openlines/conversations.ts'
import { seedReferenceBooks } from '../../src/domain/crm/reference-books.ts'
import { createLine, loadLine } from '../../src/domain/openlines/lines.ts'
import { noteMessage } from '../../src/domain/openlines/sessions.ts'
import { tieChat } from '../../src/domain/openlines/ties.ts'
import { NO_PROFILE } from '../../src/domain/people/customers.ts'
import { seedRoles } from '../../src/domain/people/roles.ts'
import type { Tx } from '../../src/storage/store.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import { ADMIN, ANNA, BORIS, type TestPortal, testPortal } from '../support/portal.ts'

/** A portal with what every new one has: stages, sources, roles. */
export async function newPortal(): Promise<TestPortal> {
  const t = await testPortal()
  await t.portal.store.write(async (tx) => {
    await seedReferenceBooks(tx)
    await seedRoles(tx)
  })
  return t
}

/** One transparent pixel. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

/** A group chat of the administrator with Anna and Boris, in which Anna has spoken. */
export async function groupChat(
  t: TestPortal,
  more: JsonObject = {},
): Promise<{ chat: number; dialog: string; message: number }> {
  const chat = await t.result<number>('im.chat.add', { TYPE: 'CHAT', TITLE: 'A chat', USERS: [ANNA, BORIS], ...more })
  const dialog = `chat${chat}`
  const message = await t.result<number>('im.message.add', { DIALOG_ID: dialog, MESSAGE: 'Hello' }, t.as(ANNA))
  return { chat, dialog, message }
}

/** A second department under the first one, led by Anna, in which Boris works. */
export async function salesDepartment(t: TestPortal): Promise<number> {
  const id = await t.result<number>('department.add', { NAME: 'Sales', PARENT: 1, UF_HEAD: ANNA })
  await t.call('user.update', { ID: BORIS, UF_DEPARTMENT: [1, id] })
  return id
}

export interface Conversation {
  readonly line: number
  readonly lead: number
  readonly chat: number
  readonly session: number
  readonly customer: number
  /** What the customer wrote. */
  readonly message: number
  readonly userCode: string
}

/** A line whose queue is Anna. */
export async function supportLine({ portal }: TestPortal): Promise<number> {
  const now = portal.clock.now()
  const wanted = { name: 'Support', queue: [{ userId: ANNA }], byUserId: ADMIN, now }
  return portal.store.write((tx) => createLine(tx, wanted))
}

/** A lead of Anna, and a customer's first message on a line of hers that nobody has answered yet. Boris looks on. */
export async function conversation(t: TestPortal): Promise<Conversation> {
  const lineId = await supportLine(t)
  const now = t.portal.clock.now()
  return t.portal.store.write(async (tx) => {
    const lead = await addLead(tx, now)
    const line = (await loadLine(tx, lineId))!
    const person = { externalId: 'guest-1', profile: { ...NO_PROFILE, name: 'Guest' }, profileUrl: '' }
    const customer = await findOrMakeCustomer(tx, 'livechat', person, now)
    const code = { connectorId: 'livechat', lineId, externalChatId: 'outside-1', customerId: customer }
    const chat = await findOrMakeChat(tx, { code, title: 'Guest - Support', customerId: customer, now })
    const session = await beginSession(tx, { chatId: chat, line, connectorId: 'livechat', customerId: customer, now })
    await addMember(tx, { chatId: chat, userId: BORIS, now })
    await tieChat(tx, chat, { entityType: 'lead', entityId: lead }, now)
    const message = await addMessage(tx, { chatId: chat, authorId: customer, callerId: 0, text: 'I need help', now })
    await noteMessage(tx, { chatId: chat, messageId: message, authorId: customer, authorKind: 'customer', now })
    return { line: lineId, lead, chat, session, customer, message, userCode: formatUserCode(code) }
  })
}

/** The same, once Anna has answered. */
export async function answeredConversation(t: TestPortal): Promise<Conversation> {
  const found = await conversation(t)
  const { chat } = found
  const now = t.portal.clock.now()
  await t.portal.store.write(async (tx) => {
    const message = await addMessage(tx, { chatId: chat, authorId: ANNA, callerId: ANNA, text: 'How can I help?', now })
    await noteMessage(tx, { chatId: chat, messageId: message, authorId: ANNA, authorKind: 'employee', now })
  })
  return found
}

async function addLead({ db }: Tx, now: number): Promise<number> {
  const stamps = { createdAt: now, updatedAt: now, lastActivityAt: now, movedAt: now }
  const by = { assignedById: ANNA, createdById: ANNA, updatedById: ANNA, movedById: ANNA }
  const values = { ...by, ...stamps, title: 'A lead', stageId: 'NEW', stageSemantics: 'P', extra: {} } as const
  return (await db.insertInto('lead').values(values).returning('id').executeTakeFirstOrThrow()).id
}
