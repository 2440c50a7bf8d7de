import { type NatsConnection, type NodeConnectionOptions, connect, errors } from '@nats-io/transport-node'
import { UserError } from '../kernel/errors.ts'
import { sha256 } from '../kernel/hash.ts'
import type { Bus, BusOptions } from './bus.ts'
import { greeting } from './greeting.ts'
import { type Line, LineBus, type LineEvents, type OpenLine, within } from './line-bus.ts'

/** Milliseconds that connecting may take. */
const CONNECT_LIMIT = 5000
/** Milliseconds between pings; with two of them unanswered the line is dead: after 4.5 seconds at most. */
const PING_INTERVAL = 1500
const UNANSWERED_PINGS = 2
const CLOSE_LIMIT = 500
/** Characters of one part of a subject; a server takes 4096 for the whole line. */
const LONGEST_TOKEN = 200

/**
 * The bus over NATS, without JetStream. A hint goes to the subject `cordboard.<scope>.<topic>`.
 *
 * `address` is `nats://host:4222` or `tls://…`, with `user:password@` or `token@` before the host where it needs one;
 * servers of one cluster are separated by commas. Throws a `UserError` where it cannot be read; a server that is not
 * there is waited for.
 */
export function natsBus(address: string, options: BusOptions): Bus {
  const { servers, ...access } = parseNatsAddress(address)
  const config: NodeConnectionOptions = {
    servers,
    ...access,
    name: 'cordboard bus',
    noEcho: true,
    // The bus itself opens a line again, whatever kind of line it is.
    reconnect: false,
    ignoreClusterUpdates: true,
    timeout: CONNECT_LIMIT,
    pingInterval: PING_INTERVAL,
    maxPingOut: UNANSWERED_PINGS,
  }
  const prefix = `cordboard.${subjectToken(options.scope)}`
  let silent = false
  const open: OpenLine = async (events, signal) => {
    // The client never lets go of a connection that was taken and got no answer: it may not make one at every try.
    if (silent) await anyGreeting(servers, signal)
    try {
      const connection = await connectUnless(signal, config)
      silent = false
      return await openLine(connection, prefix, events)
    } catch (error) {
      silent = error instanceof errors.TimeoutError
      throw error
    }
  }
  return new LineBus(open, options)
}

/** What the address says, as options of the client: secrets are in no server's name. Throws a `UserError`. */
function parseNatsAddress(
  address: string,
): Pick<NodeConnectionOptions, 'user' | 'pass' | 'token' | 'tls'> & { readonly servers: string[] } {
  const urls = address.split(',').map((part) => {
    const url = URL.parse(part.trim())
    if (url === null || url.hostname === '' || (url.protocol !== 'nats:' && url.protocol !== 'tls:')) throw unreadable()
    return url
  })
  const { username, password } = urls.find((url) => url.username !== '') ?? { username: '', password: '' }
  return {
    servers: urls.map((url) => url.host),
    ...(username === '' ? {} : password === '' ? { token: decode(username) } : logIn(username, password)),
    ...(urls.some((url) => url.protocol === 'tls:') ? { tls: {} } : {}),
  }
}

function logIn(username: string, password: string): Pick<NodeConnectionOptions, 'user' | 'pass'> {
  return { user: decode(username), pass: decode(password) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unreadable()
  }
}

/** Does not repeat the address: there may be a password in it. */
function unreadable(): UserError {
  return new UserError('The address of the NATS server cannot be read: it has the form nats://user:password@host:4222')
}

/** Any text as one part of a subject: without dots, wildcards and spaces; different texts stay different. */
export function subjectToken(text: string): string {
  const token = encodeURIComponent(text.toWellFormed()).replace(/[.*]/g, (sign) => (sign === '.' ? '%2E' : '%2A'))
  if (token.length > LONGEST_TOKEN) return `%${sha256(text)}`
  // No text is encoded as a single percent sign.
  return token === '' ? '%' : token
}

async function openLine(connection: NatsConnection, prefix: string, events: LineEvents): Promise<Line> {
  const { promise: ended, resolve: end } = Promise.withResolvers<unknown>()
  void connection.closed().then((error) => end(error ?? new Error('The NATS server closed the connection')))
  void watch(connection, events, end)
  connection.subscribe(`${prefix}.*`, {
    callback: (error, message) => {
      // Without the subscription the line is of no use.
      if (error === null) events.heard(message.string())
      else end(error)
    },
  })
  void ended.then(() => within(CLOSE_LIMIT, connection.close()))
  // From its answer on the server knows the subscription.
  await Promise.race([connection.flush(), ended.then((reason) => Promise.reject(reason))])
  return {
    ended,
    async send(hints) {
      for (const [topic, payload] of hints) connection.publish(`${prefix}.${subjectToken(topic)}`, payload)
    },
    async close() {
      await within(CLOSE_LIMIT, connection.flush())
      await within(CLOSE_LIMIT, connection.close())
      end(undefined)
    },
  }
}

/** Rejects with the reason of the first server where none of them says anything. */
async function anyGreeting(servers: readonly string[], signal: AbortSignal): Promise<void> {
  const greetings = servers.map((server) => greeting(server, CONNECT_LIMIT, signal))
  await Promise.any(greetings).catch(() => greetings[0])
}

/** The client cannot be told to give up: where the signal comes first, the connection is closed once it is there. */
async function connectUnless(signal: AbortSignal, config: NodeConnectionOptions): Promise<NatsConnection> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(new Error('The bus was closed'))
  signal.addEventListener('abort', abort, { once: true })
  const connecting = connect(config)
  try {
    signal.throwIfAborted()
    return await Promise.race([connecting, aborted])
  } catch (error) {
    if (signal.aborted) connecting.then((late) => late.close()).catch(() => {})
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function watch(connection: NatsConnection, events: LineEvents, end: (reason: unknown) => void): Promise<void> {
  for await (const status of connection.status()) {
    // The client itself first waits for what it has written, which a dead line may never take.
    if (status.type === 'staleConnection') end(new Error('The NATS server has not answered its pings'))
    if (status.type === 'error') events.failed(status.error)
  }
}
