import { Agent, request } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { spawnCli } from '../support/cli.ts'

vi.setConfig({ testTimeout: 60_000 })

interface Answered {
  readonly status: number
  readonly connection: string | undefined
  /** When it was sent, by `performance.now()`. */
  readonly sentAt: number
}

/** Sends a request over a connection that is kept where the server lets it. */
function get(url: string, agent: Agent): Promise<Answered> {
  const sentAt = performance.now()
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      const { statusCode: status = 0, headers } = response
      response.resume().once('error', reject)
      response.once('end', () => resolve({ status, connection: headers.connection, sentAt }))
    })
      .once('error', reject)
      .end()
  })
}

const agentOf = (): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return agent
}

test('behind a load balancer no call is lost when the server is told to stop', async () => {
  const args = ['start', '--json', '--ephemeral', '--port', '0', '--metrics-port', '0', '--drain', '1']
  const running = spawnCli(args)
  onTestFinished(async () => {
    running.child.kill('SIGKILL')
    await running.ended
  })
  const { url, webhook, metricsUrl } = JSON.parse(await running.firstLine) as Record<
    'url' | 'webhook' | 'metricsUrl',
    string
  >

  // What a load balancer does: it asks for readiness, and sends calls for as long as the answer is yes and a little on.
  const answers: Answered[] = []
  const balancer: { turnedAway?: number } = {}
  const probe = async (): Promise<void> => {
    const agent = agentOf()
    while (balancer.turnedAway === undefined) {
      if ((await get(`${url}/readyz`, agent)).status === 503) balancer.turnedAway = performance.now()
      else await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const stream = async (): Promise<void> => {
    const agent = agentOf()
    while (balancer.turnedAway === undefined || performance.now() - balancer.turnedAway < 400)
      answers.push(await get(`${webhook}profile`, agent))
  }
  const probed = probe()
  const streamed = Promise.all(Array.from({ length: 6 }, stream))
  await expect.poll(() => answers.length).toBeGreaterThan(50)
  expect(answers.every(({ connection }) => connection === 'keep-alive')).toBe(true)

  const stoppedAt = performance.now()
  running.child.kill('SIGTERM')
  await probed
  expect((await get(new URL('/readyz', metricsUrl).href, agentOf())).status).toBe(503)
  await streamed
  const { code, stderr } = await running.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(performance.now() - stoppedAt).toBeGreaterThanOrEqual(1_000)

  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  const late = answers.filter(({ sentAt }) => sentAt > balancer.turnedAway!)
  expect(late.length).toBeGreaterThan(10)
  // Each connection is ended with an answer, so that the client opens the next one elsewhere.
  expect(late.every(({ connection }) => connection === 'close')).toBe(true)
  await expect(get(`${url}/readyz`, agentOf())).rejects.toThrow('ECONNREFUSED')
})

test('a second signal ends the drain at once', async () => {
  const running = spawnCli(['start', '--json', '--ephemeral', '--port', '0', '--drain', '600'])
  onTestFinished(async () => {
    running.child.kill('SIGKILL')
    await running.ended
  })
  const { url } = JSON.parse(await running.firstLine) as { url: string }
  running.child.kill('SIGTERM')
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503)
  // Two that come close together are one: `npm start` passes on what the terminal has sent already.
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(running.child.exitCode).toBeNull()
  running.child.kill('SIGTERM')
  expect(await running.ended).toMatchObject({ code: 143 })
})
