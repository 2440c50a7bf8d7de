import { sha256 } from '../../kernel/hash.ts'
import type { Ids } from '../../kernel/ids.ts'
import { prepared } from '../../storage/prepared.ts'
import type { Tx } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'

export const ACCESS_SECONDS = 3600
const REFRESH_DAYS = 180
const DAY = 24 * 60 * 60 * 1000
const TOKEN_LENGTH = 32
/** A spent pair is remembered so long, for its old access token to be told `expired` and not `unknown`. */
const REMEMBERED_DAYS = 30

/** A pair of tokens, given out once: only their hashes are kept. */
export interface Tokens {
  readonly applicationId: number
  readonly userId: number
  readonly accessToken: string
  readonly refreshToken: string
  readonly scopes: readonly string[]
  /** Epoch milliseconds. */
  readonly accessExpiresAt: number
}

export interface TokenRequest {
  readonly applicationId: number
  readonly userId: number
  /** Less than the application may; all of it where left out. */
  readonly scopes?: readonly string[]
}

/**
 * Lets an application act for a person: an access token for an hour, a refresh token for 180 days. Refuses with
 * `applicationNotFound`, `userAccess` (not an active employee), `invalidScope`.
 */
export async function issueTokens(tx: Tx, ids: Ids, now: number, request: TokenRequest): Promise<Tokens> {
  const { applicationId, userId } = request
  const application = await tx.db
    .selectFrom('application')
    .select('scopes')
    .where('id', '=', applicationId)
    .executeTakeFirst()
  if (!application) throw new Refusal('applicationNotFound')
  const user = await tx.db.selectFrom('user').select(['kind', 'active']).where('id', '=', userId).executeTakeFirst()
  if (!user?.active || user.kind !== 'employee') throw new Refusal('userAccess')
  const scopes = request.scopes ?? application.scopes
  if (scopes.some((scope) => !application.scopes.includes(scope))) throw new Refusal('invalidScope')
  const accessToken = ids.secret(TOKEN_LENGTH)
  const refreshToken = ids.secret(TOKEN_LENGTH)
  const accessExpiresAt = now + ACCESS_SECONDS * 1000
  await tx.db
    .insertInto('token')
    .values({
      applicationId,
      userId,
      accessHash: sha256(accessToken),
      refreshHash: sha256(refreshToken),
      scopes: [...scopes],
      accessExpiresAt,
      refreshExpiresAt: now + REFRESH_DAYS * DAY,
      refreshedAt: null,
      createdAt: now,
    })
    .execute()
  return { applicationId, userId, accessToken, refreshToken, scopes, accessExpiresAt }
}

export interface Renewal {
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
  readonly scopes?: readonly string[]
}

const byRefreshHash = prepared<{ refreshHash: string }>()((db, p) =>
  db
    .selectFrom('token')
    .innerJoin('application', 'application.id', 'token.applicationId')
    .select([
      'token.id',
      'token.userId',
      'token.refreshExpiresAt',
      'token.refreshedAt',
      'application.id as applicationId',
    ])
    .select(['application.clientId'])
    .where('token.refreshHash', '=', p.refreshHash),
)

/**
 * Gives a new pair for a refresh token, which is spent by it. The access token of the old pair lives on to its
 * own end, so that calls under way are not cut off. Refuses with `invalidClient`, `invalidGrant` (unknown, spent,
 * expired, another application's, or of somebody who has left), `invalidScope`.
 */
export async function refreshTokens(tx: Tx, ids: Ids, now: number, renewal: Renewal): Promise<Tokens> {
  const application = await tx.db
    .selectFrom('application')
    .select(['id', 'clientSecretHash'])
    .where('clientId', '=', renewal.clientId)
    .executeTakeFirst()
  if (!application || application.clientSecretHash !== sha256(renewal.clientSecret)) throw new Refusal('invalidClient')
  const token = await tx.first(byRefreshHash, { refreshHash: sha256(renewal.refreshToken) })
  const isGood = token?.applicationId === application.id && token.refreshedAt === null && token.refreshExpiresAt > now
  if (!isGood) throw new Refusal('invalidGrant')
  // Said once more in the condition: of two renewals at once one spends the token, whatever the engine.
  const { numUpdatedRows } = await tx.db
    .updateTable('token')
    .set({ refreshedAt: now })
    .where('id', '=', token.id)
    .where('refreshedAt', 'is', null)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw new Refusal('invalidGrant')
  const { userId } = token
  const scopes = renewal.scopes === undefined ? {} : { scopes: renewal.scopes }
  try {
    return await issueTokens(tx, ids, now, { applicationId: application.id, userId, ...scopes })
  } catch (error) {
    throw error instanceof Refusal && error.reason === 'userAccess' ? new Refusal('invalidGrant') : error
  }
}

/** Ends every token that an application has for a person. */
export async function revokeTokens(tx: Tx, applicationId: number, userId: number): Promise<void> {
  await tx.db.deleteFrom('token').where('applicationId', '=', applicationId).where('userId', '=', userId).execute()
}

/** Drops pairs that are good for nothing any more. For a job. */
export async function forgetTokens(tx: Tx, now: number): Promise<void> {
  await tx.db.deleteFrom('token').where('refreshExpiresAt', '<', now).execute()
  await tx.db
    .deleteFrom('token')
    .where('refreshedAt', '<', now - REMEMBERED_DAYS * DAY)
    .execute()
}
