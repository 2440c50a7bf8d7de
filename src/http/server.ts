import cors from '@fastify/cors'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { RestError, systemError } from '../rest/errors.ts'
import { addOauthRoute } from './oauth.ts'
import { addOpenApiRoute } from './openapi-route.ts'
import { addProbes } from './probes.ts'
import type { Readiness } from './readiness.ts'
import { addAnswerHead, loggedWithId } from './request-id.ts'
import { type RestRouteOptions, addRestRoute } from './rest-route.ts'
import { type WatchOptions, addWatch } from './watch.ts'

const LARGEST_BODY = 30 * 1024 * 1024
/** Clients that send a batch of fifty in a query need far more than Node's 16 KiB. */
const LARGEST_HEADER = 512 * 1024

export interface HttpOptions extends RestRouteOptions {
  readonly logger: Logger
  readonly readiness: Readiness
  readonly watch: WatchOptions
  /** Key and certificate, for a server that speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** Everything that is reached over HTTP, not yet listening. */
export async function createHttpServer({
  logger,
  tls,
  readiness,
  watch,
  ...options
}: HttpOptions): Promise<FastifyInstance> {
  const server = Fastify({
    loggerInstance: logger,
    ...loggedWithId(),
    bodyLimit: LARGEST_BODY,
    routerOptions: { ignoreDuplicateSlashes: true, ignoreTrailingSlash: true, maxParamLength: LARGEST_HEADER },
    forceCloseConnections: 'idle',
    // A request that comes while the server closes is still answered, and its connection ended.
    return503OnClosing: false,
    http: { maxHeaderSize: LARGEST_HEADER },
    ...(tls ? { https: { ...tls, maxHeaderSize: LARGEST_HEADER } } : {}),
  } as object) as FastifyInstance
  // First, so that what a plugin answers is named and watched too.
  addAnswerHead(server, readiness)
  addWatch(server, watch)
  server.removeAllContentTypeParsers()
  // Bodies are read as bytes and parsed where errors can be told in the form of the wire.
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  await server.register(cors, { origin: '*', methods: ['GET', 'POST', 'OPTIONS'], maxAge: 86_400 })
  await server.register(multipart, { limits: { fileSize: LARGEST_BODY, fields: 10_000, files: 100 } })
  server.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof RestError) {
      return reply.code(error.status).send({ error: error.code, error_description: error.message })
    }
    const status = error.statusCode ?? 500
    if (status >= 500) request.log.error({ err: error, route: request.routeOptions.url }, 'A request failed')
    const told = status >= 500 ? systemError('internal') : systemError('invalidRequest', error.message)
    return reply.code(status).send({ error: told.code, error_description: told.message })
  })
  server.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({
      error: 'NOT_FOUND',
      error_description: 'There is nothing at this address: REST methods are below /rest/',
    }),
  )
  addProbes(server, readiness)
  addRestRoute(server, options)
  addOauthRoute(server, options)
  addOpenApiRoute(server, options)
  return server
}
