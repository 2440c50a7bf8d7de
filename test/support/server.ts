import { type App, type Overrides, createApp } from '../../src/app.ts'
import { type Flags, loadConfig } from '../../src/config/load.ts'
import { type NewDemo, createDemo } from '../../src/domain/portals/demo.ts'
import { DEFAULT_PORTAL } from '../../src/domain/portals/portal.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { randomIds } from '../../src/kernel/ids.ts'
import { createLogger } from '../../src/kernel/log.ts'
import { newDatabase } from './databases.ts'

/** A listening server with the demo portal, in memory or in a database of its own. */
export interface TestServer extends AsyncDisposable {
  readonly app: App
  readonly url: string
  readonly tlsUrl: string | undefined
  readonly ca: string | undefined
  readonly metricsUrl: string | undefined
  readonly demo: NewDemo['demo']
  /** The administrator's webhook, `…/rest/1/<code>/`. */
  readonly webhook: string
  readonly secret: string
  /** What was logged. */
  readonly logged: () => string
}

export async function testServer(flags: Flags = {}, overrides: Overrides = {}): Promise<TestServer> {
  let logged = ''
  const logger = createLogger('info', { write: (line: string) => void (logged += line) })
  const config = loadConfig({ port: '0', ...(await newDatabase()), ...flags }, {})
  const app = await createApp(config, { logger, verifyResults: true, ...overrides })
  const { filled } = await app.portals.createWith(DEFAULT_PORTAL, (tx) =>
    createDemo(tx, randomIds, (overrides.clock ?? systemClock).now(), app.scopes),
  )
  const { demo, webhook } = filled
  const { url, tlsUrl, ca, metricsUrl } = await app.listen()
  return {
    app,
    url,
    tlsUrl,
    ca,
    metricsUrl,
    demo,
    secret: webhook.secret,
    webhook: `${url}/rest/${demo.admin.id}/${webhook.secret}/`,
    logged: () => logged,
    [Symbol.asyncDispose]: () => app.close(),
  }
}
