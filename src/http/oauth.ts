import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ACCESS_SECONDS, type Tokens, refreshTokens } from '../domain/apps/tokens.ts'
import type { Portal } from '../domain/portals/portal.ts'
import { loadSettings } from '../domain/portals/settings.ts'
import { Refusal } from '../domain/refusal.ts'
import type { JsonObject } from '../kernel/json.ts'
import { MalformedInput } from '../kernel/malformed-input.ts'
import type { Dispatcher } from '../rest/dispatch.ts'
import { readParams } from './request-params.ts'

export interface OauthRouteOptions {
  readonly dispatcherFor: (host: string | undefined) => Promise<Dispatcher>
}

/** An answer that says no: code, status and text as the authorisation server documents them. */
type OauthError = readonly [code: string, status: number, description: string]

const errors = {
  invalidRequest: ['invalid_request', 400, 'The request is not formed as it should be'],
  unsupportedGrantType: ['unsupported_grant_type', 400, 'Only grant_type=refresh_token is served'],
  invalidClient: ['invalid_client', 401, 'There is no such client_id, or the client_secret is not its own'],
  invalidGrant: [
    'invalid_grant',
    400,
    'The refresh token is unknown, expired, already used, or of somebody who has left',
  ],
  invalidScope: ['invalid_scope', 400, 'The application does not have all of these scopes'],
  tooLarge: ['invalid_request', 413, 'The body is too large'],
  internal: ['server_error', 500, 'Internal server error: no tokens were given. The server log has the reason'],
} as const satisfies Record<string, OauthError>

/** `/oauth/token/`: where applications renew their tokens, by GET or POST, in the query or in a body of any form. */
export function addOauthRoute(server: FastifyInstance, { dispatcherFor }: OauthRouteOptions): void {
  server.route({
    method: ['GET', 'POST'],
    url: '/oauth/token',
    async handler(request: FastifyRequest, reply: FastifyReply) {
      // Tokens must not stay behind in any cache on the way.
      reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
      try {
        const params = await readParams(request)
        const { portal } = await dispatcherFor(request.headers.host)
        return await reply.send(await renew(portal, params))
      } catch (error) {
        const [code, status, description] = errorOf(error, request)
        return reply.code(status).send({ error: code, error_description: description })
      }
    },
  })
}

async function renew(portal: Portal, params: JsonObject): Promise<object> {
  const grantType = wanted(params, 'grant_type')
  if (grantType !== 'refresh_token') throw new Refusal('unsupportedGrantType')
  const renewal = {
    clientId: wanted(params, 'client_id'),
    clientSecret: wanted(params, 'client_secret'),
    refreshToken: wanted(params, 'refresh_token'),
    ...scopesOf(params),
  }
  const { store, ids, clock } = portal
  const tokens = await store.write((tx) => refreshTokens(tx, ids, clock.now(), renewal))
  const { memberId } = await loadSettings(store.read)
  return answerOf(tokens, portal, memberId)
}

/** What an application is told of its new tokens. */
function answerOf(tokens: Tokens, { baseUrl }: Portal, memberId: string): object {
  const endpoint = `${baseUrl}/rest/`
  return {
    access_token: tokens.accessToken,
    client_endpoint: endpoint,
    domain: new URL(baseUrl).host,
    expires: Math.floor(tokens.accessExpiresAt / 1000),
    expires_in: ACCESS_SECONDS,
    member_id: memberId,
    refresh_token: tokens.refreshToken,
    scope: tokens.scopes.join(','),
    server_endpoint: endpoint,
    status: 'L',
    user_id: tokens.userId,
  }
}

function wanted(params: JsonObject, name: string): string {
  const value = params[name]
  if (typeof value === 'string' && value !== '') return value
  throw new Refusal(
    'invalidRequest',
    value === undefined || value === '' ? `${name} is missing` : `${name} must be a string`,
  )
}

/** Scopes that the client asks for, divided by commas or spaces. Empty asks for nothing in particular. */
function scopesOf({ scope }: JsonObject): { scopes?: string[] } {
  if (scope === undefined || scope === null) return {}
  if (typeof scope !== 'string') throw new Refusal('invalidRequest', 'scope must be a string')
  const scopes = scope.split(/[\s,]+/).filter((each) => each !== '')
  return scopes.length === 0 ? {} : { scopes: [...new Set(scopes)] }
}

function errorOf(error: unknown, request: FastifyRequest): OauthError {
  if (error instanceof Refusal && Object.hasOwn(errors, error.reason)) {
    const [code, status, description] = errors[error.reason as keyof typeof errors]
    return [code, status, error.message === error.reason ? description : error.message]
  }
  if (error instanceof MalformedInput) return [errors.invalidRequest[0], 400, error.message]
  if (error instanceof Error && 'statusCode' in error && error.statusCode === 413) return errors.tooLarge
  request.log.error({ err: error }, 'A renewal of tokens failed')
  return errors.internal
}
