import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/kernel/json.ts'
import type { Bus } from '../../src/realtime/bus.ts'
import { natsBus } from '../../src/realtime/nats-bus.ts'
import { openBus } from '../../src/realtime/open-bus.ts'
import { postgresBus } from '../../src/realtime/postgres-bus.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { findNats, startNats } from '../support/nats.ts'
import { until } from '../support/poll.ts'
import { ALL, BETWEEN_PROCESSES, type Carrier, type ServerCarrier } from './kinds.ts'

type Heard = (JsonObject | undefined)[]

/** Lines that were logged in this test, without the redaction of the real log: nothing may need it. */
let logged: string[] = []
let cleanUp = new AsyncDisposableStack()
const log = pino(
  { level: 'trace' },
  new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk))
      done()
    },
  }),
)
const SCOPE = 'test'

afterEach(async () => {
  await cleanUp.disposeAsync()
  cleanUp = new AsyncDisposableStack()
  logged = []
})

function opened(carrier: Carrier, { scope = SCOPE, port }: { scope?: string; port?: number } = {}): Bus {
  return cleanUp.use(carrier.open({ scope, log }, port))
}

/** A bus that is connected. */
async function up(carrier: Carrier, options: { scope?: string; port?: number } = {}): Promise<Bus> {
  const bus = opened(carrier, options)
  await until('the bus is connected', () => bus.connected)
  return bus
}

async function proxied(carrier: ServerCarrier): Promise<FaultProxy> {
  return cleanUp.use(await startFaultProxy({ host: '127.0.0.1', port: carrier.port }))
}

function hear(bus: Bus, topic: string): Heard {
  const heard: Heard = []
  bus.subscribe(topic, (hint) => heard.push(hint))
  return heard
}

/** Waits until what was published before has come everywhere: it publishes one more and waits for it. */
async function settled(from: Bus, to: Bus = from): Promise<void> {
  let arrived = false
  const end = to.subscribe('marker', (hint) => (arrived ||= hint !== undefined))
  from.publish('marker', { at: 'end' })
  await until('the marker arrives', () => arrived)
  end()
}

describe.each(ALL)('a bus over $kind', ({ carry }) => {
  let carrier: Carrier
  beforeAll(async () => {
    carrier = await carry()
  })
  afterAll(() => carrier[Symbol.asyncDispose]())

  it('brings hints to the listeners of its own process, once each', async () => {
    const bus = await up(carrier)
    const [first, second] = [hear(bus, 'events:main'), hear(bus, 'events:main')]
    bus.publish('events:main', { upTo: 7 })
    await settled(bus)
    await settled(bus)
    expect([first, second]).toEqual([[{ upTo: 7 }], [{ upTo: 7 }]])
  })

  it('calls nobody while it publishes', async () => {
    const bus = await up(carrier)
    const heard = hear(bus, 'events:main')
    bus.publish('events:main', { upTo: 1 })
    expect(heard).toEqual([])
    await settled(bus)
    expect(heard).toEqual([{ upTo: 1 }])
  })

  it('makes one of many hints of a topic, the last', async () => {
    const bus = await up(carrier)
    const [main, other] = [hear(bus, 'events:main'), hear(bus, 'events:other')]
    for (let upTo = 1; upTo <= 1000; upTo++) {
      bus.publish('events:main', { upTo })
      if (upTo === 500) bus.publish('events:other', { upTo })
    }
    await settled(bus)
    expect(main.at(-1)).toEqual({ upTo: 1000 })
    expect(main.length).toBeLessThan(10)
    expect(other).toEqual([{ upTo: 500 }])
    expect(bus.counters.published).toBe(main.length + other.length + 1)
  })

  it('keeps topics apart', async () => {
    const bus = await up(carrier)
    const heard = hear(bus, 'events:main')
    bus.publish('events:main-2', { upTo: 1 })
    bus.publish('events', { upTo: 2 })
    await settled(bus)
    expect(heard).toEqual([])
  })

  it('calls nobody who ended the subscription, nor whose subscription another listener ended', async () => {
    const bus = await up(carrier)
    const heard: string[] = []
    const end = bus.subscribe('events:main', () => heard.push('ended before'))
    bus.subscribe('events:main', () => {
      heard.push('stays')
      endOther()
    })
    const endOther = bus.subscribe('events:main', () => heard.push('ended by another'))
    end()
    end()
    bus.publish('events:main', {})
    await settled(bus)
    expect(heard).toEqual(['stays'])
  })

  it('goes on where a listener throws, and logs it', async () => {
    const bus = await up(carrier)
    bus.subscribe('events:main', () => {
      throw new Error('a bug')
    })
    const heard = hear(bus, 'events:main')
    bus.publish('events:main', { upTo: 1 })
    await settled(bus)
    bus.publish('events:main', { upTo: 2 })
    await settled(bus)
    expect(heard).toEqual([{ upTo: 1 }, { upTo: 2 }])
    expect(logged.filter((line) => line.includes('A listener of the bus failed'))).toHaveLength(2)
  })

  it('does nothing once it is closed, whatever it is asked', async () => {
    const bus = await up(carrier)
    const heard = hear(bus, 'events:main')
    bus.publish('events:main', { upTo: 1 })
    await bus.close()
    expect(heard).toEqual([{ upTo: 1 }])
    bus.publish('events:main', { upTo: 2 })
    const late = hear(bus, 'events:main')
    await bus.close()
    await settled(await up(carrier))
    expect([heard, late, bus.connected]).toEqual([[{ upTo: 1 }], [], false])
  })
})

