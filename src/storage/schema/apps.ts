import type { Defaulted, Id, Json, Millis } from './columns.ts'

/** An inbound webhook: `/rest/{userId}/{secret}/`. Only the hash of the secret is kept. Written by `domain/apps`. */
export interface WebhookTable {
  id: Id
  userId: number
  secretHash: string
  title: Defaulted<string>
  scopes: Json<string[]>
  createdAt: Millis
  lastUsedAt: Millis | null
  revokedAt: Millis | null
}

/** A local application. */
export interface ApplicationTable {
  id: Id
  /** `local.…`, the `client_id` on the wire. */
  clientId: string
  clientSecretHash: string
  title: string
  scopes: Json<string[]>
  handlerUrl: Defaulted<string>
  installUrl: Defaulted<string>
  /** Sent with every event, so that a handler knows who calls. */
  applicationToken: string
  version: Defaulted<number>
  installed: Defaulted<boolean>
  createdAt: Millis
}

/** An access and refresh token pair of one person in one application; hashes only. */
export interface TokenTable {
  id: Id
  applicationId: number
  userId: number
  accessHash: string
  refreshHash: string
  scopes: Json<string[]>
  accessExpiresAt: Millis
  refreshExpiresAt: Millis
  /** When the refresh token was spent: each is good for one renewal. The access token lives on to its own end. */
  refreshedAt: Millis | null
  createdAt: Millis
}

/** Values that an application keeps: for all (`userId` 0) or for one person. */
export interface OptionTable {
  /** `app:{id}`, or `webhook:{id}` for a webhook acting as one. */
  owner: string
  userId: number
  name: string
  value: Json<{ value: unknown }>
}

/** The answer given to a request that carried a request id, so that its repetition writes nothing twice. Written by `domain/apps`. */
export interface AnsweredRequestTable {
  caller: string
  requestId: string
  method: string
  bodyHash: string
  answer: Json<object>
  createdAt: Millis
}
