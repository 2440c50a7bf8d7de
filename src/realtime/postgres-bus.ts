import { Socket } from 'node:net'
import pg from 'pg'
import { UserError } from '../kernel/errors.ts'
import { sha256 } from '../kernel/hash.ts'
import type { Bus, BusOptions } from './bus.ts'
import { type Line, LineBus, type LineEvents, within } from './line-bus.ts'

/** Milliseconds that connecting and beginning to listen may take each, and every heartbeat its answer. */
const CONNECT_LIMIT = 5000
const BEAT_LIMIT = 2500
const BEAT_INTERVAL = 2000
/** Milliseconds until the kernel asks whether the other side is there. */
const KEEPALIVE_DELAY = 10_000
const CLOSE_LIMIT = 500

/** One statement for all hints that wait: each is a commit that other notifying commits wait for. */
const NOTIFY = 'select pg_notify($1, payload) from unnest($2::text[]) as payload'

/**
 * The bus over LISTEN and NOTIFY of the database that holds the data, on a connection of its own: a pooler that gives
 * out connections by transaction (as PgBouncer may) cannot carry it.
 *
 * `address` is a PostgreSQL URL. Throws a `UserError` where it cannot be read; a server that is not there is waited for.
 */
export function postgresBus(address: string, options: BusOptions): Bus {
  const config: pg.ClientConfig = {
    connectionString: address,
    connectionTimeoutMillis: CONNECT_LIMIT,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_DELAY,
    application_name: 'cordboard bus',
  }
  try {
    // Reads the address, and connects nowhere.
    void new pg.Client(config)
  } catch {
    // What was thrown may repeat the address, and there may be a password in it.
    throw new UserError(
      'The address of the database cannot be read: it has the form postgres://user:password@host/name',
    )
  }
  const channel = channelOf(options.scope)
  return new LineBus((events, signal) => openLine(config, channel, events, signal), options)
}

/** The name of the channel; PostgreSQL takes 63 bytes, a scope may be longer. */
export function channelOf(scope: string): string {
  return `cordboard_${sha256(scope).slice(0, 32)}`
}

async function openLine(
  config: pg.ClientConfig,
  channel: string,
  events: LineEvents,
  signal: AbortSignal,
): Promise<Line> {
  // Held here, because only its end frees a client whose server does not answer.
  const socket = new Socket()
  const client = new pg.Client({ ...config, stream: () => socket })
  const { promise: ended, resolve: end } = Promise.withResolvers<unknown>()
  client.on('error', (error) => end(error))
  client.on('end', () => end(new Error('The database closed the connection')))
  client.on('notification', ({ payload }) => events.heard(payload ?? ''))
  const abort = (): void => void socket.destroy()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await client.connect()
    await answered(client.query(`listen ${channel}`), CONNECT_LIMIT)
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
  const heart = beat(client, end)
  void ended.then(() => {
    clearInterval(heart)
    socket.destroy()
  })
  return {
    ended,
    async send(hints) {
      await client.query({ name: 'notify', text: NOTIFY, values: [channel, [...hints.values()]] })
    },
    async close() {
      await within(CLOSE_LIMIT, client.end())
      end(undefined)
    },
  }
}

/** Asks now and then whether the line is alive: a cut by something in between is told by nobody. */
function beat(client: pg.Client, died: (error: unknown) => void): NodeJS.Timeout {
  let waiting = false
  return setInterval(() => {
    if (waiting) return
    waiting = true
    answered(client.query('select 1'), BEAT_LIMIT).then(() => (waiting = false), died)
  }, BEAT_INTERVAL)
}

/** The promise, or a rejection after so many milliseconds. */
function answered(promise: Promise<unknown>, milliseconds: number): Promise<unknown> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const tooLate = (): void => reject(new Error(`The database has not answered for ${milliseconds} ms`))
  // Where this process itself was busy the answer may be there and unread: it is read before the next turn.
  const timer = setTimeout(() => setImmediate(tooLate), milliseconds)
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
