import { chmod, readFile, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Running, runCli, spawnCli } from '../support/cli.ts'
import { temporaryFolder } from '../support/folder.ts'

interface Told {
  url: string
  tlsUrl: string | null
  ca: string | null
  metricsUrl: string | null
  webhook: string | null
  tlsWebhook: string | null
  admin: { id: number }
  employees: { id: number }[]
  bot: { id: number }
  line: { id: number }
  lead: { id: number; chatId: number }
  deal: { id: number; chatId: number }
  contact: { id: number; chatId: number }
  company: { id: number; chatId: number }
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>

// Each starts servers as processes of their own, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000 })

beforeEach(async () => {
  folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
})

const containing = (text: string): unknown => expect.stringContaining(text)

function start(...args: string[]): Running {
  const running = spawnCli(['start', '--port', '0', '--data', folder.file('data'), ...args])
  onTestFinished(async () => {
    running.child.kill('SIGKILL')
    await running.ended
  })
  return running
}

async function told(running: Running): Promise<Told> {
  return JSON.parse(await running.firstLine) as Told
}

async function stop(running: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  running.child.kill(signal)
  expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
}

async function call(
  webhook: string | null,
  method: string,
  params: object = {},
): Promise<{ status: number; result: unknown; error?: string }> {
  const response = await fetch(`${webhook}${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
  })
  return { status: response.status, ...((await response.json()) as { result: unknown }) }
}

/** Begins a call that never ends. */
async function hang(running: Running): Promise<void> {
  const { url } = await told(running)
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  onTestFinished(() => void socket.destroy())
  socket.write('POST /rest/1/x/profile HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n')
  await new Promise((resolve) => setTimeout(resolve, 200))
}

/** A start that must fail with one clear line. */
async function fails(message: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await start(...args).ended
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^cordboard: [^\n]+\n$/)
  expect(stderr).toContain(message)
  expect(stderr).not.toContain('internal error')
}

const post = ({ lead, admin }: Told, text: string): object => ({
  CRM_ENTITY_TYPE: 'lead',
  CRM_ENTITY: lead.id,
  USER_ID: admin.id,
  CHAT_ID: lead.chatId,
  MESSAGE: text,
})

describe('start --json', () => {
  it('prints one line once it listens, and takes a message', async () => {
    const running = start('--json')
    const first = await told(running)
    expect(Object.keys(first)).toEqual([
      'url',
      'tlsUrl',
      'ca',
      'metricsUrl',
      'webhook',
      'tlsWebhook',
      'admin',
      'employees',
      'bot',
      'line',
      'lead',
      'deal',
      'contact',
      'company',
    ])
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(first).toMatchObject({ tlsUrl: null, ca: null, metricsUrl: null, tlsWebhook: null })
    expect(first.webhook).toMatch(new RegExp(`^${first.url}/rest/${first.admin.id}/[a-z0-9]{10,}/$`))
    const { status, result } = await call(first.webhook, 'imopenlines.crm.message.add', post(first, 'Hello'))
    expect({ status, type: typeof result }).toEqual({ status: 200, type: 'number' })
    await stop(running)
    expect((await running.ended).stdout).toMatch(/^[^\n]+\n$/)
  })

  it('keeps all data, and the webhook as long as its file is private', async () => {
    const running = start('--json')
    const first = await told(running)
    await call(first.webhook, 'imopenlines.crm.message.add', post(first, 'Kept'))
    await stop(running, 'SIGINT')
    const file = folder.file('data/portals/main.webhook')
    expect((await stat(file)).mode & 0o777).toBe(0o600)

    const secondRun = start('--json')
    const second = await told(secondRun)
    expect({ ...second, url: '', webhook: '' }).toEqual({ ...first, url: '', webhook: '' })
    expect(second.webhook?.replace(second.url, '')).toBe(first.webhook?.replace(first.url, ''))
    const dialog = await call(second.webhook, 'im.dialog.messages.get', {
      DIALOG_ID: `chat${second.lead.chatId}`,
      LIMIT: 1,
    })
    expect(JSON.stringify(dialog.result)).toContain('Kept')
    await stop(secondRun)

    await chmod(file, 0o644)
    const thirdRun = start('--json')
    expect(await told(thirdRun)).toMatchObject({
      webhook: null,
      tlsWebhook: null,
      admin: first.admin,
      lead: first.lead,
    })
    await stop(thirdRun)
  })

  it('shows no webhook that was revoked, and does not restore it', async () => {
    const running = start('--json')
    const { webhook } = await told(running)
    expect((await call(webhook, 'profile')).status).toBe(200)
    const list = JSON.parse((await runCli(['webhook', 'list', '--json', '--data', folder.file('data')])).stdout) as {
      id: number
    }[]
    expect((await runCli(['webhook', 'revoke', String(list[0]?.id), '--data', folder.file('data')])).code).toBe(0)
    await expect.poll(async () => (await call(webhook, 'profile')).status, { timeout: 3_000 }).toBe(401)
    await stop(running)
    const again = start('--json')
    expect(await told(again)).toMatchObject({ webhook: null })
    await stop(again)
  })

  it('listens for HTTPS with a certificate of its own authority', async () => {
    const running = start('--json', '--tls-port', '0')
    const { tlsUrl, tlsWebhook, ca, webhook, url } = await told(running)
    expect(tlsUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect(tlsWebhook).toBe(webhook?.replace(url, tlsUrl ?? ''))
    const { stdout } = await promisify(execFile)('curl', ['-s', '--cacert', ca ?? '', `${tlsWebhook}profile`])
    expect(JSON.parse(stdout)).toMatchObject({ result: { ADMIN: true } })
    await stop(running)
  })

  it('leaves nothing behind when ephemeral', async () => {
    const running = start('--json', '--ephemeral')
    const first = await told(running)
    expect(await call(first.webhook, 'imopenlines.crm.message.add', post(first, 'Gone'))).toMatchObject({ status: 200 })
    await stop(running)
    await expect(stat(folder.file('data'))).rejects.toThrow('ENOENT')
  })

  it('can be worked on by commands while it runs', async () => {
    const running = start('--json')
    const { url } = await told(running)
    const made = await runCli(['webhook', 'create', '--user', '1', '--json', '--data', folder.file('data')])
    const { url: webhook } = JSON.parse(made.stdout) as { url: string }
    expect(webhook.startsWith(`${url}/rest/1/`)).toBe(true)
    expect((await call(webhook, 'profile')).status).toBe(200)
    expect((await runCli(['portal', 'export', 'main', folder.file('e.gz'), '--data', folder.file('data')])).code).toBe(
      0,
    )
    expect(await runCli(['portal', 'delete', 'main', '--yes', '--data', folder.file('data')])).toMatchObject({
      code: 1,
      stderr: containing('A server is using the portal'),
    })
    const port = new URL(url).port
    expect((await runCli(['doctor', '--port', port, '--data', folder.file('data')])).stdout).toContain(
      'the server of this data folder listens there',
    )
    await stop(running)
    await expect(stat(folder.file('data/server.json'))).rejects.toThrow('ENOENT')
  })
})

describe('start', () => {
  it('tells people where it is, with lines that work when pasted', async () => {
    const running = start()
    await expect.poll(running.output, { timeout: 15_000 }).toContain('Ctrl+C')
    const stdout = running.output()
    const lines = stdout.split('\n').filter((line) => line.startsWith('  curl '))
    expect(lines).toHaveLength(2)
    // oxlint-disable-next-line no-control-regex -- no colour reaches a pipe
    expect(stdout).not.toMatch(/\u001b/)
    const posted = await promisify(execFile)('sh', ['-c', lines[0]!])
    const { result } = JSON.parse(posted.stdout) as { result: number }
    const read = await promisify(execFile)('sh', ['-c', lines[1]!])
    expect(JSON.parse(read.stdout)).toMatchObject({ result: { messages: [{ id: result, text: 'Hello from cURL' }] } })
    await stop(running, 'SIGINT')
  })

  it('finishes a call under way before it ends', async () => {
    const running = start('--json')
    const first = await told(running)
    const body = JSON.stringify(post(first, 'In flight'))
    const path = new URL(`${first.webhook}imopenlines.crm.message.add`).pathname
    const socket = connect(Number(new URL(first.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 20)}`,
    )
    await new Promise((resolve) => setTimeout(resolve, 200))
    running.child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 200))
    socket.write(body.slice(20))
    await expect.poll(() => answer).toMatch(/^HTTP\/1\.1 200 OK[^]*"result":\d+/)
    const answered = performance.now()
    expect(await running.ended).toMatchObject({ code: 0 })
    expect(performance.now() - answered).toBeLessThan(3_000)
  })

  it('ends within ten seconds although a call never ends, and at once with a second signal', async () => {
    const patient = start('--json', '--ephemeral')
    const hasty = start('--json', '--ephemeral')
    await Promise.all([hang(patient), hang(hasty)])
    const began = performance.now()
    patient.child.kill('SIGTERM')
    hasty.child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 700))
    hasty.child.kill('SIGTERM')
    expect(await hasty.ended).toMatchObject({ code: 143 })
    expect(performance.now() - began).toBeLessThan(4_000)
    expect(await patient.ended).toMatchObject({ code: 0 })
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it('says in one line what keeps it from starting', async () => {
    expect.hasAssertions()
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as AddressInfo
    await fails(`Port ${port} on 127.0.0.1 is taken`, '--port', String(port), '--ephemeral')
    await fails(`choose another with --tls-port`, '--tls-port', String(port), '--ephemeral')
    await fails('choose another with --metrics-port', '--metrics-port', String(port), '--ephemeral')
    await fails('Cannot listen on 203.0.113.1', '--host', '203.0.113.1', '--ephemeral')
    await fails('Cannot make the data folder /dev/null/x', '--data', '/dev/null/x')
    await fails(
      'Cannot read the file of --tls-cert',
      '--tls-port',
      '0',
      '--tls-cert',
      folder.file('no.pem'),
      '--tls-key',
      folder.file('no.key'),
    )
    await runCli(['portal', 'create', 'main', '--data', folder.file('data')])
    const database = new DatabaseSync(folder.file('data/portals/main.sqlite'))
    database.exec("insert into schema_step values ('9999-future')")
    database.close()
    await fails('written by a newer version of Cordboard')
  })

  it('logs JSON to stderr, without secrets', async () => {
    const running = start('--json', '--log-level', 'trace')
    const { webhook } = await told(running)
    await call(webhook, 'profile')
    await call(webhook, 'no.such.method')
    running.child.kill('SIGTERM')
    const { stderr, code } = await running.ended
    expect(code).toBe(0)
    const secret = /\/rest\/\d+\/([^/]+)\//.exec(webhook ?? '')?.[1] ?? 'none'
    expect(stderr).not.toContain(secret)
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { msg: string }),
    ).toContainEqual(expect.objectContaining({ msg: 'Stopping', signal: 'SIGTERM' }))
    expect(await readFile(folder.file('data/portals/main.webhook'), 'utf8')).toContain(secret)
  })
})
