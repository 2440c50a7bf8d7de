import { prepared } from '../../storage/prepared.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { createChat, setChatOwner } from '../chats/chats.ts'
import { addMember } from '../chats/members.ts'
import { addMessage } from '../chats/messages.ts'
import type { Line } from './lines.ts'
import { type Offer, chooseOperators } from './routing.ts'
import { startSession } from './sessions.ts'

/** What names an open channel chat: who writes from where, on which line. */
export interface UserCode {
  readonly connectorId: string
  readonly lineId: number
  readonly externalChatId: string
  /** The customer's user id; 0 in a group chat, which several customers share. */
  readonly customerId: number
}

export function formatUserCode({ connectorId, lineId, externalChatId, customerId }: UserCode): string {
  return `${connectorId}|${lineId}|${externalChatId}|${customerId}`
}

/** The parts of a user code; nothing where it is none. The outside chat's id may itself hold bars. */
export function parseUserCode(text: string): UserCode | undefined {
  const found = /^([^|]+)\|(\d+)\|(.*)\|(\d+)$/s.exec(text)
  if (!found) return undefined
  const [, connectorId = '', lineId, externalChatId = '', customerId] = found
  return { connectorId, lineId: Number(lineId), externalChatId, customerId: Number(customerId) }
}

const chatByCode = prepared<{ code: string }>()((db, p) =>
  db.selectFrom('chat').select('id').where('kind', '=', 'lines').where('code', '=', p.code),
)

/** The chat of a user code, as `connector|line|external chat|customer`. */
export async function chatOfCode(read: Reader, code: string): Promise<number | undefined> {
  return (await read.first(chatByCode, { code }))?.id
}

export interface ChatWanted {
  readonly code: UserCode
  /** What a new chat is called. */
  readonly title: string
  readonly avatarUrl?: string
  readonly customerId: number
  readonly now: number
}

/** Finds the chat of a user code or makes it, and sees that the customer takes part. Answers its id. */
export async function findOrMakeChat(
  tx: Tx,
  { code, title, avatarUrl = '', customerId, now }: ChatWanted,
): Promise<number> {
  const text = formatUserCode(code)
  const chatId =
    (await chatOfCode(tx, text)) ?? (await createChat(tx, { kind: 'lines', title, avatarUrl, code: text, now }))
  await addMember(tx, { chatId, userId: customerId, now })
  return chatId
}

export interface SessionWanted {
  readonly chatId: number
  readonly line: Line
  readonly connectorId: string
  readonly customerId: number
  readonly sourceUrl?: string
  /** Who is responsible for the customer in the CRM, if anybody is. */
  readonly responsibleId?: number | undefined
  readonly crmCreated?: boolean
  /** Chosen beforehand; the line's queue decides where it is left out. */
  readonly offer?: Offer
  readonly now: number
}

/** Begins a session in which nobody has answered yet, and lets the operators to whom it is offered take part. */
export async function beginSession(tx: Tx, wanted: SessionWanted): Promise<number> {
  const { chatId, line, connectorId, customerId, sourceUrl = '', crmCreated = false, now } = wanted
  const offer = wanted.offer ?? (await chooseOperators(tx, line, wanted.responsibleId))
  for (const userId of offer.memberIds)
    await addMember(tx, { chatId, userId, isManager: userId === offer.operatorId, now })
  if (offer.operatorId !== 0) await setChatOwner(tx, chatId, offer.operatorId, now)
  return startSession(tx, {
    chatId,
    lineId: line.id,
    connectorId,
    customerId,
    startedBy: customerId,
    operatorId: offer.operatorId,
    state: offer.memberIds.length === 0 ? 'new' : 'waiting',
    crmCreated,
    sourceUrl,
    autoCloseTime: line.settings.autoCloseTime,
    now,
  })
}

/** The welcome message, where the line sends one in this session. Answers its id. */
export async function welcome(
  tx: Tx,
  line: Line,
  chatId: number,
  sessionId: number,
  now: number,
): Promise<number | undefined> {
  const { welcomeMessage, welcomeMessageText: text, sendWelcomeEachSession } = line.settings
  if (!welcomeMessage || text === '') return undefined
  if (!sendWelcomeEachSession && (await hasEarlierSession(tx, chatId, sessionId))) return undefined
  return addMessage(tx, { chatId, authorId: 0, callerId: 0, text, isSystem: true, now })
}

async function hasEarlierSession(read: Reader, chatId: number, sessionId: number): Promise<boolean> {
  const earlier = await read.db
    .selectFrom('session')
    .select('id')
    .where('chatId', '=', chatId)
    .where('id', '<', sessionId)
    .limit(1)
    .executeTakeFirst()
  return earlier !== undefined
}

/** The session of a chat to which a message belongs. */
export async function sessionOfMessage(read: Reader, chatId: number, messageId: number): Promise<number | undefined> {
  const session = await read.db
    .selectFrom('session')
    .select('id')
    .where('chatId', '=', chatId)
    .where('firstMessageId', '<=', messageId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return session?.id
}
