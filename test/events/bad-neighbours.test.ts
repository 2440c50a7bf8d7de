import { type AddressInfo, type Socket, createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import { bindHandler } from '../../src/domain/delivery/handlers.ts'
import type { WireEvent } from '../../src/events/wire/wire-event.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { randomIds } from '../../src/kernel/ids.ts'
import { portalOver } from '../../src/domain/portals/portal.ts'
import { testStore } from '../support/databases.ts'
import { testDelivery } from '../support/delivery.ts'
import { startHandler } from '../support/handler.ts'
import { until } from '../support/poll.ts'

vi.setConfig({ testTimeout: 180_000 })

const HANDLERS = 100
const BAD = 10
/** Events of a round, and the pause between them in milliseconds: far from what a small machine can do at the most. */
const EVENTS = 12
const PAUSE = 100
const ROUNDS = 4
/** Where something else on the machine has disturbed the rounds there are a few more. */
const MOST_ROUNDS = 10

const event: WireEvent = {
  name: 'ONTEST',
  doc: 'Something has happened.',
  scope: 'crm',
  on: 'test.happened',
  tell: ({ event: { payload } }) => Promise.resolve({ data: { ...payload } }),
}

/** Takes every connection and never says a word. */
async function startSilent(): Promise<{ url: string } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** How long the good handlers waited for their events, in milliseconds, the shortest first. */
async function delaysOf(bad: boolean): Promise<number[]> {
  await using store = await testStore(systemClock)
  const portal = portalOver(store, { name: 'test', clock: systemClock, ids: randomIds, baseUrl: 'http://portal.test' })
  await using silent = await startSilent()
  const delays: number[] = []
  let bads = 0
  await using handler = await startHandler(({ path, body }, response) => {
    if (path.startsWith('/good/')) {
      delays.push(performance.now() - Number((body['data'] as { at: string }).at))
      return 200
    }
    switch (bads++ % 4) {
      case 0:
        return 500
      case 1:
        response.writeHead(429, { 'retry-after': '1' }).end()
        return undefined
      case 2:
        response.destroy()
        return undefined
      default:
        response.writeHead(302, { location: '/bad/' }).end()
        return undefined
    }
  })
  await store.write(async (tx) => {
    for (let n = 0; n < HANDLERS; n++) {
      const isBad = bad && n < BAD
      const address = !isBad ? `${handler.url}good/${n}` : n % 2 === 0 ? silent.url : `${handler.url}bad/`
      const handed = { event: event.name, offline: false, userId: 0, authConnector: '', options: {} }
      await bindHandler(tx, randomIds, 0, { owner: `app:${n}`, address, ...handed })
    }
  })
  await using delivery = testDelivery(portal, { wireEvents: [event], timeout: 15_000 })
  for (let n = 0; n < EVENTS; n++) {
    await store.write((tx) =>
      tx.emit({ type: 'test.happened', subject: `chat:${n}`, payload: { at: performance.now() } }),
    )
    await delivery.deliver()
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
  const good = (bad ? HANDLERS - BAD : HANDLERS) * EVENTS
  await until('the good ones have everything', () => delays.length >= good, 60_000)
  return delays.toSorted((a, b) => a - b)
}

const p99 = (delays: readonly number[]): number => delays[Math.floor(delays.length * 0.99)]!

test('ten handlers of a hundred that misbehave in every way do not slow the others', async () => {
  const undisturbed: number[] = []
  const disturbed: number[] = []
  // The best rounds: what else the machine does at the time only adds, and bad neighbours are there in each.
  const ratio = (): number => Math.min(...disturbed) / Math.min(...undisturbed)
  await delaysOf(true)
  for (let round = 0; round < ROUNDS || (ratio() >= 1.5 && round < MOST_ROUNDS); round++) {
    undisturbed.push(p99(await delaysOf(false)))
    disturbed.push(p99(await delaysOf(true)))
  }
  expect(ratio()).toBeLessThan(1.5)
})