describe.each(BETWEEN_PROCESSES)('buses of several processes over $kind', ({ carry }) => {
  let carrier: ServerCarrier
  beforeAll(async () => {
    carrier = await carry()
  })
  afterAll(() => carrier[Symbol.asyncDispose]())

  it('bring hints to each other', async () => {
    const [one, two] = [await up(carrier), await up(carrier)]
    const [atOne, atTwo] = [hear(one, 'events:main'), hear(two, 'events:main')]
    one.publish('events:main', { upTo: 1, deep: { list: [1, 'ß\u0000', null] } })
    await settled(one, two)
    two.publish('events:main', { upTo: 2 })
    await settled(two, one)
    const both = [{ upTo: 1, deep: { list: [1, 'ß\u0000', null] } }, { upTo: 2 }]
    expect([atOne, atTwo]).toEqual([both, both])
    expect([one.counters, two.counters]).toEqual([
      { published: 2, received: 2, reconnects: 0 },
      { published: 2, received: 2, reconnects: 0 },
    ])
  })

  it('send few hints where many are published', async () => {
    const [one, two] = [await up(carrier), await up(carrier)]
    const heard = hear(two, 'events:main')
    for (let upTo = 1; upTo <= 1000; upTo++) one.publish('events:main', { upTo })
    await settled(one, two)
    expect(heard.at(-1)).toEqual({ upTo: 1000 })
    expect(heard.length).toBeLessThan(10)
  })

  it('keep scopes apart', async () => {
    const names = ['a', 'a.b', 'A', '', '*', '>', 'a b', 'ß', 'x'.repeat(300)]
    const buses = await Promise.all(names.map((scope) => up(carrier, { scope })))
    const heard = buses.map((bus) => hear(bus, 'events:main'))
    for (const [index, bus] of buses.entries()) bus.publish('events:main', { index })
    await Promise.all(buses.map(async (bus, index) => settled(await up(carrier, { scope: names[index]! }), bus)))
    expect(heard).toEqual(names.map((_, index) => [{ index }]))
  })

  it('carry topics of any text', async () => {
    const topics = ['', 'a.b', '*', '>', 'a b\r\n', "'; select 1", 'ü😀', '\ud800', '\u0000', 't'.repeat(5000)]
    const [one, two] = [await up(carrier), await up(carrier)]
    const heard = topics.map((topic) => hear(two, topic))
    for (const [index, topic] of topics.entries()) one.publish(topic, { index })
    await settled(one, two)
    expect(heard).toEqual(topics.map((_, index) => [{ index }]))
  })

  it('say only that there is something where a hint is too large, and log a topic that is', async () => {
    const [one, two] = [await up(carrier), await up(carrier)]
    const [atOne, atTwo] = [hear(one, 'events:main'), hear(two, 'events:main')]
    const large = { text: 'ß'.repeat(4000) }
    one.publish('events:main', large)
    one.publish('t'.repeat(10_000), {})
    await settled(one, two)
    expect([atOne, atTwo]).toEqual([[large], [undefined]])
    expect(logged.join('')).toContain('A topic of 10000 characters is too long for the bus')
  })

  it('ignore what no bus sent', async () => {
    const bus = await up(carrier)
    const heard = hear(bus, 'events')
    const foreign = ['', 'no JSON', 'null', '[]', '{}', '{"from":"x","topic":1,"hint":{}}']
    for (const payload of [...foreign, '{"from":"x","topic":"events","hint":[1]}', '{"topic":"events","hint":{}}']) {
      await carrier.intrude(SCOPE, payload)
    }
    await carrier.intrude(SCOPE, '{"from":"x","topic":"events","hint":{"a":1}}')
    await until('what looks like a hint arrives', () => heard.length > 0)
    expect(heard).toEqual([{ a: 1 }])
    expect(bus.counters.received).toBe(1)
  })

  it('hand on what was published just before they are closed', async () => {
    const [one, two] = [await up(carrier), await up(carrier)]
    const heard = hear(two, 'events:main')
    one.publish('events:main', { upTo: 1 })
    await one.close()
    await until('the last hint arrives', () => heard.length > 0)
    expect(heard).toEqual([{ upTo: 1 }])
  })

  it('tell listeners when the line is up at first', async () => {
    const bus = opened(carrier)
    const heard = hear(bus, 'events:main')
    await until('the bus is connected', () => bus.connected)
    expect(heard).toEqual([undefined])
    expect(bus.counters.reconnects).toBe(0)
  })

  it.each(['cut', 'drop'] as const)('learn of a line that fails by %s, and that hints may be missed', async (fault) => {
    const proxy = await proxied(carrier)
    const [far, near] = [await up(carrier, { port: proxy.port }), await up(carrier)]
    const [atFar, atNear] = [hear(far, 'events:main'), hear(near, 'events:main')]
    const missed = hear(near, 'events:only-in-the-cut')
    await proxy[fault]()
    await until('the cut is noticed', () => !far.connected, 8000)

    const began = performance.now()
    far.publish('events:main', { from: 'far' })
    far.publish('events:only-in-the-cut', { from: 'far' })
    expect(performance.now() - began).toBeLessThan(100)
    near.publish('events:main', { from: 'near' })
    await settled(far)
    await settled(near)
    expect([atFar, atNear]).toEqual([[{ from: 'far' }], [{ from: 'near' }]])

    await proxy.restore()
    await until('the listeners are told', () => atFar.includes(undefined))
    expect([far.connected, far.counters.reconnects]).toEqual([true, 1])
    far.publish('events:main', { from: 'far again' })
    await settled(far, near)
    await settled(near, far)
    expect(atFar).toEqual([{ from: 'far' }, undefined, { from: 'far again' }])
    // What was published in the cut was not kept for later.
    expect([atNear, missed]).toEqual([[{ from: 'near' }, { from: 'far again' }], []])
  })

  it('go on after a short cut without losing anything', async () => {
    const proxy = await proxied(carrier)
    const [far, near] = [await up(carrier, { port: proxy.port }), await up(carrier)]
    const heard = hear(near, 'events:main')
    proxy.cut()
    far.publish('events:main', { upTo: 1 })
    await settled(far)
    await proxy.restore()
    await until('the hint arrives', () => heard.length > 0)
    expect([heard, far.counters.reconnects]).toEqual([[{ upTo: 1 }], 0])
  })

  it('are closed soon while the line is cut, be it noticed or not', async () => {
    const proxy = await proxied(carrier)
    const [noticed, unnoticed] = [await up(carrier, { port: proxy.port }), await up(carrier, { port: proxy.port })]
    proxy.cut()
    unnoticed.publish('events:main', { upTo: 1 })
    const began = performance.now()
    await unnoticed.close()
    expect(performance.now() - began).toBeLessThan(2500)
    await until('the cut is noticed', () => !noticed.connected, 8000)
    // A new try hangs now.
    const opening = opened(carrier, { port: proxy.port })
    await until('the try is on its way', () => proxy.connections > 0)
    const then = performance.now()
    await Promise.all([noticed.close(), opening.close()])
    expect(performance.now() - then).toBeLessThan(1000)
  })

  it('come back after the server was away, and are there before it', async () => {
    const before = await up(carrier)
    await carrier.stop()
    const early = opened(carrier)
    const [atBefore, atEarly] = [hear(before, 'events:main'), hear(early, 'events:main')]
    early.publish('events:main', { upTo: 1 })
    await settled(early)
    await until('the end of the server is noticed', () => !before.connected)
    expect([atEarly, early.connected]).toEqual([[{ upTo: 1 }], false])
    await carrier.start()
    await until('both are told', () => atBefore.includes(undefined) && atEarly.includes(undefined))
    early.publish('events:main', { upTo: 2 })
    await settled(early, before)
    expect([atBefore, atEarly]).toEqual([
      [undefined, { upTo: 2 }],
      [{ upTo: 1 }, undefined, { upTo: 2 }],
    ])
    expect([before.counters.reconnects, early.counters.reconnects]).toEqual([1, 0])
    // Every try was refused, and that was said once a bus.
    expect(logged.filter((line) => line.includes('There is no line')).length).toBeLessThanOrEqual(4)
  })
})

