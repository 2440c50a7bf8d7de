import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Caller } from '../domain/caller.ts'
import type { Registry } from '../rest/registry.ts'
import type { CallSpan, Tracing } from '../telemetry/tracing.ts'
import { PROBES } from './probes.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What is noted of the request for logs, metrics and traces; `null` where nobody wants to know. */
    watched: WatchedRequest | null
  }
}

/** What may be known of a REST call outside: never its address, which holds a secret. */
export interface AnsweredCall {
  /** As the registry writes it, `batch`, or `unknown`: what a client invents stays outside. */
  readonly method: string
  readonly status: number
  readonly milliseconds: number
  readonly portal: string | undefined
  readonly caller: Caller | undefined
}

export interface WatchOptions {
  /** Has a line for each request at level `info`. */
  readonly logger: Logger
  readonly registry: Registry
  /** Told of every REST call that was answered. */
  readonly onAnswered?: ((call: AnsweredCall) => void) | undefined
  readonly tracing?: Tracing | undefined
}

/** Notes what happens to each request. Where neither log, metrics nor traces want it, there is nothing to pay. */
export function addWatch(server: FastifyInstance, options: WatchOptions): void {
  server.decorateRequest('watched', null)
  const { onAnswered, tracing, logger } = options
  if (!onAnswered && !tracing && !logger.isLevelEnabled('info')) return
  server.addHook('onRequest', (request, _reply, done) => {
    request.watched = new WatchedRequest(request, options)
    done()
  })
  server.addHook('onSend', (request, reply, payload, done) => {
    request.watched?.answered(reply.statusCode)
    done(null, payload)
  })
}

export class WatchedRequest {
  readonly #request: FastifyRequest
  readonly #options: WatchOptions
  #began = performance.now()
  #method: string | undefined
  #portal: string | undefined
  #caller: Caller | undefined
  #span: CallSpan | undefined

  constructor(request: FastifyRequest, options: WatchOptions) {
    this.#request = request
    this.#options = options
    const route = request.routeOptions.url
    // A body that is too large is refused before its method is read.
    if (route === '/rest' || route === '/rest/*') this.#method = 'unknown'
  }

  /** Runs a REST call. Its time begins here, where the body is read: how slowly it came is no matter of the server. */
  run<T>(method: string, work: () => Promise<T>): Promise<T> {
    this.#began = performance.now()
    this.#method = this.#knownName(method)
    const { tracing } = this.#options
    if (!tracing) return work()
    const { traceparent } = this.#request.headers
    this.#span = tracing.begin(this.#method, typeof traceparent === 'string' ? traceparent : undefined)
    return this.#span.run(work)
  }

  calledBy(portal: string, caller: Caller): void {
    this.#portal = portal
    this.#caller = caller
  }

  answered(status: number): void {
    const milliseconds = performance.now() - this.#began
    const portal = this.#portal
    const caller = this.#caller
    this.#log(status, milliseconds)
    this.#span?.end({ status, portal, callerKind: caller?.via.kind, requestId: this.#request.id })
    if (this.#method !== undefined)
      this.#options.onAnswered?.({ method: this.#method, status, milliseconds, portal, caller })
  }

  #knownName(name: string): string {
    return name.toLowerCase() === 'batch' ? 'batch' : (this.#options.registry.find(name)?.name ?? 'unknown')
  }

  #log(status: number, milliseconds: number): void {
    const { log, routeOptions } = this.#request
    const route = routeOptions.url
    const level = route !== undefined && PROBES.has(route) ? 'debug' : 'info'
    if (!this.#options.logger.isLevelEnabled(level)) return
    const caller = this.#caller
    log[level](
      {
        ...(this.#method === undefined ? { route: route ?? 'none' } : { method: this.#method }),
        status,
        ms: Math.round(milliseconds * 100) / 100,
        portal: this.#portal,
        callerKind: caller?.via.kind,
        callerId: caller?.via.id,
        userId: caller?.userId,
      },
      'Answered',
    )
  }
}
