import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config/load.ts'
import { Presence } from './domain/apps/presence.ts'
import type { Caller } from './domain/caller.ts'
import { Portals } from './domain/portals/portals.ts'
import { OPEN_STATES, countOpenSessions } from './domain/openlines/sessions.ts'
import type { Portal } from './domain/portals/portal.ts'
import { loadTls } from './http/tls.ts'
import { createOpsServer } from './http/ops-server.ts'
import { Readiness } from './http/readiness.ts'
import { createHttpServer } from './http/server.ts'
import type { WatchOptions } from './http/watch.ts'
import { startJobs } from './jobs/jobs.ts'
import { type Clock, systemClock } from './kernel/clock.ts'
import { UserError, messageOf } from './kernel/errors.ts'
import { type Ids, randomIds } from './kernel/ids.ts'
import { createLogger } from './kernel/log.ts'
import { Outgoing } from './kernel/outgoing.ts'
import { isPublicAddress } from './kernel/public-address.ts'
import { Dispatcher } from './rest/dispatch.ts'
import { systemError } from './rest/errors.ts'
import { Limits } from './rest/limits.ts'
import { documentedMethods, methods } from './rest/methods.gen.ts'
import { Registry } from './rest/registry.ts'
import { PortalEvents } from './events/portal-events.ts'
import { wireEvents } from './events/wire/index.ts'
import type { Bus } from './realtime/bus.ts'
import { openBus } from './realtime/open-bus.ts'
import { unnumbered } from './storage/event-log.ts'
import { openDatabases } from './storage/open-databases.ts'
import type { Metrics } from './telemetry/metrics.ts'
import type { Tracing } from './telemetry/tracing.ts'

/** What the start adds, and what a test may put in place of the real thing. */
export interface Overrides {
  readonly clock?: Clock
  readonly ids?: Ids
  readonly logger?: Logger
  /** Where spans go; calls are not traced without it. */
  readonly tracing?: Tracing | undefined
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
  /** Where metrics are read. */
  readonly metricsUrl: string | undefined
}

export interface App extends AsyncDisposable {
  readonly portals: Portals
  /** Every scope that some method wants. */
  readonly scopes: readonly string[]
  /** The plain function behind HTTP, for one portal. */
  dispatcher(portal: Portal): Dispatcher
  /** Starts listening, on `tlsPort` too when it is given. */
  listen(): Promise<Addresses>
  /** Says to load balancers that no more calls are wanted, and goes on serving what comes. */
  drain(): void
  /** Takes no new requests, finishes those under way, closes the databases. */
  close(): Promise<void>
}

