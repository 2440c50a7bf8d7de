import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import type { Clock } from '../../src/kernel/clock.ts'
import type { Databases } from '../../src/storage/databases.ts'
import { openDatabases } from '../../src/storage/open-databases.ts'
import type { Store } from '../../src/storage/store.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of a run over PostgreSQL; a run over SQLite has none. */
    postgresUrl: string | undefined
  }
}

/** What a run of the suites is over: every suite that touches storage runs over both. */
export const engine: 'sqlite' | 'postgres' = inject('postgresUrl') === undefined ? 'sqlite' : 'postgres'

/** A name for a portal that no other test of the same server uses. */
export function uniqueName(): string {
  return `t${randomBytes(8).toString('hex')}`
}

/** Databases of the engine that this run is over: in memory, or on the server of the run. */
export function testDatabases(clock: Clock): Promise<Databases> {
  const database = inject('postgresUrl')
  return openDatabases(
    { database, databasePool: 4, databaseTimeout: 2, ephemeral: database === undefined, data: '' },
    {
      clock,
      onFatal: (error) => {
        throw error
      },
      onError: () => {},
    },
  )
}

/**
 * A new portal as so many processes have it open; in memory they share one store. Its data go with the server of the
 * run: dropping each would double the time of a test.
 */
export async function testStores(clock: Clock, processes: number): Promise<{ stores: Store[] } & AsyncDisposable> {
  const databases = await testDatabases(clock)
  const name = uniqueName()
  await databases.create(name, async () => {})
  const stores = await Promise.all(Array.from({ length: processes }, () => databases.open(name)))
  return {
    stores,
    async [Symbol.asyncDispose]() {
      for (const store of new Set(stores)) await store.close()
      await databases.close()
    },
  }
}

/** The store of one new portal. */
export async function testStore(clock: Clock): Promise<Store & AsyncDisposable> {
  const { stores, ...disposal } = await testStores(clock, 1)
  return Object.assign(stores[0]!, { [Symbol.asyncDispose]: disposal[Symbol.asyncDispose] })
}

/** A database of its own for a whole server, as the options name it: in memory, or on the server of the run. */
export async function newDatabase(): Promise<{ ephemeral: true } | { database: string }> {
  const server = inject('postgresUrl')
  if (server === undefined) return { ephemeral: true }
  const name = uniqueName()
  const client = new pg.Client(server)
  await client.connect()
  try {
    await client.query(`create database ${name}`)
  } finally {
    await client.end()
  }
  return { database: server.replace('/postgres?', `/${name}?`) }
}
