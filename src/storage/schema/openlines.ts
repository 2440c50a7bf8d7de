import type { Defaulted, Id, Json, Millis } from './columns.ts'

/** An open channel. Settings live in `settings`, by their inner names. Written by `domain/openlines`. */
export interface LineTable {
  id: Id
  name: string
  active: Defaulted<boolean>
  settings: Json<Record<string, unknown>>
  createdAt: Millis
  updatedAt: Millis
  updatedById: number
}

/** Who answers on a line, in order: a person, or a department (`userId` 0). */
export interface LineQueueTable {
  id: Id
  lineId: number
  userId: Defaulted<number>
  departmentId: Defaulted<number>
  sort: Defaulted<number>
}

export type SessionState = 'new' | 'waiting' | 'answered' | 'closed'

/** One conversation in an open channel chat, from a customer's first message to the close. */
export interface SessionTable {
  id: Id
  lineId: number
  chatId: number
  connectorId: string
  customerId: number
  /** The operator responsible now; 0 while nobody is. */
  operatorId: Defaulted<number>
  state: SessionState
  /** Who made it begin: a customer's message, an operator, a bot. */
  startedBy: number
  /** Its messages are those of the chat from this id on, up to the next session's. */
  firstMessageId: Defaulted<number>
  lastMessageId: number | null
  pinned: Defaulted<boolean>
  silent: Defaulted<boolean>
  spam: Defaulted<boolean>
  /** Whether a CRM entity was made for it. */
  crmCreated: Defaulted<boolean>
  sourceUrl: Defaulted<string>
  headVote: number | null
  headComment: string | null
  createdAt: Millis
  updatedAt: Millis
  answeredAt: Millis | null
  closedAt: Millis | null
}

/** A chat belongs to CRM entities; ties that were replaced stay as history. */
export interface ChatCrmTable {
  id: Id
  chatId: number
  entityType: string
  entityId: number
  createdAt: Millis
  removedAt: Millis | null
}

export interface QuickAnswerTable {
  id: Id
  lineId: number
  authorId: number
  text: string
  section: Defaulted<string>
  uses: Defaulted<number>
  createdAt: Millis
}

/** A messenger, registered by an application or built in. Written by `domain/connectors`. */
export interface ConnectorTable {
  id: string
  name: string
  /** The application or webhook that owns it: `app:{id}`, `webhook:{id}`; empty for the built-in ones. */
  owner: Defaulted<string>
  icon: Json<Record<string, unknown>>
  placementHandler: Defaulted<string>
  /** Flags of `imconnector.register`, by their inner names. */
  options: Json<Record<string, unknown>>
  createdAt: Millis
}

/** A connector on a line: active or not, and what the connector shows about itself. */
export interface ConnectorLineTable {
  connectorId: string
  lineId: number
  active: Defaulted<boolean>
  configured: Defaulted<boolean>
  hasError: Defaulted<boolean>
  /** `DATA` of `imconnector.connector.data.set`, by its inner names. */
  data: Json<Record<string, unknown>>
  updatedAt: Millis
}

/** An outside person and the customer who stands for him here. */
export interface ConnectorUserTable {
  connectorId: string
  externalId: string
  userId: number
  /** His page in the outside messenger. */
  profileUrl: Defaulted<string>
}

/** A message that came in over a connector: known by its outside ids, written once. */
export interface ConnectorMessageTable {
  connectorId: string
  lineId: number
  externalChatId: string
  externalMessageId: string
  chatId: number
  messageId: number
}
