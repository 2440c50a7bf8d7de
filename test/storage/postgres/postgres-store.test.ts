import { type Socket, createConnection, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../../src/kernel/clock.ts'
import { migrations } from '../../../src/storage/migrations/migrate.ts'
import type { Migration } from '../../../src/storage/migrations/table.ts'
import { PostgresDatabases } from '../../../src/storage/postgres/postgres-databases.ts'
import { prepared } from '../../../src/storage/prepared.ts'
import type { Store, Tx } from '../../../src/storage/store.ts'
import { StoreUnavailable } from '../../../src/storage/unavailable.ts'
import { engine, uniqueName } from '../../support/databases.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts'

/** Every answer comes within five seconds, also one that says no. */
const LONGEST = 5_000

const addMessage = prepared<{ text: string }>()((db, p) =>
  db.insertInto('message').values({ chatId: 1, authorId: 1, callerId: 1, text: p.text, params: {}, createdAt: 1 }),
)
const allTexts = prepared<object>()((db) => db.selectFrom('message').select('text').orderBy('id'))
const chatById = prepared<{ id: number }>()((db, p) => db.selectFrom('chat').selectAll().where('id', '=', p.id))

async function texts(store: Store): Promise<string[]> {
  return (await store.read.all(allTexts, {})).map(({ text }) => text)
}

/** How long it took to refuse, in milliseconds, and with what. */
async function refusal(work: () => Promise<unknown>): Promise<{ took: number; error: unknown }> {
  const began = performance.now()
  const error: unknown = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { took: performance.now() - began, error }
}

describe.runIf(engine === 'postgres')('a store on PostgreSQL', () => {
  let server: PostgresServer

  // A server of its own: it is stopped and cut off.
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** The databases as a process of its own has them. */
  const process = (url = server.url, poolSize = 4): PostgresDatabases => {
    const databases = new PostgresDatabases({
      url,
      poolSize,
      timeLimit: 2_000,
      clock: new ManualClock(),
      onError: () => {},
    })
    onTestFinished(() => databases.close())
    return databases
  }
  const through = (port: number): string => {
    const url = new URL(server.url)
    url.port = String(port)
    return url.href
  }
  const newPortal = async (): Promise<string> => {
    const name = uniqueName()
    await process().create(name, async (tx) => {
      await tx.db.insertInto('chat').values({ kind: 'chat', createdAt: 1, updatedAt: 1 }).execute()
    })
    return name
  }
  test('transactions of two processes that conflict run again: nothing is lost, nothing doubled', async () => {
    const name = await newPortal()
    const stores = await Promise.all([process().open(name), process().open(name)])
    let hooks = 0
    const increment = (tx: Tx): Promise<void> =>
      tx.db
        .selectFrom('chat')
        .select('messageCount')
        .where('id', '=', 1)
        .executeTakeFirstOrThrow()
        .then(async ({ messageCount }) => {
          tx.afterCommit(() => hooks++)
          await tx.run(addMessage, { text: String(messageCount) })
          await tx.db
            .updateTable('chat')
            .set({ messageCount: messageCount + 1 })
            .where('id', '=', 1)
            .execute()
        })
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, (_, n) => stores[n % 2]!.write(increment)))
    const acknowledged = outcomes.filter(({ status }) => status === 'fulfilled').length
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(refused.filter((error) => !(error instanceof StoreUnavailable) || error.carriedOut !== 'no')).toEqual([])
    const chat = await stores[0].read.first(chatById, { id: 1 })
    expect(chat?.messageCount).toBe(acknowledged)
    expect(await texts(stores[1])).toEqual(Array.from({ length: acknowledged }, (_, n) => String(n)))
    expect(hooks).toBe(acknowledged)
    expect(acknowledged).toBeGreaterThan(10)
    expect(stores[0].counted.retries + stores[1].counted.retries).toBeGreaterThan(0)
    expect(stores[0].counted.transactions + stores[1].counted.transactions).toBe(acknowledged)
  })

  test('a server that is gone is told within five seconds, and found again', { timeout: 60_000 }, async () => {
    const store = await process().open(await newPortal())
    await store.write((tx) => tx.run(addMessage, { text: 'before' }))
    await server.stop('immediate')
    try {
      for (const work of [() => store.write((tx) => tx.run(addMessage, { text: 'gone' })), () => texts(store)]) {
        const { took, error } = await refusal(work)
        expect(error).toBeInstanceOf(StoreUnavailable)
        expect(error).toMatchObject({ carriedOut: 'no' })
        expect(took).toBeLessThan(LONGEST)
      }
    } finally {
      await server.start()
    }
    await store.write((tx) => tx.run(addMessage, { text: 'after' }))
    expect(await texts(store)).toEqual(['before', 'after'])
  })

  test('a line that is cut is told within five seconds, and used again', { timeout: 60_000 }, async () => {
    await using proxy = await startFaultProxy({ host: '127.0.0.1', port: server.port })
    const name = await newPortal()
    const store = await process(through(proxy.port)).open(name)
    await store.write((tx) => tx.run(addMessage, { text: 'before' }))
    proxy.cut()
    const refused = await Promise.all([
      refusal(() => store.write((tx) => tx.run(addMessage, { text: 'cut' }))),
      refusal(() => texts(store)),
    ])
    for (const { took, error } of refused) {
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(took).toBeLessThan(LONGEST)
    }
    expect(refused[0].error).toMatchObject({ carriedOut: 'no' })
    await proxy.drop()
    await proxy.restore()
    await store.write((tx) => tx.run(addMessage, { text: 'after' }))
    // What was sent into the cut was begun nowhere, or never committed.
    expect(await texts(store)).toEqual(['before', 'after'])
  })

  test('a line that is cut within a transaction undoes it, and it runs again', async () => {
    await using proxy = await startFaultProxy({ host: '127.0.0.1', port: server.port })
    const store = await process(through(proxy.port)).open(await newPortal())
    let runs = 0
    await store.write(async (tx) => {
      await tx.insert(addMessage, { text: `run ${++runs}` })
      if (runs > 1) return
      await proxy.drop()
      await proxy.restore()
    })
    expect(await texts(store)).toEqual(['run 2'])
    expect(store.counted).toEqual({ commits: 1, transactions: 1, retries: 1 })
  })

  test.each([
    ['reached the server', 'after', ['once']],
    ['never reached it', 'before', ['once']],
  ] as const)('a commit whose answer is lost, when it %s, is stored once', async (_, cut, stored) => {
    const proxy = await commitCutter(server.port, cut)
    onTestFinished(() => proxy.close())
    const store = await process(through(proxy.port), 1).open(await newPortal())
    let runs = 0
    let hooks = 0
    proxy.arm()
    await store.write(async (tx) => {
      runs++
      tx.afterCommit(() => hooks++)
      await tx.insert(addMessage, { text: 'once' })
    })
    expect(proxy.cuts()).toBe(1)
    expect(await texts(store)).toEqual(stored)
    expect({ runs, hooks }).toEqual({ runs: cut === 'after' ? 1 : 2, hooks: 1 })
  })

  test('a connection that has prepared very many statements gives way to a new one', async () => {
    const store = await process(server.url, 1).open(await newPortal())
    const backend = async (): Promise<{ pid: number; kept: number }> =>
      store.read.db
        .selectNoFrom([
          sql<number>`pg_backend_pid()`.as('pid'),
          sql<number>`(select count(*) from pg_prepared_statements)`.as('kept'),
        ])
        .executeTakeFirstOrThrow()
    await store.read.all(allTexts, {})
    const { pid, kept } = await backend()
    expect(kept).toBeGreaterThan(0)
    for (let n = 0; n < 1_100; n++)
      await store.read.all(
        prepared<object>()((db) => db.selectFrom('setting').select('key')),
        {},
      )
    const after = await backend()
    expect(after.pid).not.toBe(pid)
    expect(after.kept).toBeLessThan(1_000)
    expect(await texts(store)).toEqual([])
  })

  test('prepared statements outlive a change of the schema by another process', async () => {
    const name = await newPortal()
    const store = await process(server.url, 1).open(name)
    const read = (tx?: Tx) => (tx ?? store.read).first(chatById, { id: 1 })
    const alter = async (change: string): Promise<void> => {
      const client = new pg.Client({ connectionString: server.url })
      await client.connect()
      await client.query(`alter table "portal_${name}".chat ${change}`)
      await client.end()
    }
    await read()
    await alter('add column topic text')
    expect(await read()).toMatchObject({ id: 1, topic: null })
    await alter('drop column topic')
    await store.write(async (tx) => {
      expect(await read(tx)).not.toHaveProperty('topic')
      await tx.run(addMessage, { text: 'written' })
    })
    expect(await texts(store)).toEqual(['written'])
  })

  test('a schema step is taken by one of several processes', async () => {
    const name = await newPortal()
    ;(migrations as Migration[]).push({ name: '9000-of-a-test', up: ({ table }) => table('pin', (t) => t.id()) })
    onTestFinished(() => void (migrations as Migration[]).pop())
    const all = await Promise.all([process(), process(), process()].map((databases) => databases.migrate(name)))
    expect(all.toSorted((a, b) => b.length - a.length)).toEqual([['9000-of-a-test'], [], []])
    const failing = (migrations as Migration[]).push({
      name: '9001-fails',
      async up({ table, db }) {
        await table('pole', (t) => t.id())
        await db.deleteFrom('chat').execute()
        throw new Error('The step failed')
      },
    })
    expect(failing).toBe(migrations.length)
    onTestFinished(() => void (migrations as Migration[]).pop())
    const databases = process()
    await expect(databases.open(name)).rejects.toThrow('The step failed')
    expect(await databases.inspect(name)).toMatchObject({ pendingSteps: ['9001-fails'] })
    await using snapshot = await databases.snapshot(name)
    expect(snapshot.tables).not.toContain('pole')
    const chats = []
    for await (const row of snapshot.rows('chat')) chats.push(row)
    expect(chats).toHaveLength(1)
  })
})

interface CommitCutter {
  readonly port: number
  /** From now on the line breaks at the next commit. */
  arm(): void
  cuts(): number
  close(): Promise<void>
}

/** A proxy that breaks a line at its commit: `before` the server has got it, or `after` the server has answered. */
async function commitCutter(to: number, when: 'before' | 'after'): Promise<CommitCutter> {
  let armed = false
  let cuts = 0
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const upstream = createConnection({ host: '127.0.0.1', port: to })
    let cutting = false
    const cut = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    client.on('data', (data) => {
      if (armed && data.includes('commit')) {
        armed = false
        cuts++
        if (when === 'before') return cut()
        cutting = true
      }
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      // The answer of the commit is the first that comes after it: everything before it was waited for.
      if (cutting) cut()
      else client.write(data)
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    port: (proxy.address() as AddressInfo).port,
    arm: () => void (armed = true),
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}
