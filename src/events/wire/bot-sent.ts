import { chatType } from '../../domain/chats/chat-type.ts'
import type { JsonObject } from '../../kernel/json.ts'
import { type Scene, dialogOf } from './bot-scene.ts'

export interface SentMessage {
  readonly messageId: number
  readonly authorId: number
  readonly text: string
  readonly skipConnector: boolean
}

/** What is told of every message that was sent. Handlers find all the flags there, those too that no message here bears. */
export function sentFields(scene: Scene, { messageId, authorId, text, skipConnector }: SentMessage): JsonObject {
  const type = chatType(scene.chat)
  return {
    MESSAGE: text,
    TEMPLATE_ID: '',
    MESSAGE_TYPE: type,
    FROM_USER_ID: String(authorId),
    DIALOG_ID: dialogOf(scene, authorId),
    TO_CHAT_ID: String(scene.chat.id),
    AUTHOR_ID: String(authorId),
    SYSTEM: 'N',
    PUSH: 'Y',
    PUSH_IMPORTANT: 'N',
    RECENT_SKIP_AUTHOR: 'N',
    CONVERT: 'N',
    SKIP_COMMAND: 'N',
    SKIP_COUNTER_INCREMENTS: 'N',
    SILENT_CONNECTOR: 'N',
    SKIP_CONNECTOR: skipConnector ? 'Y' : 'N',
    IMPORTANT_CONNECTOR: 'N',
    NO_SESSION_OL: 'N',
    FAKE_RELATION: '0',
    SKIP_URL_INDEX: 'N',
    MESSAGE_ID: String(messageId),
    CHAT_TYPE: type,
    LANGUAGE: scene.language,
  }
}
