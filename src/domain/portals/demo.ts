import type { Ids } from '../../kernel/ids.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Tx } from '../../storage/store.ts'
import { createWebhook } from '../apps/webhooks.ts'
import { ownerOf } from '../caller.ts'
import { registerBot } from '../bots/bots.ts'
import { addMember } from '../chats/members.ts'
import { addMessage } from '../chats/messages.ts'
import { switchConnector } from '../connectors/places.ts'
import { type EntityChange, addEntity } from '../crm/changes.ts'
import { createLine } from '../openlines/lines.ts'
import { openCustomerChat } from '../openlines/customer-chats.ts'
import { createDepartment } from '../people/departments.ts'
import { assignRole } from '../people/roles.ts'
import { createUser } from '../people/users.ts'
import type { Portal } from './portal.ts'
import { readFact, writeFact } from './facts.ts'

interface Named {
  readonly id: number
}

interface Linked extends Named {
  /** The open channel chat of its customer. */
  readonly chatId: number
}

/** What a demo portal holds, by id; `null` for what a portal made otherwise does not have. */
export interface Demo {
  readonly admin: Named | null
  readonly employees: readonly Named[]
  readonly bot: Named | null
  readonly line: Named | null
  readonly lead: Linked | null
  readonly deal: Linked | null
  readonly contact: Linked | null
  readonly company: Linked | null
}

export interface NewDemo {
  readonly demo: { readonly [Key in keyof Demo]: NonNullable<Demo[Key]> }
  /** The administrator's webhook with every scope; its secret is known only here. */
  readonly webhook: { readonly id: number; readonly userId: number; readonly secret: string }
}

const FACT = 'demo'

const EMPLOYEES = [
  { name: 'Bruno', lastName: 'Keller', email: 'bruno@example.com', workPosition: 'Operator', gender: 'M' },
  { name: 'Carla', lastName: 'Mendes', email: 'carla@example.com', workPosition: 'Operator', gender: 'F' },
  { name: 'Dmitri', lastName: 'Orlov', email: 'dmitri@example.com', workPosition: 'Sales', gender: 'M' },
] as const

interface DemoEntity {
  readonly type: CrmEntityType
  readonly values: EntityChange['values']
  readonly customer: {
    readonly name: string
    readonly lastName: string
    readonly phone: string
    readonly email: string
  }
  readonly greeting: string
}

const ENTITIES: readonly DemoEntity[] = [
  {
    type: 'lead',
    values: { title: 'A question about delivery', name: 'Emma', lastName: 'Fischer', sourceId: 'WEB' },
    customer: { name: 'Emma', lastName: 'Fischer', phone: '+4915112345671', email: 'emma@customer.example' },
    greeting: 'Hello! Do you deliver on Saturdays?',
  },
  {
    type: 'deal',
    values: { title: 'Forty office chairs', opportunity: 7600 },
    customer: { name: 'Felix', lastName: 'Haas', phone: '+4915112345672', email: 'felix@customer.example' },
    greeting: 'Good morning, is the offer for the forty chairs ready?',
  },
  {
    type: 'contact',
    values: { name: 'Greta', lastName: 'Lind', post: 'Purchasing' },
    customer: { name: 'Greta', lastName: 'Lind', phone: '+4915112345673', email: 'greta@customer.example' },
    greeting: 'Could you send me the invoice once more, please?',
  },
  {
    type: 'company',
    values: { title: 'Northwind Furniture', companyType: 'CUSTOMER' },
    customer: { name: 'Hugo', lastName: 'Berg', phone: '+4915112345674', email: 'hugo@customer.example' },
    greeting: 'We have moved. Who can change our address?',
  },
]

/**
 * Fills a new portal: a department, an administrator and three employees, a bot, an open channel with a queue and a
 * live chat, a lead, a deal, a contact and a company, each with a customer's chat in which all of them take part.
 */
