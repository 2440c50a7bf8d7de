import type { Defaulted, Id, Json, Millis } from './columns.ts'

/** `B` answers when addressed, `O` works in open channels, `S` reads everything, `H` behaves like a person. */
export type BotType = 'B' | 'O' | 'S' | 'H'

/** A bot is a user (`userId`) of an application or webhook. Written by `domain/bots`. */
export interface BotTable {
  userId: number
  /** Unique per owner. */
  code: string
  /** `app:{id}`, or `webhook:{id}/{client id}`: who may act for it. */
  owner: string
  type: BotType
  openLines: Defaulted<boolean>
  /** Addresses by event: `messageAdd`, `messageUpdate`, `messageDelete`, `welcomeMessage`, `botDelete`. */
  handlers: Json<Record<string, string>>
  createdAt: Millis
}

/** A command that people can send to a bot, `/help`. Written by `domain/bots`. */
export interface BotCommandTable {
  id: Id
  botId: number
  /** Without the slash. */
  command: string
  handler: string
  /** Whether it works in every chat, not only in those of the bot. */
  common: Defaulted<boolean>
  hidden: Defaulted<boolean>
  extranet: Defaulted<boolean>
  /** Title and parameters by language: `{ en: { title, params } }`. */
  texts: Json<Record<string, { title: string; params: string }>>
  createdAt: Millis
}
