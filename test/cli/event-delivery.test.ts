import { expect, test, vi } from 'vitest'
import { runHere, spawnCli } from '../support/cli.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startHandler } from '../support/handler.ts'
import { until } from '../support/poll.ts'

// Servers are processes of their own, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 })

interface Logged {
  readonly id: number
  readonly state: string
  readonly log: readonly { readonly status: number }[]
}

test('handlers, what became of deliveries, and sending them again', async () => {
  await using folder = await temporaryFolder()
  await using handler = await startHandler(() => 404)
  const data = ['--data', folder.file('data')]
  const server = spawnCli(['start', '--json', '--port', '0', '--allow-private-networks', ...data])
  const run = (...args: string[]) => runHere(['event', ...args, ...data])
  const logged = async (): Promise<Logged[]> =>
    (await run('log', '--failed', '--handler', '1', '--json')).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Logged)
  try {
    const { url } = JSON.parse(await server.firstLine) as { url: string }
    expect((await run('handlers')).stdout).toContain('Nothing is bound')
    const app = JSON.parse((await runHere(['app', 'create', 'Test', '--json', ...data])).stdout) as { id: number }
    const tokens = await runHere(['app', 'token', String(app.id), '--user', '1', '--json', ...data])
    const { accessToken } = JSON.parse(tokens.stdout) as { accessToken: string }
    const call = (method: string, params: object) =>
      fetch(`${url}/rest/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...params, auth: accessToken }),
      })
    expect((await call('event.bind', { event: 'onCrmLeadAdd', handler: handler.url })).status).toBe(200)
    expect((await call('crm.lead.add', { fields: { TITLE: 'New' } })).status).toBe(200)
    await expect.poll(async () => (await logged()).length, { timeout: 15_000 }).toBe(1)
    expect(await logged()).toMatchObject([{ id: 1, state: 'failed', log: [{ status: 404 }] }])
    expect((await run('log')).stdout).toContain('it answered with status 404')
    const { stdout: handlers } = await run('handlers')
    expect(handlers).toContain(handler.url)
    expect(handlers).toContain('ONCRMLEADADD')
    expect(handlers).not.toContain('whsec_')
    expect((await run('secret', '1')).stdout).toMatch(/^whsec_[\w+/=]{32}\n$/)
    handler.answer = () => 200
    expect((await run('replay', '--failed')).stdout).toContain('1 delivery is sent again')
    await until('it comes again', () => handler.calls.length === 2)
    await expect.poll(logged, { timeout: 15_000 }).toEqual([])
    expect((await run('replay', '1')).stdout).toContain('1 delivery is sent again')
    await until('it comes once more', () => handler.calls.length === 3)
  } finally {
    server.child.kill('SIGTERM')
    await server.ended
  }
})

test('says what it needs', async () => {
  await using folder = await temporaryFolder()
  const data = ['--data', folder.file('data')]
  await runHere(['portal', 'create', 'main', ...data])
  const run = (...args: string[]) => runHere(['event', ...args, ...data])
  expect((await run('replay')).stderr).toContain('--failed for all that failed')
  expect((await run('replay', '7')).stderr).toContain('no delivery 7')
  expect((await run('secret', '7')).stderr).toContain('no handler 7')
  expect((await run('log')).stdout).toContain('No deliveries are kept')
})
