import { expect, onTestFinished, test, vi } from 'vitest'
import { Readiness, type ReadinessCheck } from '../../src/http/readiness.ts'
import { createLogger } from '../../src/kernel/log.ts'
import { engine } from '../support/databases.ts'
import { testServer } from '../support/server.ts'

function readinessOf(checks: ReadinessCheck[], limit?: number) {
  const lines: { level: number; msg: string; check: string }[] = []
  const logger = createLogger('info', {
    write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
  })
  const time = { now: 0 }
  const now = (): number => time.now
  return { readiness: new Readiness({ checks, logger, now, ...(limit === undefined ? {} : { limit }) }), time, lines }
}

test('names what fails, asks again only after a second, and logs each change once', async () => {
  let works = true
  const run = vi.fn<ReadinessCheck['run']>(async () => {
    if (!works) throw new Error('connection to secret-host refused')
  })
  const { readiness, time, lines } = readinessOf([
    { name: 'database', run },
    { name: 'bus', run: async () => {} },
  ])
  expect(await readiness.state()).toEqual({ status: 'ok' })
  works = false
  time.now += 999
  expect(await readiness.state()).toEqual({ status: 'ok' })
  expect(run).toHaveBeenCalledTimes(1)
  for (let probe = 0; probe < 3; probe++) {
    time.now += 1_000
    expect(await readiness.state()).toEqual({ status: 'unavailable', reasons: ['database'] })
  }
  works = true
  time.now += 1_000
  expect(await readiness.state()).toEqual({ status: 'ok' })
  expect(lines.map(({ level, msg, check }) => [level, msg, check])).toEqual([
    [50, 'The server is not ready', 'database'],
    [40, 'The server is ready again', 'database'],
  ])
})

test('a check that hangs fails after its time, and is not begun again while it hangs', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const run = vi.fn<ReadinessCheck['run']>(() => promise)
  const { readiness, time } = readinessOf([{ name: 'database', run }], 20)
  expect(await readiness.state()).toEqual({ status: 'unavailable', reasons: ['database'] })
  time.now += 1_000
  expect(await readiness.state()).toEqual({ status: 'unavailable', reasons: ['database'] })
  expect(run).toHaveBeenCalledTimes(1)
  resolve(undefined)
  time.now += 1_000
  await promise
  expect(await readiness.state()).toEqual({ status: 'ok' })
})

test('every listener answers probes, without a word on what runs there', async () => {
  await using server = await testServer({ metricsPort: '0' })
  for (const base of [server.url, new URL(server.metricsUrl!).origin]) {
    for (const path of ['/healthz', '/readyz']) {
      const response = await fetch(base + path)
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('server')).toBeNull()
      expect(await response.text()).toBe('{"status":"ok"}')
    }
  }
})

test('a portal whose database does not answer makes the server unavailable', async () => {
  const server = await testServer()
  // The store is closed already when the server closes it.
  onTestFinished(() => server.app.close().catch(() => {}))
  const { portals } = server.app
  const portal = await portals.get('main')
  await (engine === 'sqlite' ? portal.store.close() : portals.databases.close())
  await expect
    .poll(async () => (await fetch(`${server.url}/readyz`)).json(), { timeout: 5_000 })
    .toEqual({ status: 'unavailable', reasons: ['database'] })
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
})

test('a server that drains says so, serves on, and sends connections away', async () => {
  await using server = await testServer({ metricsPort: '0' })
  const before = await fetch(`${server.webhook}profile`)
  expect(before.headers.get('connection')).toBe('keep-alive')
  await before.text()
  server.app.drain()
  for (const base of [server.url, new URL(server.metricsUrl!).origin]) {
    const ready = await fetch(`${base}/readyz`)
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }])
    expect((await fetch(`${base}/healthz`)).status).toBe(200)
  }
  const during = await fetch(`${server.webhook}profile`)
  expect(during.status).toBe(200)
  expect(during.headers.get('connection')).toBe('close')
})
