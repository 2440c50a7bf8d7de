import { setTimeout as pass } from 'node:timers/promises'
import { type App, createApp } from '../app.ts'
import type { Config } from '../config/load.ts'
import { identify } from '../domain/apps/credentials.ts'
import { type NewDemo, createDemo, describeDemo } from '../domain/portals/demo.ts'
import { DEFAULT_PORTAL, type Portal } from '../domain/portals/portal.ts'
import { type KeptWebhook, keepWebhook, readKeptWebhook } from '../domain/portals/webhook-file.ts'
import { systemClock } from '../kernel/clock.ts'
import { randomIds } from '../kernel/ids.ts'
import { type Logger, createLogger } from '../kernel/log.ts'
import type { Tx } from '../storage/store.ts'
import type { Tracing } from '../telemetry/tracing.ts'
import { checkCertificate } from './certificate.ts'
import { print, printJson } from './print.ts'
import { tellRunning, untellRunning } from './running.ts'
import { stopSignal } from './stop-signal.ts'
import { version } from './version.ts'
import { type Welcome, welcomeJson, welcomeText } from './welcome.ts'

/** How long calls under way may take to end once the server is told to stop, in milliseconds. */
const LAST_CALLS = 8_000
/** How long spans may take to be sent at the end, in milliseconds. */
const LAST_SPANS = 2_000

/** Runs the server until it is told to stop. */
export async function start(config: Config): Promise<void> {
  const stopped = stopSignal()
  const logger = createLogger(config.logLevel)
  endOnFailure(logger)
  if (config.tlsCert !== undefined && config.tlsKey !== undefined) await checkCertificate(config.tlsCert, config.tlsKey)
  const tracing = await tracingOf(process.env, logger)
  const app = await createApp(config, { logger, tracing })
  try {
    await welcome(app, config)
  } catch (error) {
    await app.close()
    throw error
  }
  const signal = await stopped
  logger.info({ signal, drainSeconds: config.drain }, 'Stopping')
  app.drain()
  await pass(config.drain * 1000)
  const finished = await within(LAST_CALLS, app.close())
  if (!config.ephemeral) await untellRunning(config.data)
  if (!finished) logger.warn(`Calls were still under way after ${LAST_CALLS / 1000} s and were cut off`)
  if (tracing && !(await within(LAST_SPANS, tracing.shutdown())))
    logger.warn('The last spans could not be sent in time')
  process.exit(0)
}

async function welcome(app: App, config: Config): Promise<void> {
  const folder = config.ephemeral ? undefined : config.data
  const now = systemClock.now()
  const { portal, created } = await shownPortal(app, now)
  if (created && folder !== undefined) await keepWebhook(folder, portal.name, created.webhook)
  const addresses = await app.listen()
  if (folder !== undefined)
    await tellRunning(folder, { pid: process.pid, url: addresses.url, tlsUrl: addresses.tlsUrl ?? null })
  const told: Welcome = {
    addresses,
    publicUrl: config.publicUrl,
    folder,
    callsPrivateNetworks: config.allowPrivateNetworks,
    portal: portal.name,
    version,
    demo: await describeDemo(portal),
    webhook: created?.webhook ?? (folder === undefined ? undefined : await workingWebhook(folder, portal, now)),
  }
  if (config.json) printJson(welcomeJson(told))
  else print(welcomeText(told))
}

/** Traces are sent where the environment names a collector, as every program with OpenTelemetry does it. */
async function tracingOf(env: NodeJS.ProcessEnv, logger: Logger): Promise<Tracing | undefined> {
  const wanted = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT']
  if (!wanted || env['OTEL_SDK_DISABLED'] === 'true') return undefined
  const { startTracing } = await import('../telemetry/start-tracing.ts')
  return startTracing({ env, version, logger })
}

/** The portal that the server shows: the default one, which is made with a demo in it where there is none at all. */
async function shownPortal(
  { portals, scopes }: App,
  now: number,
): Promise<{ portal: Portal; created: NewDemo | undefined }> {
  const names = await portals.names()
  if (names.length === 0) {
    try {
      const fill = (tx: Tx) => createDemo(tx, randomIds, now, scopes)
      const { portal, filled } = await portals.createWith(DEFAULT_PORTAL, fill)
      return { portal, created: filled }
    } catch (error) {
      // Of servers that are started together on one new database one makes it.
      if (!(await portals.databases.has(DEFAULT_PORTAL))) throw error
    }
  }
  const name = names.length === 0 || names.includes(DEFAULT_PORTAL) ? DEFAULT_PORTAL : names[0]!
  return { portal: await portals.get(name), created: undefined }
}

/** The kept webhook, unless it was revoked since. */
async function workingWebhook(folder: string, portal: Portal, now: number): Promise<KeptWebhook | undefined> {
  const webhook = await readKeptWebhook(folder, portal.name)
  if (!webhook) return undefined
  return identify(portal, { kind: 'webhook', ...webhook }, now).then(
    () => webhook,
    () => undefined,
  )
}

/** What nobody foresaw leaves the process in no known state: it is logged, without its secrets, and ends. */
function endOnFailure(logger: Logger): void {
  const end = (error: unknown): void => {
    logger.fatal({ err: error }, 'The server failed')
    process.exit(1)
  }
  process.on('uncaughtException', end)
  process.on('unhandledRejection', end)
}

async function within(milliseconds: number, work: Promise<void>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), milliseconds)
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
