import type { SessionEvent } from '../../domain/openlines/sessions.ts'
import { loadLine } from '../../domain/openlines/lines.ts'
import type { JsonObject } from '../../kernel/json.ts'
import type { Reader } from '../../storage/store.ts'
import { type LinesChat, linesChat, outsideId } from './lines-chat.ts'
import type { Telling } from './wire-event.ts'

/** A session in the events about it. */
export interface ToldSession {
  readonly chat: LinesChat
  readonly data: JsonObject
}

/** The id of the session before this one in the same chat; 0 where there is none. */
async function sessionBefore(read: Reader, chatId: number, sessionId: number): Promise<number> {
  const before = await read.db
    .selectFrom('session')
    .select((eb) => eb.fn.max('id').as('id'))
    .where('chatId', '=', chatId)
    .where('id', '<', sessionId)
    .executeTakeFirst()
  return before?.id ?? 0
}

/**
 * What the events about a session have in common. The ids of chat and user are those of the outside, as the chat's
 * user code has them: who carries a conversation knows it by these. `close_term` is in minutes, 0 once the line is gone.
 */
export async function sessionData({ event, read }: Telling, closed: boolean): Promise<ToldSession | undefined> {
  const { sessionId, chatId } = event.payload as SessionEvent
  const chat = await linesChat(read, chatId)
  if (!chat) return undefined
  const { connectorId, lineId, externalChatId, customerId } = chat.code
  const [outsideChat, line] = [outsideId(externalChatId), await loadLine(read, lineId)]
  return {
    chat,
    data: {
      connector: { connector_id: connectorId, line_id: lineId, chat_id: outsideChat, user_id: customerId },
      session: {
        id: sessionId,
        closed: closed ? 'Y' : 'N',
        parent_id: await sessionBefore(read, chatId, sessionId),
        close_term: line?.settings.fullCloseTime ?? 0,
      },
      chat: { id: outsideChat },
      user: { id: customerId },
    },
  }
}