/** Puts the whole server together: the only place that sees everything. */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const clock = overrides.clock ?? systemClock
  const logger = overrides.logger ?? createLogger(config.logLevel)
  let addresses: Addresses | undefined
  const { tracing } = overrides
  const metrics =
    config.metricsPort === undefined
      ? undefined
      : await metricsOf({ portals: () => portals, bus: () => bus, events: () => events, clock, logger })
  const databases = await openDatabases(config, {
    clock,
    onFatal:
      overrides.onFatal ??
      ((error) => {
        logger.fatal({ err: error }, 'The disk failed: nothing more is acknowledged')
        process.exit(1)
      }),
    onCommit: metrics?.committed,
    onError: (error) => logger.warn({ err: error }, 'A connection to the database broke'),
  })
  const bus = openBus(config.bus ?? (config.database === undefined ? 'memory' : 'postgres'), config.database, {
    scope: scopeOf(config.database),
    log: logger,
  })
  const outgoing = new Outgoing({ mayCall: config.allowPrivateNetworks ? () => true : isPublicAddress })
  const events: PortalEvents = new PortalEvents({ bus, logger, outgoing })
  const portals: Portals = new Portals({
    databases,
    clock,
    ids: overrides.ids ?? randomIds,
    baseUrl: () => config.publicUrl ?? addresses?.tlsUrl ?? addresses?.url ?? `http://${config.host}:${config.port}`,
    onOpen: (portal) => events.add(portal),
    onClose: (portal) => events.remove(portal),
  })
  const registry = new Registry(methods, documentedMethods, wireEvents)
  const dispatcher = perPortal((portal) => {
    const limits = new Limits({ rate: config.rateLimit, operatingSeconds: config.operatingLimit })
    return new Dispatcher({
      portal: tracing ? traced(portal, tracing) : portal,
      registry,
      limits,
      verifyResults: overrides.verifyResults ?? false,
    })
  })
  const onUnnoted = (error: unknown): void => logger.warn({ err: error }, 'Activity could not be noted')
  const presence = perPortal(({ store }) => new Presence({ store, onError: onUnnoted }))
  const onCaller = (portal: Portal, caller: Caller): void => presence(portal).seen(caller, clock.now())
  const dispatcherFor = async (host: string | undefined): Promise<Dispatcher> => {
    const portal = await portals.forHost(host)
    if (!portal) throw systemError('portalDeleted')
    return dispatcher(portal)
  }
  const readiness = new Readiness({
    logger,
    checks: [{ name: 'database', run: () => portals.ping() }],
  })
  const watch: WatchOptions = { logger, registry, onAnswered: metrics?.answered, tracing }
  const http = { logger, dispatcherFor, onCaller, readiness, watch }
  const servers: FastifyInstance[] = []
  let ops: FastifyInstance | undefined
  const jobs = startJobs({ portals, logger })

  const close = async (): Promise<void> => {
    readiness.drain()
    await Promise.all(servers.splice(0).map(closeServer))
    // Last, so that probes hear to the end that the server drains.
    if (ops) await closeServer(ops)
    await jobs.stop()
    await portals.close()
    events.close()
    await bus.close()
  }

  return {
    portals,
    scopes: registry.scopes(),
    dispatcher,
    drain: () => readiness.drain(),
    close,
    [Symbol.asyncDispose]: close,
    async listen() {
      const plain = await createHttpServer(http)
      servers.push(plain)
      const url = await listenOn(plain, config.host, config.port, '--port')
      addresses = { url, tlsUrl: undefined, ca: undefined, metricsUrl: undefined }
      if (config.tlsPort !== undefined) {
        const tls = await loadTls(config, clock.now())
        const secure = await createHttpServer({ ...http, tls })
        servers.push(secure)
        const tlsUrl = await listenOn(secure, config.host, config.tlsPort, '--tls-port')
        addresses = { ...addresses, tlsUrl, ca: tls.caFile }
      }
      if (metrics && config.metricsPort !== undefined) {
        ops = createOpsServer({ logger, readiness, metrics })
        const opsUrl = await listenOn(ops, config.host, config.metricsPort, '--metrics-port')
        addresses = { ...addresses, metricsUrl: `${opsUrl}/metrics` }
      }
      return addresses
    },
  }
}

/** The figures of this process; loaded only where they are wanted. */
interface Measured {
  readonly portals: () => Portals
  readonly bus: () => Bus
  readonly events: () => PortalEvents
  readonly clock: Clock
  readonly logger: Logger
}

async function metricsOf({ portals, bus, events, clock, logger }: Measured): Promise<Metrics> {
  const { createMetrics } = await import('./telemetry/metrics.ts')
  const sessions = async (): Promise<Record<string, number>> => {
    const total = Object.fromEntries(OPEN_STATES.map((state) => [state, 0]))
    for (const { store } of await portals().opened()) {
      for (const { state, count } of await countOpenSessions(store.read)) total[state] = (total[state] ?? 0) + count
    }
    return total
  }
  const outbox = async (): Promise<{ rows: number; oldestSeconds: number }> => {
    const waiting = await Promise.all((await portals().opened()).map(({ store }) => unnumbered(store.read)))
    const now = clock.now()
    return {
      rows: waiting.reduce((sum, { count }) => sum + count, 0),
      oldestSeconds: Math.max(0, ...waiting.map(({ oldestAt = now }) => (now - oldestAt) / 1000)),
    }
  }
  return createMetrics({
    sources: {
      stores: async () => (await portals().opened()).map(({ store }) => store),
      sessions,
      outbox,
      deliveries: () => ({ ...events().counts }),
      bus: () => ({ connected: bus().connected, hints: bus().counters.received }),
    },
    onError: (error) => logger.warn({ err: error }, 'A figure could not be read'),
  })
}

/** Hints of another installation that shares the server of the bus would do no harm, but cost a look each. */
function scopeOf(database: string | undefined): string {
  return database === undefined ? 'local' : (/\/([^/?]+)(?:\?|$)/.exec(database)?.[1] ?? 'local')
}

/** The portal, as calls reach it whose transactions are traced. */
function traced(portal: Portal, tracing: Tracing): Portal {
  return Object.create(portal, { store: { value: tracing.traced(portal.store), enumerable: true } }) as Portal
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