export async function createDemo(tx: Tx, ids: Ids, now: number, scopes: readonly string[]): Promise<NewDemo> {
  const departmentId = await createDepartment(tx, { name: 'Customer care' })
  const inDepartment = { departmentIds: [departmentId] }
  const adminId = await createUser(tx, now, {
    ...inDepartment,
    name: 'Alice',
    lastName: 'Weber',
    email: 'alice@example.com',
    workPosition: 'Administrator',
    gender: 'F',
    isAdmin: true,
  })
  const employeeIds: number[] = []
  for (const employee of EMPLOYEES) {
    const userId = await createUser(tx, now, { ...inDepartment, ...employee })
    await assignRole(tx, userId, 'operators')
    employeeIds.push(userId)
  }
  const webhook = await createWebhook(tx, ids, now, { userId: adminId, scopes, title: 'Demo' })
  const owner = ownerOf({ userId: adminId, isAdmin: true, scopes, via: { kind: 'webhook', id: webhook.id } })
  const profile = { name: 'Helpful', lastName: 'Bot', workPosition: 'Answers first' }
  const botId = await registerBot(tx, {
    owner: `${owner}/demo`,
    code: 'helpful',
    type: 'O',
    openLines: true,
    handlers: {},
    profile,
    by: { ids, now, userId: adminId },
  })
  const queue = employeeIds.map((userId) => ({ userId }))
  const lineId = await createLine(tx, { name: 'Customer care', queue, byUserId: adminId, now })
  await switchConnector(tx, 'livechat', lineId, true, now)

  const participants = [adminId, ...employeeIds, botId]
  const linked = new Map<CrmEntityType, Linked>()
  for (const entity of ENTITIES) linked.set(entity.type, await addLinked(tx, entity, { lineId, participants, now }))
  const demo: NewDemo['demo'] = {
    admin: { id: adminId },
    employees: employeeIds.map((id) => ({ id })),
    bot: { id: botId },
    line: { id: lineId },
    lead: linked.get('lead')!,
    deal: linked.get('deal')!,
    contact: linked.get('contact')!,
    company: linked.get('company')!,
  }
  await writeFact(tx, FACT, demo)
  return { demo, webhook: { ...webhook, userId: adminId } }
}

interface Surroundings {
  readonly lineId: number
  /** The first of them is responsible. */
  readonly participants: readonly number[]
  readonly now: number
}

async function addLinked(tx: Tx, entity: DemoEntity, { lineId, participants, now }: Surroundings): Promise<Linked> {
  const { type, values, customer, greeting } = entity
  const portalItself = { userId: participants[0]!, isAdmin: true }
  const multifields = [
    { typeId: 'PHONE', valueType: 'WORK', value: customer.phone },
    { typeId: 'EMAIL', valueType: 'WORK', value: customer.email },
  ] as const
  const id = await addEntity(tx, portalItself, type, { values, multifields: type === 'deal' ? [] : multifields }, now)
  const chatId = await openCustomerChat(tx, {
    ...customer,
    lineId,
    entityType: type,
    entityId: id,
    operatorIds: participants.slice(0, 1),
    now,
  })
  for (const userId of participants) await addMember(tx, { chatId, userId, now })
  const { userId: customerId } = await tx.db
    .selectFrom('chatMember')
    .innerJoin('user', 'user.id', 'chatMember.userId')
    .select('chatMember.userId')
    .where('chatMember.chatId', '=', chatId)
    .where('user.kind', '=', 'customer')
    .executeTakeFirstOrThrow()
  await addMessage(tx, { chatId, authorId: customerId, callerId: customerId, text: greeting, now })
  return { id, chatId }
}

const NOTHING: Demo = {
  admin: null,
  employees: [],
  bot: null,
  line: null,
  lead: null,
  deal: null,
  contact: null,
  company: null,
}

/** What the demo portal holds; nothing for a portal that is none. */
export async function describeDemo({ store }: Portal): Promise<Demo> {
  return (await readFact<Demo>(store.read, FACT)) ?? NOTHING
}
