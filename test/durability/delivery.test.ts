import { expect, test, vi } from 'vitest'
import { startServer } from '../support/child-server.ts'
import { runHere } from '../support/cli.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type HandlerCall, leadOf, startHandler } from '../support/handler.ts'
import { until } from '../support/poll.ts'

vi.setConfig({ testTimeout: 120_000 })

interface Line {
  readonly url: string
  readonly webhook: string
}

const start = (folder: string) =>
  startServer<Line>(['src/cli/main.ts', 'start', '--json', '--port', '0', '--allow-private-networks', '--data', folder])

async function call<T>(webhook: string, method: string, params: object): Promise<T> {
  const response = await fetch(`${webhook}${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
  })
  const answer = (await response.json()) as { result: T }
  if (response.status !== 200) throw new Error(JSON.stringify(answer))
  return answer.result
}

/** Changes two leads in turn until the server is gone; answers how often each change was acknowledged. */
async function changeUntilKilled(webhook: string, leads: readonly number[]): Promise<number> {
  let acknowledged = 0
  await Promise.all(
    leads.map(async (id) => {
      try {
        for (let n = 0; ; n++) {
          await call(webhook, 'crm.lead.update', { id, fields: { TITLE: `Change ${n} ${Math.random()}` } })
          acknowledged++
        }
      } catch {
        // It was killed.
      }
    }),
  )
  return acknowledged
}

const idOf = ({ headers }: HandlerCall): number => Number(String(headers['webhook-id']).split('-')[1])

test('kill -9 while events go out: none is lost, each lane keeps its order, only what was under way comes again', async () => {
  await using folder = await temporaryFolder()
  const data = folder.file('data')
  const answered = new Set<number>()
  const again: number[] = []
  await using handler = await startHandler(async (told, response) => {
    const id = idOf(told)
    if (answered.has(id)) again.push(id)
    await new Promise((resolve) => setTimeout(resolve, 3))
    response.writeHead(200).end()
    // What was written to a connection that is gone was not answered.
    if (!response.destroyed) answered.add(id)
    return undefined
  })
  await using servers = new AsyncDisposableStack()
  const startNext = async () => {
    const server = await start(data)
    servers.defer(() => server.kill())
    return server
  }
  const first = await startNext()
  expect((await runHere(['setting', 'set', 'webhooksActAsApplications', 'true', '--data', data])).code).toBe(0)
  const bind = { event: 'ONCRMLEADUPDATE', handler: handler.url }
  await expect
    .poll(() => call(first.line.webhook, 'event.bind', bind).catch(() => false), { timeout: 5_000 })
    .toBe(true)
  const leads: number[] = []
  let acknowledged = 0
  let server = first
  for (let run = 0; run < 3; run++) {
    if (run > 0) server = await startNext()
    const webhook = first.line.webhook.replace(first.line.url, server.line.url)
    // New ones each time: the lanes of the others are leased by the process that was killed, for a while.
    const added: number[] = []
    for (const TITLE of ['One', 'Other']) added.push(await call(webhook, 'crm.lead.add', { fields: { TITLE } }))
    leads.push(...added)
    const before = handler.calls.length
    const changing = changeUntilKilled(webhook, added)
    await until('events go out', () => handler.calls.length > before + 30, 30_000)
    await server.kill()
    acknowledged += await changing
  }
  const last = await startNext()
  // Changes that were committed, but whose answer was lost, are told too.
  await until('all are told', () => answered.size >= acknowledged, 90_000)
  const shown = async () =>
    JSON.parse((await runHere(['event', 'handlers', '--json', '--data', data])).stdout) as [{ pending: number }]
  await expect.poll(async () => (await shown())[0].pending, { timeout: 90_000, interval: 200 }).toBe(0)
  await last.stop()
  for (const lead of leads) {
    const order = handler.calls.filter((told) => leadOf(told) === lead).map(idOf)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  }
  expect(acknowledged).toBeGreaterThan(60)
  // The answers that were on the way when the process was killed: one a lane at the most.
  expect(again.length).toBeLessThanOrEqual(leads.length)
})
