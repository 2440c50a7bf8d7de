import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Flags } from '../src/config/load.ts'
import { startPostgres } from '../test/support/postgres-server.ts'

export type EngineName = 'sqlite' | 'postgres'

/** Where a bench keeps its portal: as a user would, with every write on the disk. Gone when disposed of. */
export interface Place extends AsyncDisposable {
  readonly engine: EngineName
  readonly flags: Flags
  /** The same for the command line. */
  readonly args: readonly string[]
  /** Seconds of processor time that the database has used beside the servers; nothing where it is inside them. */
  databaseCpu(): Promise<number>
}

export async function openPlace(engine: EngineName): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'cordboard-bench-'))
  if (engine === 'sqlite') {
    return {
      engine,
      flags: { data: folder },
      args: ['--data', folder],
      databaseCpu: async () => 0,
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    }
  }
  const server = await startPostgres({ fsync: true, settings: { shared_buffers: '512MB' } })
  const client = new pg.Client(server.socketUrl)
  await client.connect()
  return {
    engine,
    flags: { data: folder, database: server.socketUrl },
    args: ['--data', folder, '--database', server.socketUrl],
    async databaseCpu() {
      const { rows } = await client.query<{ pid: number }>(
        'select pid from pg_stat_activity where pid <> pg_backend_pid()',
      )
      const seconds = await Promise.all(rows.map(({ pid }) => cpuOf(pid)))
      return seconds.reduce((sum, each) => sum + each, 0)
    },
    async [Symbol.asyncDispose]() {
      await client.end()
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

const TICKS_PER_SECOND = 100

/** Seconds of processor time that a process has used; nothing once it is gone. */
export async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name in brackets may hold spaces; the user's and the system's time are the 12th and 13th fields behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND
}
