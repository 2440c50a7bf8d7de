import type { JsonValue } from '../../kernel/json.ts'
import type { Defaulted, Id, Json, Millis } from './columns.ts'

/** Who is told of an event, and how. All tables of this file are written by `domain/delivery`. */
export interface EventHandlerTable {
  id: Id
  /** `app:3`, or `webhook:1` for a webhook acting as one; of a bot also `webhook:1/client`. */
  owner: string
  /** By its name on the wire, in upper case: `ONCRMLEADADD`. */
  event: string
  /** Empty for an offline one. */
  address: string
  /** What bodies are signed with, `whsec_…`: the same for all handlers of an owner. */
  secret: string
  /** What a webhook's handler knows its calls by; an application has its own, of which its bots have a copy. */
  applicationToken: Defaulted<string>
  /** The key by which its queue is kept apart; else empty. */
  authConnector: Defaulted<string>
  /** Whom it acts for; 0 for whoever caused the event. */
  userId: Defaulted<number>
  /** The bot that was registered with this address; 0 for what was bound. */
  botId: Defaulted<number>
  /** Whether its events wait in a queue until the application asks. */
  offline: Defaulted<boolean>
  /** `minTimeout`: seconds between two notifications of `ONOFFLINEEVENT`. */
  options: Json<{ minTimeout?: number }>
  /** It hears of what has a greater number. */
  sinceSeq: number
  createdAt: Millis
  /** It is kept for the log after that. */
  unboundAt: Millis | null
}

/** Up to which number events were handed to handlers: one row, held by whichever process is at it. */
export interface EventFanOutTable {
  /** Always 1. */
  id: number
  lastSeq: number
}

export type DeliveryState = 'pending' | 'delivered' | 'failed'

/** `authAt`: where within the value the authorisation of a bot belongs. */
export interface DeliveryData {
  readonly value: JsonValue
  readonly authAt?: readonly [list: string, id: string]
}

/** One event on its way to one handler. */
export interface DeliveryTable {
  id: Id
  handlerId: number
  /** The number of the event. */
  seq: number
  /** The name on the wire. */
  event: string
  /** What it happened to: order holds per handler and subject. */
  subject: string
  /** Who caused it; 0 where it was the portal itself. */
  userId: number
  /** `data` of the body, by wire names, as it was when the event was numbered. */
  data: Json<DeliveryData>
  state: Defaulted<DeliveryState>
  attempts: Defaulted<number>
  lastStatus: number | null
  /** Why the last attempt failed, in words. */
  lastError: Defaulted<string>
  createdAt: Millis
  settledAt: Millis | null
}

/** A handler and subject with deliveries under way: what is leased, so that one is sent after the other. */
export interface DeliveryLaneTable {
  id: Id
  handlerId: number
  subject: string
  /** When its first pending delivery may be tried; while it is leased, when the lease ends. */
  dueAt: Millis
  /** Whose it is; empty where it is free. */
  lease: Defaulted<string>
}

/** One attempt of a delivery. */
export interface DeliveryAttemptTable {
  id: Id
  deliveryId: number
  at: Millis
  /** Of HTTP; none where no answer came. */
  status: number | null
  milliseconds: number
  /** Empty where it was delivered. */
  error: string
}

/** An event that waits until its application asks for it. */
export interface OfflineEventTable {
  id: Id
  owner: string
  authConnector: string
  event: string
  /** Of event and data: what happens again takes the place of what waits. */
  digest: string
  data: Json<{ value: JsonValue }>
  /** Who has reserved it; else empty. */
  processId: Defaulted<string>
  /** Whether the application said that it could not handle it. */
  error: Defaulted<boolean>
  createdAt: Millis
  reservedAt: Millis | null
}
