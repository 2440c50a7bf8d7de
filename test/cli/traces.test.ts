import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Running, spawnCli } from '../support/cli.ts'
import { otlpReceiver } from '../support/otlp.ts'

vi.setConfig({ testTimeout: 60_000 })

interface Told {
  readonly webhook: string
  readonly lead: { readonly chatId: number }
}

function start(env: Record<string, string>): Running {
  const running = spawnCli(['start', '--json', '--ephemeral', '--port', '0'], env)
  onTestFinished(async () => {
    running.child.kill('SIGKILL')
    await running.ended
  })
  return running
}

const told = async (running: Running): Promise<Told> => JSON.parse(await running.firstLine) as Told

async function stop(running: Running) {
  running.child.kill('SIGTERM')
  const ended = await running.ended
  expect(ended).toMatchObject({ code: 0 })
  return ended
}

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CLIENT_SPAN = 'b7ad6b7169203331'

async function call(url: string, body: object = {}, headers: Record<string, string> = {}): Promise<number> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
  const response = await fetch(url, init)
  await response.text()
  return response.status
}

describe('traces', () => {
  test('a call is a span below that of its client, with its transaction below it', async () => {
    await using receiver = await otlpReceiver()
    const running = start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_RESOURCE_ATTRIBUTES: 'deployment=test' })
    const { webhook, lead } = await told(running)
    const message = { DIALOG_ID: `chat${lead.chatId}`, MESSAGE: 'Hello' }
    const parent = { traceparent: `00-${TRACE}-${CLIENT_SPAN}-01`, 'x-request-id': 'traced-1' }
    expect(await call(`${webhook}IM.message.add`, message, parent)).toBe(200)
    expect(await call(`${webhook}profile`)).toBe(200)
    expect(await call(`${webhook}im.message.add`, { DIALOG_ID: 'chat99999', MESSAGE: 'Hello' })).toBe(400)
    expect(await call(`${webhook}invented.method`)).toBe(404)
    expect(await call(`${webhook}profile`, {}, { traceparent: `00-${'0'.repeat(32)}-${CLIENT_SPAN}-01` })).toBe(200)
    // The client does not record its trace: so does the server.
    expect(await call(`${webhook}server.time`, {}, { traceparent: `00-${TRACE}-${CLIENT_SPAN}-00` })).toBe(200)
    await stop(running)

    const sent = receiver.spans.find(({ name, traceId }) => name === 'im.message.add' && traceId === TRACE)!
    expect(sent.parentSpanId).toBe(CLIENT_SPAN)
    expect(sent.attributes).toMatchObject({
      'rpc.method': 'im.message.add',
      'http.response.status_code': 200,
      'cordboard.portal': 'main',
      'cordboard.caller_kind': 'webhook',
      'cordboard.request_id': 'traced-1',
    })
    expect(sent.resource).toMatchObject({ 'service.name': 'cordboard', deployment: 'test' })
    const written = receiver.spans.filter(
      ({ name, parentSpanId }) => name === 'store.write' && parentSpanId === sent.spanId,
    )
    expect(written.length).toBeGreaterThanOrEqual(1)
    expect(written[0]).toMatchObject({ traceId: TRACE, attributes: { 'cordboard.committed': true } })

    const refused = receiver.spans.find(({ name, traceId }) => name === 'im.message.add' && traceId !== TRACE)!
    expect(refused.attributes).toMatchObject({ 'http.response.status_code': 400 })
    const rolledBack = receiver.spans.find(({ parentSpanId }) => parentSpanId === refused.spanId)
    expect(rolledBack?.attributes).toEqual({ 'cordboard.committed': false })

    const profiles = receiver.spans.filter(({ name }) => name === 'profile')
    expect(profiles.map(({ parentSpanId }) => parentSpanId)).toEqual([undefined, undefined])
    expect(new Set(profiles.map(({ traceId }) => traceId)).size).toBe(2)
    expect(receiver.spans.map(({ name }) => name)).toContain('unknown')
    expect(receiver.spans.map(({ name }) => name)).not.toContain('server.time')
    const secret = /\/rest\/\d+\/([^/]+)\//.exec(webhook)![1]!
    expect(JSON.stringify(receiver.spans)).not.toContain(secret)
    expect(JSON.stringify(receiver.spans)).not.toContain('invented')
  })

  test('a collector that is away is told of in the log, and delays the end by little', async () => {
    const free = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => free.once('listening', resolve))
    const { port } = free.address() as AddressInfo
    await new Promise((resolve) => free.close(resolve))
    const running = start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${port}/v1/traces` })
    const { webhook } = await told(running)
    expect(await call(`${webhook}profile`)).toBe(200)
    const began = performance.now()
    const { stderr } = await stop(running)
    expect(performance.now() - began).toBeLessThan(8_000)
    expect(stderr).toMatch(/Traces could not be sent|spans could not be sent/)
  })

  test('where the packages are not installed, the start says what to run', async () => {
    const hook = `import { registerHooks } from 'node:module'
      registerHooks({ resolve: (name, context, next) => {
        if (name === '@opentelemetry/sdk-trace') return next('@opentelemetry/not-installed', context)
        return next(name, context)
      } })`
    const running = start({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}`,
    })
    const { code, stdout, stderr } = await running.ended
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^cordboard: [^\n]*npm install @opentelemetry\/sdk-trace [^\n]*\n$/)
  })
})
