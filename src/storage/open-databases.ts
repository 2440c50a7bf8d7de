import type { Clock } from '../kernel/clock.ts'
import type { Databases } from './databases.ts'
import { MemoryDatabases } from './sqlite/memory-databases.ts'
import { SqliteDatabases } from './sqlite/sqlite-databases.ts'

/** Where a process finds its portals. */
export interface Place {
  /** `postgres://…`: goes before the folder. */
  readonly database: string | undefined
  /** How many connections to PostgreSQL are opened at the most. */
  readonly databasePool: number
  /** Keeps everything in memory instead. */
  readonly ephemeral: boolean
  /** The data folder. */
  readonly data: string
}

export interface OpenOptions {
  readonly clock: Clock
  /** Told when the disk failed: after that nothing is acknowledged, and the process should end. */
  readonly onFatal: (error: unknown) => void
  /** Told of connections that broke while nobody used them. */
  readonly onError: (error: unknown) => void
}

/** Opens the databases that the configuration names. */
export async function openDatabases(place: Place, { clock, onFatal, onError }: OpenOptions): Promise<Databases> {
  if (place.ephemeral) return new MemoryDatabases(clock)
  if (place.database === undefined) return new SqliteDatabases({ folder: place.data, clock, onFatal })
  // A server on SQLite does without the driver.
  const { PostgresDatabases } = await import('./postgres/postgres-databases.ts')
  const databases = new PostgresDatabases({ url: place.database, poolSize: place.databasePool, clock, onError })
  await databases.mustAnswer()
  return databases
}
