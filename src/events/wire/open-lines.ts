import type { MessageAdded, MessageDeleted, MessageUpdated } from '../../domain/chats/messages.ts'
import type { SessionAnswered, SessionReleased } from '../../domain/openlines/sessions.ts'
import { lastSessionOf } from '../../domain/openlines/dialogs.ts'
import { loadSettings } from '../../domain/portals/settings.ts'
import { isoDate } from '../../kernel/iso-date.ts'
import { isJsonObject } from '../../kernel/json.ts'
import type { Reader } from '../../storage/store.ts'
import { hearers, linesChat, outsideId } from './lines-chat.ts'
import { sessionData } from './session-data.ts'
import type { Telling, Told, WireEvent } from './wire-event.ts'

/** What happens in open channel chats: told to the application whose connector it is, of a built-in one to everybody. */

const SCOPE = 'imopenlines'

/** A message that is still there. */
async function messageNow(read: Reader, id: number) {
  return read.db
    .selectFrom('message')
    .select(['text', 'authorId', 'isSystem', 'params', 'createdAt'])
    .where('id', '=', id)
    .where('isDeleted', '=', false)
    .executeTakeFirst()
}

export const openLineMessageAdd: WireEvent = {
  name: 'ONOPENLINEMESSAGEADD',
  doc: 'Somebody has written into an open channel chat.',
  scope: SCOPE,
  on: 'message.added',
  async tell({ event, read }) {
    const { chatId, messageId } = event.payload as MessageAdded
    const chat = await linesChat(read, chatId)
    const message = chat && (await messageNow(read, messageId))
    if (!message) return undefined
    const { connectorId, lineId, externalChatId, customerId } = chat.code
    const { FILES: files, ATTACH: attach } = message.params
    const session = await lastSessionOf(read, chatId)
    return {
      ...hearers(chat.connector),
      data: {
        DATA: [
          {
            connector: {
              connector_id: connectorId,
              line_id: lineId,
              chat_id: outsideId(externalChatId),
              user_id: customerId,
            },
            chat: { id: chatId },
            message: {
              id: messageId,
              date: isoDate(message.createdAt, (await loadSettings(read)).timeZone),
              text: message.text,
              files: Array.isArray(files) ? files.filter(isJsonObject) : [],
              attach: attach ? JSON.stringify(attach) : '',
              system: message.isSystem ? 'Y' : 'N',
              user_id: message.authorId,
            },
            ref: [],
            extra: { EXTRA_URL: session?.sourceUrl ?? '' },
          },
        ],
      },
    }
  },
}

async function tellOfChange({ event, read }: Telling): Promise<Told | undefined> {
  const { chatId, messageId } = event.payload as MessageUpdated | MessageDeleted
  const chat = await linesChat(read, chatId)
  if (!chat) return undefined
  return {
    ...hearers(chat.connector),
    data: {
      CONNECTOR: chat.code.connectorId,
      LINE: chat.code.lineId,
      DATA: [{ im: { chat_id: chatId, message_id: messageId }, message: { id: messageId }, chat: { id: chatId } }],
    },
  }
}

export const openLineMessageUpdate: WireEvent = {
  name: 'ONOPENLINEMESSAGEUPDATE',
  doc: 'A message in an open channel chat has been changed.',
  scope: SCOPE,
  on: 'message.updated',
  tell: tellOfChange,
}

export const openLineMessageDelete: WireEvent = {
  name: 'ONOPENLINEMESSAGEDELETE',
  doc: 'A message in an open channel chat has been deleted.',
  scope: SCOPE,
  on: 'message.deleted',
  tell: tellOfChange,
}

async function tellOfSession(telling: Telling, closed: boolean, more: object = {}): Promise<Told | undefined> {
  const session = await sessionData(telling, closed)
  return session && { ...hearers(session.chat.connector), data: { DATA: [{ ...session.data, ...more }] } }
}

export const sessionStart: WireEvent = {
  name: 'ONSESSIONSTART',
  doc: 'A conversation in an open channel has begun.',
  scope: SCOPE,
  on: 'session.started',
  tell: (telling) => tellOfSession(telling, false),
}

export const sessionFinish: WireEvent = {
  name: 'ONSESSIONFINISH',
  doc: 'A conversation in an open channel has been closed.',
  scope: SCOPE,
  on: 'session.closed',
  tell: (telling) => tellOfSession(telling, true),
}

export const sessionAnswered: WireEvent = {
  name: 'ONCORDBOARDSESSIONANSWERED',
  doc: 'An operator has given the first answer and is responsible now. Cordboard’s own: `operator` stands beside `session`.',
  scope: SCOPE,
  on: 'session.answered',
  tell: (telling) => {
    const { operatorId } = telling.event.payload as SessionAnswered
    return tellOfSession(telling, false, { operator: { id: operatorId } })
  },
}

export const sessionReleased: WireEvent = {
  name: 'ONCORDBOARDSESSIONRELEASED',
  doc: 'The operator who was responsible has left; nobody is now. Cordboard’s own: `operator` is who left.',
  scope: SCOPE,
  on: 'session.released',
  tell: (telling) => {
    const { userId } = telling.event.payload as SessionReleased
    return tellOfSession(telling, false, { operator: { id: userId } })
  },
}
