import {
  type MessageAdded,
  type MessageDeleted,
  type MessageUpdated,
  externalIdsOf,
} from '../../domain/chats/messages.ts'
import { type Connector, findConnector } from '../../domain/connectors/connectors.ts'
import type { PlaceChanged } from '../../domain/connectors/places.ts'
import { type Line, type LineDeleted, loadLine } from '../../domain/openlines/lines.ts'
import { fullName } from '../../domain/people/names.ts'
import type { UserKind } from '../../storage/schema/people.ts'
import type { Reader } from '../../storage/store.ts'
import { type LinesChat, linesChat } from './lines-chat.ts'
import { sessionData } from './session-data.ts'
import type { Telling, Told, WireEvent } from './wire-event.ts'

/** What a connector has to carry out to its messenger, or to know. Each goes to the owner of the connector alone. */

/** Whoever has a connector has this scope: every method of connectors wants it. */
const SCOPE = 'imopenlines'

/** The chat, if an application has registered its connector: the built-in ones are told nothing. */
async function carriedChat(read: Reader, chatId: number): Promise<LinesChat | undefined> {
  const chat = await linesChat(read, chatId)
  return chat?.connector.owner === '' ? undefined : chat
}

interface CarriedMessage {
  readonly text: string
  readonly params: Record<string, unknown>
  readonly authorId: number
  /** Nothing is known of the system. */
  readonly kind: UserKind | null
  readonly name: string | null
  readonly lastName: string | null
}

/** A message that the customer shall see: not his own, and of the system only where the connector wants these. */
async function carriedMessage(
  read: Reader,
  connector: Connector,
  messageId: number,
): Promise<CarriedMessage | undefined> {
  const message = await read.db
    .selectFrom('message')
    .leftJoin('user', 'user.id', 'message.authorId')
    .select(['message.text', 'message.params', 'message.authorId', 'message.isSystem'])
    .select(['user.kind', 'user.name', 'user.lastName'])
    .where('message.id', '=', messageId)
    .where('message.isDeleted', '=', false)
    .executeTakeFirst()
  if (!message || message.kind === 'customer') return undefined
  if ((message.isSystem || message.authorId === 0) && !connector.options.needSystemMessages) return undefined
  return message
}

/** How customers see an operator: by his name, or by what the line puts in its place. Empty where by nothing. */
function nameShown({ name, lastName }: CarriedMessage, line: Line | undefined): string {
  if (line?.settings.operatorData === 'hide') return line.settings.defaultOperatorData.name ?? ''
  return fullName({ name: name ?? '', lastName: lastName ?? '' })
}

/** The text with the operator's name before it, where the connector wants that. */
async function signedText(read: Reader, chat: LinesChat, message: CarriedMessage): Promise<string> {
  if (message.kind !== 'employee' || !chat.connector.options.needSignature) return message.text
  const name = nameShown(message, await loadLine(read, chat.code.lineId))
  return name === '' ? message.text : `[b]${name}:[/b] [br]${message.text}`
}

function carry(
  { chatId, code, connector }: LinesChat,
  messageId: number,
  message: Record<string, string | number | string[]>,
): Told {
  return {
    owners: [connector.owner],
    data: {
      CONNECTOR: connector.id,
      LINE: code.lineId,
      MESSAGES: [{ im: { chat_id: chatId, message_id: messageId }, message, chat: { id: code.externalChatId } }],
    },
  }
}

export const connectorMessageAdd: WireEvent = {
  name: 'ONIMCONNECTORMESSAGEADD',
  doc: 'A message for the customer is to be carried to his messenger.',
  scope: SCOPE,
  on: 'message.added',
  async tell({ event, read }) {
    const { chatId, messageId, skipConnector } = event.payload as MessageAdded
    const chat = skipConnector ? undefined : await carriedChat(read, chatId)
    const message = chat && (await carriedMessage(read, chat.connector, messageId))
    if (!message) return undefined
    return carry(chat, messageId, { user_id: message.authorId, text: await signedText(read, chat, message) })
  },
}