describe('the address of a bus', () => {
  it('is refused without being repeated', () => {
    const options = { scope: SCOPE, log }
    for (const open of [
      () => natsBus('nats://user:hidden@', options),
      () => natsBus('http://user:hidden@host', options),
      () => natsBus('nats://user:hidden%@host', options),
      () => postgresBus('postgres://user:hidden@host:port/x', options),
    ]) {
      expect(open).toThrow(/cannot be read/)
      expect(open).not.toThrow(/hidden/)
    }
    expect(() => openBus('postgres', undefined, options)).toThrow('needs a PostgreSQL database')
  })

  it.each([
    (port: number) => `nats://user:hidden@127.0.0.1:${port}`,
    (port: number) => `nats://hidden@127.0.0.1:${port}`,
    (port: number) => `postgres://user:hidden@127.0.0.1:${port}/x`,
  ])('keeps its secret where nobody answers', async (address) => {
    const proxy = cleanUp.use(await startFaultProxy({ host: '127.0.0.1', port: 1 }))
    await proxy.drop()
    const options = { scope: SCOPE, log }
    const url = address(proxy.port)
    cleanUp.use(url.startsWith('nats') ? natsBus(url, options) : postgresBus(url, options))
    await until('the failure is logged', () => logged.length > 0)
    expect(logged.join('')).toContain('There is no line to the other processes')
    expect(logged.join('')).not.toContain('hidden')
  })
})

