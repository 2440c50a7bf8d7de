import { sha256 } from '../../kernel/hash.ts'
import { prepared } from '../../storage/prepared.ts'
import type { Reader } from '../../storage/store.ts'
import type { Caller } from '../caller.ts'
import type { Portal } from '../portals/portal.ts'
import { Refusal } from '../refusal.ts'

/** What a request brings to say who it is. */
export type Credentials =
  | { readonly kind: 'webhook'; readonly userId: number; readonly secret: string }
  | { readonly kind: 'token'; readonly token: string }

const webhookBySecret = prepared<{ secretHash: string; userId: number }>()((db, p) =>
  db
    .selectFrom('webhook')
    .innerJoin('user', 'user.id', 'webhook.userId')
    .select(['webhook.id', 'webhook.scopes', 'webhook.revokedAt', 'user.isAdmin', 'user.active'])
    .where('webhook.secretHash', '=', p.secretHash)
    .where('webhook.userId', '=', p.userId),
)

const tokenByHash = prepared<{ accessHash: string }>()((db, p) =>
  db
    .selectFrom('token')
    .innerJoin('application', 'application.id', 'token.applicationId')
    .innerJoin('user', 'user.id', 'token.userId')
    .select([
      'token.userId',
      'token.scopes',
      'token.accessExpiresAt',
      'application.id',
      'application.clientId',
      'user.isAdmin',
      'user.active',
    ])
    .where('token.accessHash', '=', p.accessHash),
)

/** A caller, and until when (epoch milliseconds) his credentials hold. */
export interface Identity {
  readonly caller: Caller
  readonly expiresAt: number
}

async function load(read: Reader, credentials: Credentials, secretHash: string): Promise<Identity> {
  if (credentials.kind === 'webhook') {
    const { userId } = credentials
    const found = await read.first(webhookBySecret, { secretHash, userId })
    if (!found || found.revokedAt !== null) throw new Refusal('noAuth')
    if (!found.active) throw new Refusal('userAccess')
    const caller: Caller = {
      userId,
      isAdmin: found.isAdmin,
      scopes: found.scopes,
      via: { kind: 'webhook', id: found.id },
    }
    return { caller, expiresAt: Infinity }
  }
  const found = await read.first(tokenByHash, { accessHash: secretHash })
  if (!found) throw new Refusal('noAuth')
  if (!found.active) throw new Refusal('userAccess')
  const { userId, isAdmin, scopes, id, clientId } = found
  return {
    caller: { userId, isAdmin, scopes, via: { kind: 'application', id, clientId } },
    expiresAt: found.accessExpiresAt,
  }
}

/**
 * Who the credentials belong to. Refuses with `noAuth` (unknown or revoked), `expiredToken`, `userAccess`
 * (the person may no longer log in).
 */
export async function identify({ store, recent }: Portal, credentials: Credentials, now: number): Promise<Caller> {
  const secretHash = sha256(credentials.kind === 'webhook' ? credentials.secret : credentials.token)
  const key = credentials.kind === 'webhook' ? `${credentials.userId}:${secretHash}` : secretHash
  const { caller, expiresAt } = await recent.identities.get(key, () => load(store.read, credentials, secretHash))
  if (expiresAt <= now) throw new Refusal('expiredToken')
  return caller
}
