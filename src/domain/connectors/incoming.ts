import { prepared } from '../../storage/prepared.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { addMember } from '../chats/members.ts'
import { LONGEST_MESSAGE, addMessage } from '../chats/messages.ts'
import { beginSession, findOrMakeChat, sessionOfMessage, welcome } from '../openlines/conversations.ts'
import { type NewEntities, findTies, makeEntities, responsibleFor, tieAll } from '../openlines/crm-linking.ts'
import type { Line } from '../openlines/lines.ts'
import { chooseOperators } from '../openlines/routing.ts'
import { noteMessage, openSessionOf } from '../openlines/sessions.ts'
import type { Tie } from '../openlines/ties.ts'
import { fullName } from '../people/names.ts'
import { findUser, isEmail } from '../people/users.ts'
import { Refusal } from '../refusal.ts'
import type { Connector } from './connectors.ts'
import { type ExternalPerson, findCustomer, findOrMakeCustomer } from './customers.ts'

export interface ExternalFile {
  readonly url: string
  readonly name: string
}

/** A message as a connector brings it. Empty texts mean that it does not say. */
export interface IncomingMessage {
  readonly person: ExternalPerson
  readonly chat: { readonly externalId: string; readonly name: string; readonly url: string }
  /** Its id in the outside messenger: the same one is written once. */
  readonly externalId: string
  readonly text: string
  readonly files: readonly ExternalFile[]
  /** Epoch milliseconds at which it was sent, if the connector says. */
  readonly sentAt?: number | undefined
  /** The employee on whose behalf it is written instead of the customer's. */
  readonly employeeId?: number | undefined
  /** Whether it stays out of the CRM. */
  readonly skipCrm: boolean
  /** Whether the phone is kept in the CRM as it is. */
  readonly skipPhoneCheck: boolean
}

/** Where a message came in. */
export interface Arrival {
  readonly connector: Connector
  readonly line: Line
  readonly callerId: number
  readonly now: number
}

export interface Received {
  readonly customerId: number
  readonly chatId: number
  readonly messageId: number
  readonly sessionId: number | undefined
}

interface Outside {
  connectorId: string
  lineId: number
  externalChatId: string
  externalMessageId: string
}

const received = prepared<Outside>()((db, p) =>
  db
    .selectFrom('connectorMessage')
    .innerJoin('message', 'message.id', 'connectorMessage.messageId')
    .select(['connectorMessage.chatId', 'connectorMessage.messageId', 'message.authorId'])
    .where('connectorMessage.connectorId', '=', p.connectorId)
    .where('connectorMessage.lineId', '=', p.lineId)
    .where('connectorMessage.externalChatId', '=', p.externalChatId)
    .where('connectorMessage.externalMessageId', '=', p.externalMessageId),
)

const PHONE = /^\+?(?:[\s().-]*\d){5,15}[\s().-]*$/

/** Whether it can be a phone number. */
function isPhone(text: string): boolean {
  return PHONE.test(text)
}

/**
 * Writes a message that came in over a connector: finds or makes the customer, his chat and the session, offers a
 * new session to the line's queue and ties it to the CRM as the line's settings say. A message known by its
 * outside ids is not written again: the answer is the first one. Refuses with `messageEmpty`, `messageTooLong`,
 * `employeeUnknown`.
 */
