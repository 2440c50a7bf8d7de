import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config/load.ts'
import { Presence } from './domain/apps/presence.ts'
import type { Caller } from './domain/caller.ts'
import type { Portal } from './domain/portals/portal.ts'
import { Portals } from './domain/portals/portals.ts'
import { PortalEvents } from './events/portal-events.ts'
import { wireEvents } from './events/wire/index.ts'
import { closeServer, listenOn } from './http/listen.ts'
import { createOpsServer } from './http/ops-server.ts'
import { Readiness } from './http/readiness.ts'
import { createHttpServer } from './http/server.ts'
import { loadTls } from './http/tls.ts'
import type { WatchOptions } from './http/watch.ts'
import { startJobs } from './jobs/jobs.ts'
import { type Clock, systemClock } from './kernel/clock.ts'
import { type Ids, randomIds } from './kernel/ids.ts'
import { createLogger } from './kernel/log.ts'
import { Outgoing } from './kernel/outgoing.ts'
import { isPublicAddress } from './kernel/public-address.ts'
import { openBus } from './realtime/open-bus.ts'
import { Dispatcher } from './rest/dispatch.ts'
import { systemError } from './rest/errors.ts'
import { documentedMethods, methods } from './rest/methods.gen.ts'
import { PortalLimits } from './rest/portal-limits.ts'
import { Registry } from './rest/registry.ts'
import { openDatabases } from './storage/open-databases.ts'
import { callTime } from './storage/unavailable.ts'
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
      : // Loaded only where figures are wanted.
        (await import('./telemetry/server-metrics.ts')).serverMetrics({
          portals: () => portals,
          bus: () => bus,
          deliveries: () => events.counts,
          clock,
          logger,
        })
  const databases = await openDatabases(config, {
    clock,
    onFatal:
      overrides.onFatal ??
      ((error) => {
        logger.fatal({ err: error }, 'The disk failed: nothing more is acknowledged')
        process.exit(1)
      }),
    onCommit: metrics?.committed,
    onUpgrade: (upgraded) => logger.warn(upgraded, 'A portal was brought to the schema of this version'),
    onError: (error) => logger.warn({ err: error }, 'A connection to the database broke'),
  })
  const bus = openBus(config.bus ?? (config.database === undefined ? 'memory' : 'postgres'), config.database, {
    scope: scopeOf(config.database),
    log: logger,
  })
  const outgoing = new Outgoing({ mayCall: config.allowPrivateNetworks ? () => true : isPublicAddress })
  const events: PortalEvents = new PortalEvents({ bus, logger, outgoing })
  const limits = new PortalLimits({
    plan: { rate: config.rateLimit, operatingSeconds: config.operatingLimit },
    shared: databases.engine === 'postgres',
    logger,
  })
  const portals: Portals = new Portals({
    databases,
    clock,
    ids: overrides.ids ?? randomIds,
    baseUrl: () => config.publicUrl ?? addresses?.tlsUrl ?? addresses?.url ?? `http://${config.host}:${config.port}`,
    onOpen: (portal) => events.add(portal),
    onClose: async (portal) => {
      await limits.remove(portal)
      await events.remove(portal)
    },
  })
  const registry = new Registry(methods, documentedMethods, wireEvents)
  const dispatcher = perPortal((portal) => {
    return new Dispatcher({
      portal: tracing ? traced(portal, tracing) : portal,
      registry,
      limits: limits.of(portal),
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
  const http = {
    logger,
    dispatcherFor,
    onCaller,
    readiness,
    watch,
    callTime: callTime(config.databaseTimeout * 1000),
  }
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
