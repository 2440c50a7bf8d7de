import Fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Metrics } from '../telemetry/metrics.ts'
import { addProbes } from './probes.ts'
import type { Readiness } from './readiness.ts'
import { addAnswerHead, loggedWithId } from './request-id.ts'

export interface OpsServerOptions {
  readonly logger: Logger
  readonly readiness: Readiness
  readonly metrics: Metrics
}

/** Metrics and probes on a listener of their own: the figures are for those who run the server, not for its clients. */
export function createOpsServer({ logger, readiness, metrics }: OpsServerOptions): FastifyInstance {
  const server = Fastify({
    loggerInstance: logger,
    ...loggedWithId(),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  } as object) as FastifyInstance
  addAnswerHead(server, readiness)
  addProbes(server, readiness)
  server.get('/metrics', async (_request, reply) =>
    reply
      .type(metrics.contentType)
      .header('cache-control', 'no-store')
      .send(await metrics.text()),
  )
  return server
}
