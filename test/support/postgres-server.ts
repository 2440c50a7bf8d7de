import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import {
  type ServerProcess,
  freePort,
  isExecutable,
  onPath,
  privileged,
  startProcess,
  tailOf,
  waitUntilReady,
} from './server-process.ts'

const run = promisify(execFile)

/** Where Debian keeps its versions, one folder each. */
const VERSIONS = '/usr/lib/postgresql'
const DATABASE = 'postgres'
/** The superuser within the server; trusted without a password. */
const ROLE = 'postgres'
/** PostgreSQL refuses to run as root; this user comes with Debian's package. */
const SYSTEM_USER = 'postgres'
const TRIES = 3

/** `fast` ends connections and writes a checkpoint; `immediate` stops as a crash does, and the next start recovers. */
export type StopMode = 'fast' | 'immediate'

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

export interface PostgresOptions {
  /** Off by default: tests are quicker, and what a test loses with the machine it does not miss. */
  readonly fsync?: boolean
  /** More settings of `postgresql.conf`, by name. */
  readonly settings?: Readonly<Record<string, string | number>>
}

/** A PostgreSQL server of a test's own, with an empty database; gone with its folder when disposed of. */
export interface PostgresServer extends AsyncDisposable {
  /** Over TCP on 127.0.0.1. Both addresses stay the same over restarts. */
  readonly url: string
  readonly port: number
  /** Over the unix socket. */
  readonly socketUrl: string
  /** The socket itself, for a proxy. */
  readonly socketPath: string
  /** Starts it again after `stop`, and waits until it answers; the data is as it was. */
  start(): Promise<void>
  /** Stops it; `fast` where nothing is said. Does nothing where it does not run. */
  stop(mode?: StopMode): Promise<void>
  restart(mode?: StopMode): Promise<void>
}

/** The folder with PostgreSQL's programs, the newest version of the machine; `undefined` where there is none. */
export function findPostgres(): string | undefined {
  const folders = versions().map((version) => join(VERSIONS, version, 'bin'))
  const initdb = onPath('initdb')
  if (initdb !== undefined) folders.push(dirname(initdb))
  return folders.find((folder) => ['initdb', 'postgres'].every((program) => isExecutable(join(folder, program))))
}

function versions(): string[] {
  try {
    return readdirSync(VERSIONS).toSorted((a, b) => Number(b) - Number(a))
  } catch {
    return []
  }
}

/** Makes a server in a temporary folder and waits until it answers: about two seconds. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = findPostgres()
  if (bin === undefined) throw new Error('PostgreSQL is not on this machine: install the Debian package postgresql')
  const folder = await mkdtemp(join(tmpdir(), 'cordboard-pg-'))
  try {
    await initialize(bin, folder)
    return await startFirst(bin, folder, options)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

function systemUser(): string | undefined {
  return process.getuid?.() === 0 ? SYSTEM_USER : undefined
}

async function initialize(bin: string, folder: string): Promise<void> {
  const user = systemUser()
  await chmod(folder, 0o700)
  if (user !== undefined) await run('chown', [user, folder])
  const args = ['-D', join(folder, 'data'), '-U', ROLE, '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  const initdb = privileged({ command: join(bin, 'initdb'), args, user, deathSignal: 'KILL' })
  await run(initdb[0]!, initdb.slice(1), { cwd: folder })
}

/** Another process may have taken the port between its choice and the start: then another is tried. */
async function startFirst(bin: string, folder: string, options: PostgresOptions): Promise<PostgresServer> {
  for (let tries = 1; ; tries++) {
    const server = new LocalPostgres(bin, folder, await freePort(), options)
    try {
      await server.start()
      return server
    } catch (error) {
      await server.stop('immediate')
      if (tries === TRIES || !(await tailOf(join(folder, 'log'))).includes('Address already in use')) throw error
    }
  }
}

class LocalPostgres implements PostgresServer {
  readonly port: number
  readonly url: string
  readonly socketUrl: string
  readonly socketPath: string
  readonly #bin: string
  readonly #folder: string
  readonly #settings: Readonly<Record<string, string | number>>
  #process: ServerProcess | undefined

  constructor(bin: string, folder: string, port: number, { fsync = false, settings = {} }: PostgresOptions) {
    this.port = port
    this.url = `postgres://${ROLE}@127.0.0.1:${port}/${DATABASE}`
    this.socketUrl = `postgres://${ROLE}@/${DATABASE}?host=${encodeURIComponent(folder)}&port=${port}`
    this.socketPath = join(folder, `.s.PGSQL.${port}`)
    this.#bin = bin
    this.#folder = folder
    this.#settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: folder,
      max_connections: 200,
      fsync: fsync ? 'on' : 'off',
      ...settings,
    }
  }

  async start(): Promise<void> {
    if (this.#process?.hasEnded() === false) return
    const log = join(this.#folder, 'log')
    this.#process = await startProcess({
      command: join(this.#bin, 'postgres'),
      args: [
        '-D',
        join(this.#folder, 'data'),
        ...Object.entries(this.#settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      cwd: this.#folder,
      log,
      user: systemUser(),
      deathSignal: 'INT',
    })
    await waitUntilReady(this.#process, log, () => this.#ask())
  }

  async #ask(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 2000 })
    // Without a listener an error after the answer would end the process.
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('select 1')
    } finally {
      await client.end()
    }
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    await this.#process?.stop(SIGNALS[mode])
  }

  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode)
    await this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate')
    await rm(this.#folder, { recursive: true, force: true })
  }
}
