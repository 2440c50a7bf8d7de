import type { Defaulted, Id, Json, Millis } from './columns.ts'

/** `lines` is an open channel chat; `chat` a group of employees; `private` two people. */
export type ChatKind = 'lines' | 'chat' | 'private'

/** Written by `domain/chats`. */
export interface ChatTable {
  id: Id
  kind: ChatKind
  title: Defaulted<string>
  description: Defaulted<string>
  ownerId: Defaulted<number>
  color: Defaulted<string>
  avatarUrl: Defaulted<string>
  /** For `lines`: the user code `connector|line|external chat|customer`. For `private`: `low:high`. Unique where not empty. */
  code: string | null
  /** What an integration tied a group chat to, in its own words: `CRM` and `DEAL|1663`. */
  entityType: Defaulted<string>
  entityId: Defaulted<string>
  /** Whether every employee may find the group chat and join it. */
  isOpen: Defaulted<boolean>
  messageCount: Defaulted<number>
  lastMessageId: number | null
  createdAt: Millis
  updatedAt: Millis
}

export interface ChatMemberTable {
  chatId: number
  userId: number
  /** A manager of the chat may manage its members. */
  isManager: Defaulted<boolean>
  /** An observer reads, the conversation does not count as his. */
  isHidden: Defaulted<boolean>
  muted: Defaulted<boolean>
  pinned: Defaulted<boolean>
  lastReadId: Defaulted<number>
  /** Messages up to this one are hidden from him: he joined later, without the history. */
  hiddenUpToId: Defaulted<number>
  lastReadAt: Millis | null
  joinedAt: Millis
}

export interface MessageTable {
  id: Id
  chatId: number
  /** Who is shown as the sender; 0 is the system. */
  authorId: number
  /** Who made the call; differs from the author when one names another as the sender. */
  callerId: number
  /** As sent, byte for byte. */
  text: string
  isSystem: Defaulted<boolean>
  isDeleted: Defaulted<boolean>
  /** Whether it is not carried to the customer's messenger: it came from there, or is meant to stay here. */
  skipConnector: Defaulted<boolean>
  /** Keyboards, attachments, links to copies: whatever goes with the text, by wire name. */
  params: Json<Record<string, unknown>>
  createdAt: Millis
  updatedAt: Millis | null
}
