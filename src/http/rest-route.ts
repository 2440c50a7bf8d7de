import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Credentials, identify } from '../domain/apps/credentials.ts'
import type { Caller } from '../domain/caller.ts'
import type { Portal } from '../domain/portals/portal.ts'
import { Refusal } from '../domain/refusal.ts'
import { withDeadline } from '../kernel/deadline.ts'
import type { JsonObject } from '../kernel/json.ts'
import { MalformedInput } from '../kernel/malformed-input.ts'
import type { Dispatcher } from '../rest/dispatch.ts'
import { RestError, systemError, type systemErrors } from '../rest/errors.ts'
import { StoreGone, StoreUnavailable } from '../storage/unavailable.ts'
import { readParams } from './request-params.ts'
import { type RestPath, parseRestPath } from './rest-path.ts'
import { toXml } from './xml.ts'

/** Parameters that are about the request itself: methods never see them. */
const ABOUT_THE_REQUEST = ['auth', 'bx24_request_id', 'bx24_sdk_ver', 'bx24_sdk_type'] as const

export interface RestRouteOptions {
  /** How long a call may be about its work while the database keeps it waiting, in milliseconds. */
  readonly callTime: number
  readonly dispatcherFor: (host: string | undefined) => Promise<Dispatcher>
  /** Told of every caller that was let in. */
  readonly onCaller?: (portal: Portal, caller: Caller) => void
}

/** `/rest/…`: every path, verb and body form that existing clients use. */
export function addRestRoute(server: FastifyInstance, options: RestRouteOptions): void {
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const path = parseRestPath(pathOf(request))
    if (path.v3) return reply.code(404).send(notInV3(path))
    const format = path.format
    try {
      const answer = await (request.watched
        ? request.watched.run(path.method, () => answerTo(request, path, options))
        : answerTo(request, path, options))
      return send(reply, format, 200, answer)
    } catch (error) {
      const failure = restErrorOf(error, request)
      return send(reply, format, failure.status, {
        error: failure.code,
        error_description: failure.message,
        ...failure.extra,
      })
    }
  }
  server.route({ method: ['GET', 'POST', 'HEAD'], url: '/rest', handler: handle })
  server.route({ method: ['GET', 'POST', 'HEAD'], url: '/rest/*', handler: handle })
}

function pathOf(request: FastifyRequest): string {
  const url = request.raw.url ?? ''
  const mark = url.indexOf('?')
  return mark < 0 ? url : url.slice(0, mark)
}

async function answerTo(request: FastifyRequest, path: RestPath, options: RestRouteOptions): Promise<object> {
  const sent = await readParams(request)
  // How slowly the body came is no matter of the server.
  return withDeadline(options.callTime, () => answerWithin(request, path, sent, options))
}

async function answerWithin(
  request: FastifyRequest,
  path: RestPath,
  sent: JsonObject,
  { dispatcherFor, onCaller }: RestRouteOptions,
): Promise<object> {
  const dispatcher = await dispatcherFor(request.headers.host)
  const { portal } = dispatcher
  const caller = await identify(portal, credentialsOf(request, path, sent), portal.clock.now())
  onCaller?.(portal, caller)
  request.watched?.calledBy(portal.name, caller)
  const requestId = repeatIdOf(request, sent)
  const params: JsonObject = { ...sent }
  for (const name of ABOUT_THE_REQUEST) delete params[name]
  return dispatcher.dispatch(caller, path.method, params, requestId)
}

function credentialsOf(request: FastifyRequest, path: RestPath, params: JsonObject): Credentials {
  if (path.webhook) return { kind: 'webhook', ...path.webhook }
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const token = params['auth'] ?? bearer
  if (typeof token !== 'string' || token === '') {
    throw systemError('noAuth', 'Wrong authorization data: name the access token as "auth", or call by webhook')
  }
  return { kind: 'token', token }
}

/** By which a repeated call is known; `request.id` is a name for the log, and may differ from one try to the next. */
function repeatIdOf(request: FastifyRequest, params: JsonObject): string | undefined {
  const id = params['bx24_request_id'] ?? request.headers['idempotency-key']
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** What is told of anything that went wrong. What is nobody's business but ours goes to the log alone. */
function restErrorOf(error: unknown, request: FastifyRequest): RestError {
  if (error instanceof RestError) return error
  if (error instanceof MalformedInput) return systemError('invalidRequest', error.message)
  if (error instanceof Refusal) return systemError(error.reason as keyof typeof systemErrors)
  if (isTooLarge(error))
    return new RestError('INVALID_REQUEST', 413, 'The body is larger than 30 MiB: send less at once')
  if (error instanceof StoreGone) return systemError('portalDeleted')
  if (error instanceof StoreUnavailable) {
    request.log.warn({ err: error }, 'The database was out of reach')
    return systemError(error.carriedOut === 'no' ? 'unavailable' : 'unknownOutcome')
  }
  request.log.error({ err: error }, 'A call failed')
  return systemError('internal')
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 413
}

function notInV3({ method }: RestPath): object {
  return {
    error: {
      code: 'BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION',
      message: `REST 3.0 is not available on this server: call ${method === '' ? 'the method' : method.slice(0, 200)} without "/api" in the path`,
      validation: [],
    },
  }
}

function send(reply: FastifyReply, format: RestPath['format'], status: number, answer: object): FastifyReply {
  return format === 'xml'
    ? reply.code(status).type('text/xml; charset=utf-8').send(toXml(answer))
    : reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(answer))
}
