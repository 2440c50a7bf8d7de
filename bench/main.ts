import { parseArgs } from 'node:util'
import { type Measured, drive, postJson } from './load.ts'
import { type EngineName, type Place, cpuOf, openPlace } from './place.ts'
import { fillMessages, prepareChats } from './prepare.ts'
import type { LoadChat } from '../test/support/chat-load.ts'
import { type Server, startServer } from '../test/support/child-server.ts'

/**
 * Measures a message on its way in against a bare server that echoes JSON: candidates in turn, in one run,
 * so that what else the machine does falls on all of them.
 */
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite' },
    quick: { type: 'boolean', default: false },
    stored: { type: 'string', default: '1000000' },
  },
})
const ENGINE: EngineName = values.engine === 'postgres' ? 'postgres' : 'sqlite'
const ROUNDS = values.quick ? 1 : 3
const MILLISECONDS = values.quick ? 1_500 : 4_000
const CONNECTIONS = 32
const STORED = values.quick ? 20_000 : Number(values.stored)
const TEXT = 'Good afternoon, your order has left our warehouse and will be with you tomorrow.'

interface Line {
  readonly url: string
  readonly webhook: string
}

/** As `npm start` runs it. */
const serve = ({ args }: Place) =>
  startServer<Line>(['--max-semi-space-size=4', 'src/cli/main.ts', 'start', '--json', '--port', '0', ...args])
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
const show = (n: number, digits = 0): string =>
  n.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })

function row(name: string, { perSecond, p50, p99 }: Measured, ratio?: number): void {
  const figures = `${show(perSecond).padStart(9)}/s  p50 ${show(p50, 2).padStart(6)} ms  p99 ${show(p99, 2).padStart(6)} ms`
  console.log(`${name.padEnd(46)} ${figures}${ratio === undefined ? '' : `  ratio ${show(ratio, 3)}`}`)
}

function requestsOf(server: Server<Line>, chats: readonly LoadChat[]) {
  const path = new URL(server.line.webhook).pathname
  const params = chats.map(({ leadId, chatId, userId }) => ({
    CRM_ENTITY_TYPE: 'lead',
    CRM_ENTITY: leadId,
    USER_ID: userId,
    CHAT_ID: chatId,
    MESSAGE: TEXT,
  }))
  const single = params.map((body) => postJson(server.port, `${path}imopenlines.crm.message.add`, body))
  const command = (n: number): string => {
    const query = new URLSearchParams(
      Object.entries(params[n % params.length]!).map(([key, value]) => [key, String(value)]),
    )
    return `imopenlines.crm.message.add?${query.toString()}`
  }
  const batches = params.map((_, n) =>
    postJson(server.port, `${path}batch`, { halt: 0, cmd: Array.from({ length: 50 }, (_unused, k) => command(n + k)) }),
  )
  return {
    single: (turn: number) => single[turn % single.length]!,
    batch: (turn: number) => batches[turn % batches.length]!,
    body: params[0],
  }
}

function mustSucceed(measured: Measured): Measured {
  if (measured.failed > 0)
    throw new Error(`${measured.failed} of ${measured.requests} calls failed, the first with: ${measured.firstFailure}`)
  return measured
}

/** Ratios of one stock of messages, each the median over the rounds. */
async function compare(place: Place, chats: readonly LoadChat[], title: string): Promise<number> {
  console.log(`\n${title}`)
  const echo = await startServer<Line>(['bench/echo.ts'])
  const server = await serve(place)
  try {
    const { single, batch, body } = requestsOf(server, chats)
    const bare = postJson(echo.port, '/', body)
    const load = { connections: CONNECTIONS, milliseconds: MILLISECONDS }
    await drive({ ...load, ports: [echo.port], request: () => bare, milliseconds: 1_000 })
    await drive({ ...load, ports: [server.port], request: single, milliseconds: 1_000 })
    const singleRatios: number[] = []
    const batchRatios: number[] = []
    let lastRate = 0
    for (let round = 0; round < ROUNDS; round++) {
      const a = mustSucceed(await drive({ ...load, ports: [echo.port], request: () => bare }))
      const b = mustSucceed(await drive({ ...load, ports: [server.port], request: single }))
      const c = mustSucceed(await drive({ ...load, ports: [server.port], request: batch }))
      singleRatios.push(b.perSecond / a.perSecond)
      batchRatios.push((c.perSecond * 50) / a.perSecond)
      lastRate = b.perSecond
      row('(a) bare JSON echo', a, 1)
      row('(b) imopenlines.crm.message.add', b, singleRatios.at(-1))
      row('(c) the same in batches of 50, per message', { ...c, perSecond: c.perSecond * 50 }, batchRatios.at(-1))
    }
    const half = mustSucceed(await drive({ ...load, ports: [server.port], request: single, rate: lastRate / 2 }))
    row('(b) at half that load', half)
    console.log(`median ratio (b)/(a) ${show(median(singleRatios), 3)}, (c)/(a) ${show(median(batchRatios), 3)}`)
    return median(singleRatios)
  } finally {
    await Promise.all([echo.stop(), server.stop()])
  }
}

async function idle(place: Place): Promise<void> {
  const server = await serve(place)
  try {
    const began = performance.now()
    const response = await fetch(`${server.line.webhook}profile`)
    await response.arrayBuffer()
    const firstAnswer = server.startedIn + (performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    console.log(
      `\nstart to first answer ${show(firstAnswer)} ms, resident when idle ${show((await server.memory()) / 1024 / 1024)} MB`,
    )
  } finally {
    await server.stop()
  }
}

/** What a message costs with one, two and three servers on one database, at full load. */
async function processes(place: Place, chats: readonly LoadChat[]): Promise<void> {
  console.log('\nSeveral servers on one database')
  const servers: Server<Line>[] = []
  try {
    for (let count = 1; count <= 3; count++) {
      servers.push(await serve(place))
      const { single } = requestsOf(servers[0]!, chats)
      const load = { connections: CONNECTIONS, ports: servers.map(({ port }) => port), request: single }
      await drive({ ...load, milliseconds: 1_000 })
      const used = async () => ({
        servers: (await Promise.all(servers.map(({ pid }) => cpuOf(pid)))).reduce((sum, each) => sum + each, 0),
        database: await place.databaseCpu(),
      })
      const before = await used()
      const measured = mustSucceed(await drive({ ...load, milliseconds: MILLISECONDS }))
      const after = await used()
      const cost = (name: 'servers' | 'database') => show(((after[name] - before[name]) * 1e6) / measured.requests, 0)
      row(`${count} ${count === 1 ? 'process' : 'processes'}`, measured)
      console.log(`  processor time a message: servers ${cost('servers')} µs, database ${cost('database')} µs`)
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
  console.log(
    'Servers, database and load share the cores of this machine: what more processes gain on machines of their own does not show here, only what they cost.',
  )
}

await using place = await openPlace(ENGINE)
const chats = await prepareChats(place, 64)
await fillMessages(place, chats, 1_000)
const small = await compare(place, chats, `On ${ENGINE}, with 1,000 messages stored`)
await fillMessages(place, chats, STORED)
const large = await compare(place, chats, `On ${ENGINE}, with ${show(STORED)} messages stored`)
console.log(`\ncost with the large stock against the small one: ${show(small / large, 2)}`)
if (ENGINE === 'postgres') await processes(place, chats)
await idle(place)
