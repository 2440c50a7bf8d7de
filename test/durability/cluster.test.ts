import { expect, test } from 'vitest'
import { ChatLoad } from '../support/chat-load.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { prepareLoad } from '../support/load-portal.ts'
import { findNats, startNats } from '../support/nats.ts'
import { isThere } from '../support/peers.ts'
import { findPostgres, startPostgres } from '../support/postgres-server.ts'
import { until } from '../support/poll.ts'
import { Audit } from './audit.ts'
import { Faults } from './faults.ts'
import { startFollower } from './follower.ts'

const canRun = [isThere(findPostgres(), 'postgresql'), isThere(findNats(), 'nats-server')].every(Boolean)

const SIZE = 3
const CHATS = 40
const RATE = 200

/** When what happens, in seconds since the beginning. `CORDBOARD_TEST_CHAOS=short` is for those who work on this. */
const PLAN =
  process.env['CORDBOARD_TEST_CHAOS'] === 'short'
    ? { load: 34, kills: 4, firstKill: 3, between: 7, nats: [5, 12], crash: 10, cut: [16, 24] }
    : { load: 140, kills: 10, firstKill: 6, between: 13, nats: [15, 75], crash: 45, cut: [85, 115] }

/** kill -9 of one server after another, each replaced at once. */
async function killAndReplace(cluster: Cluster, faults: Faults, kills: readonly number[]): Promise<number> {
  const replacing: Promise<void>[] = []
  let killed = 0
  for (const moment of kills) {
    await faults.at(moment)
    const first = Math.floor(Math.random() * SIZE)
    // One that is being replaced cannot be killed: then its neighbour is.
    const place = [first, first + 1, first + 2].map((n) => n % SIZE).find((n) => cluster.runs(n))
    if (place === undefined) continue
    await faults.note(`kill -9 of server ${place}`, () => cluster.kill(place))
    killed++
    replacing.push(cluster.replace(place))
  }
  await Promise.all(replacing)
  return killed
}

test.skipIf(!canRun)(
  'three servers on PostgreSQL: killed, cut off, their database crashed and NATS stopped, they lose and double nothing',
  { timeout: 240_000 },
  async () => {
    await using postgres = await startPostgres({ fsync: true })
    await using nats = await startNats()
    await using proxy = await startFaultProxy({ host: '127.0.0.1', port: postgres.port })
    const { chats, webhook } = await prepareLoad({ database: postgres.url }, CHATS)
    const database = postgres.url.replace(`:${postgres.port}/`, `:${proxy.port}/`)
    await using cluster = await startCluster({ size: SIZE, database, bus: nats.url })
    await using follower = await startFollower({ database: postgres.url, bus: nats.url, scope: 'postgres' })
    await using audit = new Audit(postgres.url)
    let acknowledged = 0
    const looking: Promise<void>[] = []
    const load = new ChatLoad({
      port: cluster.balancer.port,
      webhook,
      chats,
      rate: RATE,
      milliseconds: PLAN.load * 1000,
      onAcknowledged: (message) => {
        if (acknowledged++ % 10 === 0) looking.push(audit.look(message))
      },
    })
    const faults = new Faults(load)
    const kills = Array.from({ length: PLAN.kills }, (_, n) => PLAN.firstKill + (n + Math.random() / 2) * PLAN.between)
    const [natsDown, natsUp] = PLAN.nats as [number, number]
    const [cutOff, cutOver] = PLAN.cut as [number, number]
    const [, killed] = await Promise.all([
      load.run(),
      killAndReplace(cluster, faults, kills),
      faults.at(natsDown).then(() =>
        faults.note('NATS is stopped', async () => {
          await nats.stop()
          await faults.at(natsUp)
          await nats.start()
        }),
      ),
      faults.at(PLAN.crash).then(() => faults.note('PostgreSQL crashes', () => postgres.restart('immediate'))),
      faults.at(cutOff).then(() =>
        faults.note('PostgreSQL is cut off', async () => {
          proxy.cut()
          await faults.at(cutOver)
          await proxy.restore()
        }),
      ),
    ])
    faults.stop()
    await Promise.all(looking)
    console.log(
      `${faults.report(follower.delays)}\n${killed} servers killed, ${audit.looked} messages looked up right after their 200`,
    )

    expect(cluster.failures).toEqual([])
    expect(killed).toBe(PLAN.kills)
    const attempts = load.messages.flatMap((message) => message.attempts)
    expect(attempts.filter(({ outcome }) => outcome === 'late')).toEqual([])
    // What is wrong with the database is no fault of the call.
    expect(attempts.filter(({ outcome }) => outcome === '500')).toEqual([])
    expect(audit.looked).toBeGreaterThan(load.messages.length / 20)
    expect(audit.premature).toEqual([])
    expect(await audit.messages(load.messages)).toEqual([])
    const events = await audit.events(load.messages)
    expect(events.wrong).toEqual([])
    await until('the follower has seen every event', () => follower.seen.length >= events.count, 5_000)
    expect(follower.seen.length).toBe(events.count)
    expect(follower.seen.findIndex((seq, index) => seq !== index + 1)).toBe(-1)
  },
)

test.skipIf(!canRun)(
  'killing one of three servers under load costs no client more than one retry',
  { timeout: 90_000 },
  async () => {
    await using postgres = await startPostgres({ fsync: true })
    await using nats = await startNats()
    const { chats, webhook } = await prepareLoad({ database: postgres.url }, CHATS)
    await using cluster = await startCluster({ size: SIZE, database: postgres.url, bus: nats.url })
    await using audit = new Audit(postgres.url)
    const load = new ChatLoad({ port: cluster.balancer.port, webhook, chats, rate: RATE, milliseconds: 20_000 })
    const faults = new Faults(load)
    const [, killed] = await Promise.all([load.run(), killAndReplace(cluster, faults, [3, 7, 11, 15])])
    faults.stop()
    console.log(faults.report())

    expect(cluster.failures).toEqual([])
    expect(killed).toBe(4)
    expect(load.messages.filter(({ attempts }) => attempts.length > 2)).toEqual([])
    expect(await audit.messages(load.messages)).toEqual([])
    expect((await audit.events(load.messages)).wrong).toEqual([])
  },
)
