import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createLogger } from '../../src/kernel/log.ts'
import { type TestServer, testServer } from '../support/server.ts'

interface Line {
  readonly level: number
  readonly msg: string
  readonly requestId?: string
  readonly [field: string]: unknown
}

let server: TestServer
let text = ''
beforeAll(async () => {
  const logger = createLogger('trace', { write: (line: string) => void (text += line) })
  server = await testServer({}, { logger })
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  text = ''
})

const lines = (): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
const answered = (): Line[] => lines().filter(({ msg }) => msg === 'Answered')

const call = (path: string, init: RequestInit = {}) => fetch(new URL(path, server.webhook), init)

test.each(['a', 'req-1.2_B', 'x'.repeat(64)])('the id %s of a client or proxy is kept', async (id) => {
  const response = await call('profile', { headers: { 'x-request-id': id } })
  expect(response.headers.get('x-request-id')).toBe(id)
  expect(answered().map(({ requestId }) => requestId)).toEqual([id])
})

test.each(['', 'x'.repeat(65), 'a b', 'a"b', 'ä', '../etc'])('instead of %j an own one is made', async (id) => {
  const made = []
  for (let n = 0; n < 2; n++) {
    const response = await call('profile', { headers: { 'x-request-id': id } })
    made.push(response.headers.get('x-request-id'))
  }
  expect(made[0]).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/)
  expect(made[1]).not.toBe(made[0])
  expect(answered().map(({ requestId }) => requestId)).toEqual(made)
})

test('every answer names its request: errors, pages that are not there, preflights, renewals', async () => {
  const preflight = {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
  }
  const requests: [string, { method?: string; headers?: Record<string, string> }][] = [
    ['no.such.method', {}],
    ['/nowhere', {}],
    ['/oauth/token/', {}],
    ['/healthz', {}],
    ['profile', preflight],
  ]
  for (const [path, init] of requests) {
    const headers = { ...init.headers, 'x-request-id': 'mine' }
    expect((await call(path, { ...init, headers })).headers.get('x-request-id')).toBe('mine')
  }
})

test('a line tells method, status, time, portal and caller', async () => {
  await call('PROFILE.json')
  await call('no.such.method')
  await call('/rest/1/wrongsecretcode/profile')
  await call('/oauth/token/?grant_type=refresh_token')
  const [good, unknown, refused, renewal] = answered()
  expect(good).toMatchObject({
    level: 30,
    method: 'profile',
    status: 200,
    ms: expect.any(Number) as number,
    portal: 'main',
    callerKind: 'webhook',
    callerId: 1,
    userId: server.demo.admin.id,
  })
  expect(unknown).toMatchObject({ method: 'unknown', status: 404, callerKind: 'webhook' })
  expect(refused).toMatchObject({ method: 'profile', status: 401 })
  expect(refused).not.toHaveProperty('callerKind')
  expect(renewal).toMatchObject({ route: '/oauth/token', status: 400 })
})

test('probes are of no interest at level info', async () => {
  await call('/healthz')
  await call('/readyz')
  expect(answered().map(({ level, route }) => [level, route])).toEqual([
    [20, '/healthz'],
    [20, '/readyz'],
  ])
})

async function sendText(headers: Record<string, string>, more: object = {}): Promise<number> {
  const response = await call('im.message.add', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ DIALOG_ID: `chat${server.demo.lead.chatId}`, MESSAGE: 'Hello', ...more }),
  })
  return ((await response.json()) as { result: number }).result
}

test('the id of the log is no id of a repeated call, and the other way round', async () => {
  const first = await sendText({ 'x-request-id': 'same' })
  expect(await sendText({ 'x-request-id': 'same' })).not.toBe(first)
  const repeated = { bx24_request_id: 'repeat-1' }
  const once = await sendText({ 'x-request-id': 'try-1' }, repeated)
  expect(await sendText({ 'x-request-id': 'try-2' }, repeated)).toBe(once)
  expect(answered().map(({ requestId }) => requestId)).toEqual(['same', 'same', 'try-1', 'try-2'])
})

test('no secret is in any line, whatever the request looked like', async () => {
  const { secret } = server
  await call('profile')
  await call(`/rest/${secret}/profile`)
  await call(`/rest/api/1/${secret}/tasks.task.get`)
  await call(`/rest/1/${secret}/`)
  await call(`/rest/profile?auth=${secret}`)
  await call('/rest/profile', { headers: { authorization: `Bearer ${secret}` } })
  await call(`/elsewhere/${secret}`)
  await call(`/oauth/token/?refresh_token=${secret}&client_secret=${secret}`)
  // What is no HTTP at all is logged by Fastify, at level trace, with the bytes that came.
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write(`GET /rest/1/${secret}/profile HTTP/1.1\r\nHost: localhost\r\nbad header ${secret}\r\n\r\n`)
  await new Promise((resolve) => socket.resume().once('close', resolve))
  expect(lines().length).toBeGreaterThanOrEqual(9)
  expect(text).toContain('client error')
  expect(text).not.toContain(secret)
  expect(text).not.toContain([...Buffer.from(secret)].join(','))
  expect(text).not.toContain(Buffer.from(secret).toString('base64'))
})

test('at the default level a request writes nothing', async () => {
  let quiet = ''
  const logger = createLogger('warn', { write: (line: string) => void (quiet += line) })
  await using own = await testServer({}, { logger })
  expect((await fetch(`${own.webhook}profile`)).headers.get('x-request-id')).toMatch(/^[0-9a-f]{12}-/)
  expect(quiet).toBe('')
})
