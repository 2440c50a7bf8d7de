import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { engine } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer({ metricsPort: '0' })
})
afterAll(() => server[Symbol.asyncDispose]())

/** The values of a scrape, by series. */
function seriesOf(text: string): Map<string, number> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(server.metricsUrl!)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return seriesOf(await response.text())
}

async function call(path: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(new URL(path, server.webhook), init)
  await response.text()
  return response.status
}

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

test('the public port does not tell the figures', async () => {
  expect(await call(`${server.url}/metrics`)).toBe(404)
})

test('every series is named after the product', async () => {
  const names = [...(await scrape()).keys()]
  expect(names.filter((name) => !name.startsWith('cordboard_'))).toEqual([])
  expect(names).toContain('cordboard_process_cpu_seconds_total')
  expect(names).toContain('cordboard_nodejs_eventloop_lag_p99_seconds')
})

test('calls are counted by method and status, and what clients invent makes no new series', async () => {
  await call('profile')
  await call('PROFILE.json')
  await call('batch', post({ cmd: { a: 'profile' } }))
  for (let n = 0; n < 5; n++) await call(`no.such.method${n}`)
  await call('/rest/1/wrong/profile')
  await call('profile', { ...post({}), body: 'x'.repeat(31 * 1024 * 1024) })
  const series = await scrape()
  const requests = [...series].filter(([name]) => name.startsWith('cordboard_requests_total'))
  expect(Object.fromEntries(requests)).toEqual({
    'cordboard_requests_total{method="profile",status="200"}': 2,
    'cordboard_requests_total{method="profile",status="401"}': 1,
    'cordboard_requests_total{method="batch",status="200"}': 1,
    'cordboard_requests_total{method="unknown",status="404"}': 5,
    'cordboard_requests_total{method="unknown",status="413"}': 1,
  })
  expect(series.get('cordboard_request_duration_seconds_count{method="profile"}')).toBe(3)
  expect(series.get('cordboard_request_duration_seconds_bucket{le="+Inf",method="unknown"}')).toBe(6)
})

test('commits, transactions and the size of groups follow what is written', async () => {
  const before = await scrape()
  const text = { DIALOG_ID: `chat${server.demo.lead.chatId}`, MESSAGE: 'Hello' }
  const statuses = await Promise.all(Array.from({ length: 8 }, () => call('im.message.add', post(text))))
  expect(statuses).toEqual(Array.from({ length: 8 }, () => 200))
  await expect
    .poll(async () => (await scrape()).get('cordboard_transactions_total'))
    .toBeGreaterThanOrEqual(before.get('cordboard_transactions_total')! + 8)
  // A commit may fall between the two sources of one scrape.
  await expect
    .poll(async () => {
      const after = await scrape()
      const of = (name: string): number => after.get(`cordboard_${name}`)!
      return {
        more: of('commits_total') > before.get('cordboard_commits_total')!,
        commits: of('commits_total') - of('commit_group_size_count'),
        transactions: of('transactions_total') - of('commit_group_size_sum'),
      }
    })
    .toEqual({ more: true, commits: 0, transactions: 0 })
  const retries = (await scrape()).get('cordboard_transaction_retries_total')
  // On SQLite there is one writer, whom nobody comes between.
  expect(engine === 'sqlite' ? retries : 0).toBe(0)
})

test('open sessions are counted by state, over all portals', async () => {
  await using own = await testServer({ metricsPort: '0' })
  const portal = await own.app.portals.create('second')
  const session = {
    lineId: 1,
    connectorId: 'c',
    customerId: 1,
    startedBy: 1,
    firstMessageId: 1,
    createdAt: 1,
    updatedAt: 1,
  }
  await portal.store.write(async (tx) => {
    for (const [index, state] of (['new', 'waiting', 'waiting', 'closed'] as const).entries())
      await tx.db
        .insertInto('session')
        .values({ ...session, chatId: 100 + index, state })
        .execute()
  })
  const open = await (
    await own.app.portals.get('main')
  ).store.read.db
    .selectFrom('session')
    .where('state', '!=', 'closed')
    .select('state')
    .execute()
  const count = (state: string): number => open.filter((row) => row.state === state).length
  const series = seriesOf(await (await fetch(own.metricsUrl!)).text())
  const sessions = [...series].filter(([name]) => name.startsWith('cordboard_sessions'))
  expect(Object.fromEntries(sessions)).toEqual({
    'cordboard_sessions{state="new"}': count('new') + 1,
    'cordboard_sessions{state="waiting"}': count('waiting') + 2,
    'cordboard_sessions{state="answered"}': count('answered'),
  })
})

const NOTHING = { stores: async () => [], sessions: async () => ({}) }
const deliveries = () => ({ delivered: 5, failed: 2 })
const disconnected = () => ({ connected: false, hints: 7 })

test('optional sources have series only where they are there', async () => {
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const without = await createMetrics({ sources: NOTHING, onError }).text()
  expect(without).not.toMatch(/outbox|bus|deliveries/)
  let works = true
  const outbox = async () => {
    if (!works) throw new Error('away')
    return { rows: 3, oldestSeconds: 1.5 }
  }
  const metrics = createMetrics({ sources: { ...NOTHING, outbox, deliveries, bus: disconnected }, onError })
  const series = seriesOf(await metrics.text())
  expect(series.get('cordboard_outbox_rows')).toBe(3)
  expect(series.get('cordboard_outbox_oldest_seconds')).toBe(1.5)
  expect(series.get('cordboard_bus_connected')).toBe(0)
  expect(series.get('cordboard_deliveries_total{outcome="delivered"}')).toBe(5)
  expect(series.get('cordboard_deliveries_total{outcome="failed"}')).toBe(2)
  expect(series.get('cordboard_bus_hints_total')).toBe(7)
  works = false
  await expect.poll(async () => [...seriesOf(await metrics.text()).keys()].join('\n')).not.toContain('outbox')
  expect(String(errors[0])).toContain('away')
})

test('the guide has a line for every series of our own', async () => {
  const guide = await readFile(new URL('../../docs/guide/running.md', import.meta.url), 'utf8')
  const metrics = createMetrics({
    sources: {
      ...NOTHING,
      outbox: async () => ({ rows: 0, oldestSeconds: 0 }),
      deliveries,
      bus: disconnected,
    },
    onError: (error) => expect.unreachable(String(error)),
  })
  const names = [...(await metrics.text()).matchAll(/^# TYPE (\w+)/gm)].map((match) => match[1]!)
  const told = [...guide.matchAll(/^\| `(cordboard_\w+)`/gm)].map((match) => match[1]!)
  expect(told.toSorted()).toEqual(names.filter((name) => !/^cordboard_(?:process|nodejs)_/.test(name)).toSorted())
})

test('counters go on when a store is closed', async () => {
  const first = { counted: { commits: 5, transactions: 9, retries: 1 } }
  const second = { counted: { commits: 1, transactions: 1, retries: 0 } }
  let open = [first, second]
  const metrics = createMetrics({
    sources: { stores: async () => open, sessions: async () => ({}) },
    onError: (error) => expect.unreachable(String(error)),
  })
  const commits = async () => seriesOf(await metrics.text()).get('cordboard_commits_total')
  expect(await commits()).toBe(6)
  open = [second]
  second.counted.commits = 4
  await expect.poll(commits).toBe(9)
})
