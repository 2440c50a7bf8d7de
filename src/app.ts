import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config/load.ts'
import { Presence } from './domain/apps/presence.ts'
import type { Caller } from './domain/caller.ts'
import { Portals } from './domain/portals/portals.ts'
import type { Portal } from './domain/portals/portal.ts'
import { loadTls } from './http/tls.ts'
import { createHttpServer } from './http/server.ts'
import { startJobs } from './jobs/jobs.ts'
import { type Clock, systemClock } from './kernel/clock.ts'
import { UserError, messageOf } from './kernel/errors.ts'
import { type Ids, randomIds } from './kernel/ids.ts'
import { createLogger } from './kernel/log.ts'
import { Dispatcher } from './rest/dispatch.ts'
import { systemError } from './rest/errors.ts'
import { Limits } from './rest/limits.ts'
import { documentedMethods, methods } from './rest/methods.gen.ts'
import { Registry } from './rest/registry.ts'
import { openDatabases } from './storage/open-databases.ts'

/** What a test may put in place of the real thing. */
export interface Overrides {
  readonly clock?: Clock
  readonly ids?: Ids
  readonly logger?: Logger
  /** Compares every result with its declaration. */
  readonly verifyResults?: boolean
  /** What happens when the disk failed and nothing may be acknowledged any more; ends the process by default. */
  readonly onFatal?: (error: unknown) => void
}

export interface Addresses {
  readonly url: string
  readonly tlsUrl: string | undefined
  /** The file of the local certificate authority, when it signed the server's certificate. */
  readonly ca: string | undefined
}

export interface App extends AsyncDisposable {
  readonly portals: Portals
  /** Every scope that some method wants. */
  readonly scopes: readonly string[]
  /** The plain function behind HTTP, for one portal. */
  dispatcher(portal: Portal): Dispatcher
  /** Starts listening, on `tlsPort` too when it is given. */
  listen(): Promise<Addresses>
  /** Takes no new requests, finishes those under way, closes the databases. */
  close(): Promise<void>
}

/** Puts the whole server together: the only place that sees everything. */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const clock = overrides.clock ?? systemClock
  const logger = overrides.logger ?? createLogger(config.logLevel)
  let addresses: Addresses | undefined
  const databases = await openDatabases(config, {
    clock,
    onFatal:
      overrides.onFatal ??
      ((error) => {
        logger.fatal({ err: error }, 'The disk failed: nothing more is acknowledged')
        process.exit(1)
      }),
    onError: (error) => logger.warn({ err: error }, 'A connection to the database broke'),
  })
  const portals = new Portals({
    databases,
    clock,
    ids: overrides.ids ?? randomIds,
    baseUrl: () => config.publicUrl ?? addresses?.tlsUrl ?? addresses?.url ?? `http://${config.host}:${config.port}`,
  })
  const registry = new Registry(methods, documentedMethods)
  const dispatcher = perPortal((portal) => {
    const limits = new Limits({ rate: config.rateLimit, operatingSeconds: config.operatingLimit })
    return new Dispatcher({ portal, registry, limits, verifyResults: overrides.verifyResults ?? false })
  })
  const onUnnoted = (error: unknown): void => logger.warn({ err: error }, 'Activity could not be noted')
  const presence = perPortal(({ store }) => new Presence({ store, onError: onUnnoted }))
  const onCaller = (portal: Portal, caller: Caller): void => presence(portal).seen(caller, clock.now())
  const dispatcherFor = async (host: string | undefined): Promise<Dispatcher> => {
    const portal = await portals.forHost(host)
    if (!portal) throw systemError('portalDeleted')
    return dispatcher(portal)
  }
  const servers: FastifyInstance[] = []
  const jobs = startJobs({ portals, logger })

  const close = async (): Promise<void> => {
    await Promise.all(servers.splice(0).map(closeServer))
    await jobs.stop()
    await portals.close()
  }

  return {
    portals,
    scopes: registry.scopes(),
    dispatcher,
    close,
    [Symbol.asyncDispose]: close,
    async listen() {
      const plain = await createHttpServer({ logger, dispatcherFor, onCaller })
      servers.push(plain)
      const url = await listenOn(plain, config.host, config.port, '--port')
      addresses = { url, tlsUrl: undefined, ca: undefined }
      if (config.tlsPort !== undefined) {
        const tls = await loadTls(config, clock.now())
        const secure = await createHttpServer({ logger, dispatcherFor, onCaller, tls })
        servers.push(secure)
        addresses = { url, tlsUrl: await listenOn(secure, config.host, config.tlsPort, '--tls-port'), ca: tls.caFile }
      }
      return addresses
    },
  }
}

/** Makes something once for each portal, at its first use. */
function perPortal<T>(make: (portal: Portal) => T): (portal: Portal) => T {
  const made = new WeakMap<Portal, { readonly value: T }>()
  return (portal) => {
    let kept = made.get(portal)
    if (!kept) {
      kept = { value: make(portal) }
      made.set(portal, kept)
    }
    return kept.value
  }
}

/** How often connections are looked at while a server closes, in milliseconds. */
const SWEEP = 50

async function closeServer(server: FastifyInstance): Promise<void> {
  // A connection whose call ends only now would else be kept open for a next one.
  const sweep = setInterval(() => server.server.closeIdleConnections(), SWEEP)
  try {
    await server.close()
  } finally {
    clearInterval(sweep)
  }
}

async function listenOn(server: FastifyInstance, host: string, port: number, option: string): Promise<string> {
  try {
    const url = await server.listen({ host, port })
    // What listens on every address is shown with one that can be called.
    return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE')
      throw new UserError(
        `Port ${port} on ${host} is taken: stop what listens there, or choose another with ${option} (0 takes any free one)`,
        { cause: error },
      )
    if (code === 'EACCES')
      throw new UserError(`Port ${port} needs more rights: choose one above 1023 with ${option}`, { cause: error })
    throw new UserError(`Cannot listen on ${host}:${port}: ${messageOf(error)}`, { cause: error })
  }
}
