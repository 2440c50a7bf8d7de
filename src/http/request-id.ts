import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type FastifyInstance, LogController } from 'fastify'
import type { Readiness } from './readiness.ts'

const GIVEN = /^[A-Za-z0-9._-]{1,64}$/

/**
 * The id under which the log knows a request: `X-Request-ID` where a proxy or client gave a plain one, else
 * one of our own. It has nothing to do with the ids by which a repeated call is known (`bx24_request_id`).
 */
function requestIds(): (request: IncomingMessage) => string {
  // Counting on is far cheaper than drawing at random for each request.
  const process = randomBytes(6).toString('hex')
  let made = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    return typeof given === 'string' && GIVEN.test(given) ? given : `${process}-${(++made).toString(36)}`
  }
}

/** Options of Fastify by which every line about a request has its id, and none is written unasked. */
export function loggedWithId() {
  return {
    genReqId: requestIds(),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
  }
}

/** Answers name the request; while the server drains they send the connection elsewhere. */
export function addAnswerHead(server: FastifyInstance, readiness: Readiness): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    if (readiness.draining) reply.header('connection', 'close')
    done()
  })
}
