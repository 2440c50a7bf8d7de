import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import pg from 'pg'
import { withDeadline } from '../../../src/kernel/deadline.ts'
import { systemClock } from '../../../src/kernel/clock.ts'
import type { Databases } from '../../../src/storage/databases.ts'
import { openDatabases } from '../../../src/storage/open-databases.ts'
import type { Store, Tx } from '../../../src/storage/store.ts'
import { StoreUnavailable, callTime } from '../../../src/storage/unavailable.ts'
import { engine } from '../../support/databases.ts'
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts'

const LIMIT = 5_000

interface Opened extends AsyncDisposable {
  readonly databases: Databases
  readonly store: Store
}

/** How often a row was counted up, for transactions that want to see it. */
async function countUp(tx: Tx): Promise<void> {
  const { value } = await tx.db.selectFrom('setting').select('value').where('key', '=', 'n').executeTakeFirstOrThrow()
  await tx.db
    .updateTable('setting')
    .set({ value: { n: (value as { n: number }).n + 1 } })
    .where('key', '=', 'n')
    .execute()
}

async function open(url: string): Promise<Opened> {
  const databases = await openDatabases(
    { database: url, databasePool: 4, databaseTimeout: 2, ephemeral: false, data: '' },
    { clock: systemClock, onFatal: () => {}, onError: () => {} },
  )
  if (!(await databases.has('main'))) await databases.create('main', async () => {})
  const store = await databases.open('main')
  return {
    databases,
    store,
    async [Symbol.asyncDispose]() {
      await store.close()
      await databases.close()
    },
  }
}

describe.skipIf(engine !== 'postgres')('PostgreSQL that fails', () => {
  let server: PostgresServer
  let proxy: FaultProxy
  let direct: pg.Client

  beforeAll(async () => {
    server = await startPostgres()
    proxy = await startFaultProxy({ host: '127.0.0.1', port: server.port })
    direct = new pg.Client({ connectionString: server.url })
    await direct.connect()
    await using made = await open(server.url)
    await made.store.write((tx) =>
      tx.db
        .insertInto('setting')
        .values({ key: 'n', value: { n: 0 } })
        .execute(),
    )
  })

  afterAll(async () => {
    await direct.end()
    await proxy[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const proxied = (): string => server.url.replace(`:${server.port}/`, `:${proxy.port}/`)

  const counted = async (): Promise<number> => {
    const { rows } = await direct.query<{ value: { n: number } }>(
      "select value from portal_main.setting where key = 'n'",
    )
    return rows[0]!.value.n
  }

  test('a call over a line that was cut ends in time, whatever it reads before it writes', async () => {
    await using opened = await open(proxied())
    const { databases, store } = opened
    const call = (): Promise<void> =>
      withDeadline(callTime(2_000), async () => {
        await databases.has('main')
        await store.read.db.selectFrom('setting').select('key').execute()
        await store.write(countUp)
      })
    await call()
    proxy.cut()
    try {
      const began = performance.now()
      // More than there are connections: some wait for one, some for an answer.
      const ended = await Promise.allSettled(
        Array.from({ length: 12 }, async () => {
          await call().finally(() => expect(performance.now() - began).toBeLessThan(LIMIT))
        }),
      )
      for (const outcome of ended)
        expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(StoreUnavailable)
    } finally {
      await proxy.restore()
    }
    await call()
  })

  test('what a cut-off transaction has locked is free again before others give up', { timeout: 15_000 }, async () => {
    await using cutOff = await open(proxied())
    await using other = await open(server.url)
    const { promise: locked, resolve } = Promise.withResolvers<void>()
    const { promise: hung, resolve: goOn } = Promise.withResolvers<void>()
    const before = await counted()
    const lost = cutOff.store
      .write(async (tx) => {
        await countUp(tx)
        resolve()
        await hung
      })
      .catch((error: unknown) => error)
    await locked
    proxy.cut()
    const began = performance.now()
    try {
      let tries = 0
      for (let done = false; !done; tries++)
        done = await other.store.write(countUp).then(
          () => true,
          (error: unknown) => {
            expect(error).toBeInstanceOf(StoreUnavailable)
            return false
          },
        )
      expect(performance.now() - began).toBeLessThan(4_000)
      expect(tries).toBeLessThanOrEqual(2)
      goOn()
      expect(await lost).toBeInstanceOf(StoreUnavailable)
      expect(await counted()).toBe(before + 1)
    } finally {
      await proxy.restore()
    }
  })

  test('a commit whose answer was lost is told as unknown where the server may have crashed since', async () => {
    await using opened = await open(proxied())
    await direct.query(`
      create function public.wait_a_little() returns trigger language plpgsql as 'begin perform pg_sleep(0.4); return null; end';
      create constraint trigger slow_commit after update on portal_main.setting deferrable initially deferred
        for each row execute function public.wait_a_little()`)
    try {
      const before = await counted()
      const { promise: committing, resolve } = Promise.withResolvers<void>()
      const written = opened.store
        .write(async (tx) => {
          await countUp(tx)
          resolve()
        })
        .catch((error: unknown) => error)
      await committing
      await expect
        .poll(async () => {
          const { rows } = await direct.query(
            "select from pg_stat_activity where state = 'active' and query = 'commit'",
          )
          return rows.length
        })
        .toBe(1)
      await proxy.drop()
      // As one is after a crash.
      await direct.query('checkpoint')
      await proxy.restore()
      expect(await written).toMatchObject({ name: 'StoreUnavailable', carriedOut: 'unknown' })
      // Here it was carried out: nobody may say that it was not.
      expect(await counted()).toBe(before + 1)
    } finally {
      await direct.query('drop function public.wait_a_little() cascade')
    }
  })

  test('many that change one row over several processes all get through', async () => {
    await using one = await open(server.url)
    await using two = await open(server.url)
    await using three = await open(server.url)
    const before = await counted()
    await Promise.all([one, two, three].flatMap(({ store }) => Array.from({ length: 20 }, () => store.write(countUp))))
    expect(await counted()).toBe(before + 60)
  })

  test('a small table is not read from end to end: everybody who writes would conflict', async () => {
    await direct.query('vacuum analyze portal_main.setting')
    await using opened = await open(server.url)
    const { counted: counters } = opened.store
    await opened.store.write((tx) =>
      tx.db
        .insertInto('setting')
        .values(['a', 'b', 'c', 'd'].map((key) => ({ key, value: {} })))
        .execute(),
    )
    await direct.query('vacuum analyze portal_main.setting')
    const touch = (key: string): Promise<void> =>
      opened.store.write(async (tx) => {
        await tx.db.selectFrom('setting').select('value').where('key', '=', key).execute()
        await tx.db.updateTable('setting').set({ value: {} }).where('key', '=', key).execute()
      })
    for (let round = 0; round < 25; round++) await Promise.all(['a', 'b', 'c', 'd'].map(touch))
    expect(counters.retries).toBeLessThan(10)
  })
})
