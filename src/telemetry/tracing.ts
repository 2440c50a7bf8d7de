import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api'
import type { Store } from '../storage/store.ts'

/** What a span tells of a REST call when it ends. */
export interface CallFacts {
  readonly status: number
  readonly portal: string | undefined
  readonly callerKind: string | undefined
  readonly requestId: string
}

/** The span of one REST call. */
export interface CallSpan {
  /** Spans that begin within `work` are children of this one. */
  run<T>(work: () => T): T
  end(facts: CallFacts): void
}

export interface Tracing {
  /** Begins the span of a call, below that of the client where its `traceparent` names one. */
  begin(method: string, traceparent: string | undefined): CallSpan
  /** The store, with a span for each transaction of a call. */
  traced(store: Store): Store
  /** Sends what was not sent yet. Never rejects. */
  shutdown(): Promise<void>
}

export function tracingWith(tracer: Tracer, shutdown: () => Promise<void>): Tracing {
  const inside = new AsyncLocalStorage<Context>()
  return {
    shutdown,
    begin(method, traceparent) {
      const parent = contextOf(traceparent)
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes: { 'rpc.method': method } }, parent)
      return {
        run: (work) => inside.run(trace.setSpan(parent, span), work),
        end({ status, portal, callerKind, requestId }) {
          span.setAttribute('http.response.status_code', status)
          span.setAttribute('cordboard.request_id', requestId)
          if (portal !== undefined) span.setAttribute('cordboard.portal', portal)
          if (callerKind !== undefined) span.setAttribute('cordboard.caller_kind', callerKind)
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
    traced: (store) => ({
      read: store.read,
      get counted() {
        return store.counted
      },
      version: (tables) => store.version(tables),
      onWrite: (table, listener) => store.onWrite(table, listener),
      close: () => store.close(),
      async write(work, options) {
        const parent = inside.getStore()
        if (!parent) return store.write(work, options)
        const span = tracer.startSpan('store.write', {}, parent)
        let committed = false
        try {
          const value = await store.write(work, options)
          committed = true
          return value
        } finally {
          // A refusal rolls back too, and is no error of the server.
          span.setAttribute('cordboard.committed', committed)
          span.end()
        }
      },
    }),
  }
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/

/** The client's span, as the header of W3C Trace Context names it. */
function contextOf(traceparent: string | undefined): Context {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(traceparent ?? '') ?? []
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(remote) ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT
}