describe.runIf(findNats() !== undefined)('a NATS server with a secret', () => {
  const options = { scope: SCOPE, log }

  it.each([
    { args: ['--user', 'us:er', '--pass', 'hidden@1'], secret: 'us%3Aer:hidden%401', wrong: 'us%3Aer:hidden2' },
    { args: ['--auth', 'hidden/1'], secret: 'hidden%2F1', wrong: 'hidden2' },
  ])('lets in who knows it, and nobody else', async ({ args, secret, wrong }) => {
    const server = cleanUp.use(await startNats({ args }))
    const known = cleanUp.use(natsBus(`nats://${secret}@127.0.0.1:${server.port}`, options))
    await until('the bus is connected', () => known.connected)
    const unknown = cleanUp.use(natsBus(`nats://${wrong}@127.0.0.1:${server.port}`, options))
    await until('the refusal is logged', () => logged.some((line) => line.includes('Authorization Violation')))
    expect(unknown.connected).toBe(false)
    expect(logged.join('')).not.toContain('hidden')
  })

  it('is found among the servers of a cluster that are away', async () => {
    const server = cleanUp.use(await startNats({ args: ['--auth', 'token'] }))
    const bus = cleanUp.use(natsBus(`nats://token@127.0.0.1:1,nats://127.0.0.1:${server.port}`, options))
    await until('the bus is connected', () => bus.connected)
    expect(bus.connected).toBe(true)
  })
})
