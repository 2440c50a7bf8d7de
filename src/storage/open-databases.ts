import type { Databases, StoreOptions } from './databases.ts'
import { MemoryDatabases } from './sqlite/memory-databases.ts'
import { SqliteDatabases } from './sqlite/sqlite-databases.ts'

/** Where a process finds its portals. */
export interface Place {
  /** `postgres://…`: goes before the folder. */
  readonly database: string | undefined
  /** How many connections to PostgreSQL are opened at the most. */
  readonly databasePool: number
  /** How many seconds one statement on PostgreSQL may take. */
  readonly databaseTimeout: number
  /** Keeps everything in memory instead. */
  readonly ephemeral: boolean
  /** The data folder. */
  readonly data: string
}

export interface OpenOptions extends StoreOptions {
  /** Told of connections that broke while nobody used them. */
  readonly onError: (error: unknown) => void
}

/** Opens the databases that the configuration names. */
export async function openDatabases(place: Place, options: OpenOptions): Promise<Databases> {
  if (place.ephemeral) return new MemoryDatabases(options)
  if (place.database === undefined) return new SqliteDatabases({ ...options, folder: place.data })
  // A server on SQLite does without the driver.
  const { PostgresDatabases } = await import('./postgres/postgres-databases.ts')
  const databases = new PostgresDatabases({
    ...options,
    url: place.database,
    poolSize: place.databasePool,
    timeLimit: place.databaseTimeout * 1000,
  })
  await databases.mustAnswer()
  return databases
}