export async function receiveMessage(tx: Tx, arrival: Arrival, message: IncomingMessage): Promise<Received> {
  const { connector, line, callerId, now } = arrival
  const { text, files, chat } = message
  if (text === '' && files.length === 0) throw new Refusal('messageEmpty')
  if (text.length > LONGEST_MESSAGE) throw new Refusal('messageTooLong')
  const outside: Outside = {
    connectorId: connector.id,
    lineId: line.id,
    externalChatId: chat.externalId,
    externalMessageId: message.externalId,
  }
  const known = message.externalId === '' ? undefined : await tx.first(received, outside)
  if (known) return again(tx, connector, message.person, known)

  const customerId = await findOrMakeCustomer(tx, connector.id, message.person, now)
  const { chatGroup } = connector.options
  const customer = await customerProfile(tx, customerId)
  const chatId = await findOrMakeChat(tx, {
    code: {
      connectorId: connector.id,
      lineId: line.id,
      externalChatId: chat.externalId,
      customerId: chatGroup ? 0 : customerId,
    },
    title: `${(chatGroup && chat.name) || fullName(customer)} - ${line.name}`.slice(0, 255),
    avatarUrl: chatGroup ? '' : customer.avatarUrl,
    customerId,
    now,
  })
  const employee = message.employeeId === undefined ? undefined : await findEmployee(tx, message.employeeId)
  const open = await openSessionOf(tx, chatId)
  // In a group nobody is the one customer whom the CRM could know.
  const inCrm = line.settings.crm && !message.skipCrm && !chatGroup
  const phone = message.skipPhoneCheck || isPhone(customer.phone) ? customer.phone : ''
  const email = isEmail(customer.email) ? customer.email : ''
  const sessionId =
    open?.id ??
    (await converse(tx, arrival, {
      chatId,
      customerId,
      customer: { ...customer, phone, email },
      inCrm,
      sourceUrl: chat.url,
    }))

  const authorId = employee ?? customerId
  if (employee !== undefined) await addMember(tx, { chatId, userId: employee, now })
  const messageId = await addMessage(tx, {
    chatId,
    authorId,
    callerId,
    text,
    params: paramsOf(message),
    // The customer has it already, whoever is shown as its author.
    skipConnector: true,
    now: Math.min(message.sentAt ?? now, now),
  })
  if (message.externalId !== '') {
    await tx.db
      .insertInto('connectorMessage')
      .values({ ...outside, chatId, messageId })
      .execute()
  }
  if (employee !== undefined) await noteMessage(tx, { chatId, messageId, authorId, authorKind: 'employee', now })
  if (!open) await welcome(tx, line, chatId, sessionId, now)
  return { customerId, chatId, messageId, sessionId }
}

/** The answer to a message that was written before. */
async function again(
  read: Reader,
  connector: Connector,
  { externalId }: ExternalPerson,
  known: { readonly chatId: number; readonly messageId: number; readonly authorId: number },
): Promise<Received> {
  const customerId = (await findCustomer(read, connector.id, externalId)) ?? known.authorId
  return { ...known, customerId, sessionId: await sessionOfMessage(read, known.chatId, known.messageId) }
}

function paramsOf({ externalId, files }: IncomingMessage): Record<string, unknown> {
  return {
    ...(externalId === '' ? {} : { CONNECTOR_MID: [externalId] }),
    ...(files.length === 0 ? {} : { FILES: files.map(({ name, url }) => ({ name, link: url })) }),
  }
}

async function findEmployee(read: Reader, id: number): Promise<number> {
  const user = await findUser(read, id)
  if (!user?.active || user.kind !== 'employee') throw new Refusal('employeeUnknown')
  return user.id
}

async function customerProfile(read: Reader, id: number) {
  return read.db
    .selectFrom('user')
    .select(['name', 'lastName', 'phone', 'email', 'avatarUrl'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
}

/** What the CRM refuses (a source that is gone, a field out of its form) must not keep a customer's message away. */
async function tryToMake(tx: Tx, entities: NewEntities): Promise<Tie[]> {
  try {
    return await tx.savepoint(() => makeEntities(tx, entities))
  } catch (error) {
    if (error instanceof Refusal) return []
    throw error
  }
}

interface Conversation {
  readonly chatId: number
  readonly customerId: number
  readonly customer: {
    readonly name: string
    readonly lastName: string
    readonly phone: string
    readonly email: string
  }
  readonly inCrm: boolean
  readonly sourceUrl: string
}

/** Begins a session: who the customer is in the CRM decides who may answer, who answers is responsible for what is made there. */
async function converse(tx: Tx, arrival: Arrival, conversation: Conversation): Promise<number> {
  const { connector, line, now } = arrival
  const { chatId, customerId, customer, inCrm, sourceUrl } = conversation
  const found = inCrm ? await findTies(tx, chatId, customer) : []
  const offer = await chooseOperators(tx, line, await responsibleFor(tx, found))
  const assignedById = offer.operatorId || offer.memberIds[0] || line.updatedById
  const made = inCrm && found.length === 0 ? await tryToMake(tx, { line, connector, customer, assignedById, now }) : []
  await tieAll(tx, chatId, [...found, ...made], now)
  return beginSession(tx, {
    chatId,
    line,
    connectorId: connector.id,
    customerId,
    sourceUrl,
    crmCreated: made.length > 0,
    offer,
    now,
  })
}