export const connectorMessageUpdate: WireEvent = {
  name: 'ONIMCONNECTORMESSAGEUPDATE',
  doc: 'A message that was carried to the customer’s messenger has been changed.',
  scope: SCOPE,
  on: 'message.updated',
  async tell({ event, read }) {
    const { chatId, messageId, skipConnector, textChanged } = event.payload as MessageUpdated
    const chat = skipConnector || !textChanged ? undefined : await carriedChat(read, chatId)
    if (!chat?.connector.options.editInternalMessages) return undefined
    const message = await carriedMessage(read, chat.connector, messageId)
    if (!message) return undefined
    return carry(chat, messageId, { id: externalIdsOf(message.params), text: await signedText(read, chat, message) })
  },
}

async function isCustomer(read: Reader, userId: number): Promise<boolean> {
  const user = await read.db.selectFrom('user').select('kind').where('id', '=', userId).executeTakeFirst()
  return user?.kind === 'customer'
}

export const connectorMessageDelete: WireEvent = {
  name: 'ONIMCONNECTORMESSAGEDELETE',
  doc: 'A message that was carried to the customer’s messenger has been deleted.',
  scope: SCOPE,
  on: 'message.deleted',
  async tell({ event, read }) {
    const { chatId, messageId, authorId, isSystem, skipConnector, externalIds } = event.payload as MessageDeleted
    const chat = skipConnector ? undefined : await carriedChat(read, chatId)
    if (!chat?.connector.options.delInternalMessages || (await isCustomer(read, authorId))) return undefined
    if ((isSystem || authorId === 0) && !chat.connector.options.needSystemMessages) return undefined
    return carry(chat, messageId, { id: externalIds[0] ?? '' })
  },
}

async function tellOfDialog(telling: Telling, closed: boolean): Promise<Told | undefined> {
  const session = await sessionData(telling, closed)
  if (!session) return undefined
  const { code, connector } = session.chat
  if (connector.owner === '') return undefined
  return {
    owners: [connector.owner],
    data: { CONNECTOR: connector.id, LINE: String(code.lineId), DATA: [session.data] },
  }
}

export const connectorDialogStart: WireEvent = {
  name: 'ONIMCONNECTORDIALOGSTART',
  doc: 'A conversation over the connector has begun.',
  scope: SCOPE,
  on: 'session.started',
  tell: (telling) => tellOfDialog(telling, false),
}

export const connectorDialogFinish: WireEvent = {
  name: 'ONIMCONNECTORDIALOGFINISH',
  doc: 'A conversation over the connector has been closed.',
  scope: SCOPE,
  on: 'session.closed',
  tell: (telling) => tellOfDialog(telling, true),
}

export const connectorLineDelete: WireEvent = {
  name: 'ONIMCONNECTORLINEDELETE',
  doc: 'A line that the connector had a place on has been deleted; `data` is the id of the line.',
  scope: SCOPE,
  on: 'line.deleted',
  async tell({ event, read }) {
    const { lineId, connectorIds } = event.payload as LineDeleted
    const owners = new Set<string>()
    for (const id of connectorIds) owners.add((await findConnector(read, id))?.owner ?? '')
    owners.delete('')
    return owners.size === 0 ? undefined : { owners: [...owners], data: lineId }
  },
}

export const connectorStatusDelete: WireEvent = {
  name: 'ONIMCONNECTORSTATUSDELETE',
  doc: 'The connector has been switched off on a line.',
  scope: SCOPE,
  on: 'connector.deactivated',
  async tell({ event, read }) {
    const { connectorId, lineId } = event.payload as PlaceChanged
    const connector = await findConnector(read, connectorId)
    if (!connector || connector.owner === '') return undefined
    return { owners: [connector.owner], data: { connector: connectorId, line: lineId } }
  },
}
