import { connect } from '@nats-io/transport-node'
import pg from 'pg'
import type { Bus, BusOptions } from '../../src/realtime/bus.ts'
import { natsBus, subjectToken } from '../../src/realtime/nats-bus.ts'
import { openBus } from '../../src/realtime/open-bus.ts'
import { channelOf } from '../../src/realtime/postgres-bus.ts'
import { findNats, startNats } from '../support/nats.ts'
import { isThere } from '../support/peers.ts'
import { findPostgres, startPostgres } from '../support/postgres-server.ts'

/** What carries the hints of a bus in tests. */
export interface Carrier extends AsyncDisposable {
  /** A bus of one process, straight to the carrier, or to the port of a proxy before it. */
  open(options: BusOptions, port?: number): Bus
}

/** A carrier that is a server between processes. */
export interface ServerCarrier extends Carrier {
  readonly port: number
  /** Sends something that no bus sent to all buses of the scope. */
  intrude(scope: string, payload: string): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

const memory = (): Promise<Carrier> =>
  Promise.resolve({
    open: (options) => openBus('memory', undefined, options),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })

async function postgres(): Promise<ServerCarrier> {
  const server = await startPostgres()
  return {
    port: server.port,
    open: (options, port = server.port) =>
      openBus('postgres', server.url.replace(`:${server.port}/`, `:${port}/`), options),
    async intrude(scope, payload) {
      const client = new pg.Client({ connectionString: server.url })
      await client.connect()
      await client.query('select pg_notify($1, $2)', [channelOf(scope), payload])
      await client.end()
    },
    start: () => server.start(),
    stop: () => server.stop('immediate'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function nats(): Promise<ServerCarrier> {
  const server = await startNats()
  return {
    port: server.port,
    open: (options, port = server.port) => natsBus(`nats://127.0.0.1:${port}`, options),
    async intrude(scope, payload) {
      const connection = await connect({ servers: `127.0.0.1:${server.port}` })
      connection.publish(`cordboard.${subjectToken(scope)}.events`, payload)
      await connection.drain()
    },
    start: () => server.start(),
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Those that reach other processes, as far as their servers are on this machine. */
export const BETWEEN_PROCESSES: readonly { readonly kind: string; readonly carry: () => Promise<ServerCarrier> }[] = [
  ...(isThere(findPostgres(), 'postgresql') ? [{ kind: 'PostgreSQL', carry: postgres }] : []),
  ...(isThere(findNats(), 'nats-server') ? [{ kind: 'NATS', carry: nats }] : []),
]

export const ALL: readonly { readonly kind: string; readonly carry: () => Promise<Carrier> }[] = [
  { kind: 'memory', carry: memory },
  ...BETWEEN_PROCESSES,
]
