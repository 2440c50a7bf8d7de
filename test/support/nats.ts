import { rm, mkdtemp } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerProcess, freePort, onPath, startProcess, waitUntilReady } from './server-process.ts'

export interface NatsOptions {
  /** More arguments of `nats-server`, as `--user`. */
  readonly args?: readonly string[]
}

/** A NATS server of a test's own, on 127.0.0.1; gone with its folder when disposed of. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Starts it again at the same port, and waits until it answers. */
  start(): Promise<void>
  /** Does nothing where it does not run. */
  stop(): Promise<void>
}

/** Debian's `nats-server`, in the package of the same name; `undefined` where it is not on the machine. */
export function findNats(): string | undefined {
  return onPath('nats-server')
}

/** Starts a server and waits until it answers. */
export async function startNats({ args = [] }: NatsOptions = {}): Promise<NatsServer> {
  const command = findNats()
  if (command === undefined) throw new Error('NATS is not on this machine: install the Debian package nats-server')
  const folder = await mkdtemp(join(tmpdir(), 'cordboard-nats-'))
  const port = await freePort()
  const log = join(folder, 'log')
  let running: ServerProcess | undefined
  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    port,
    async start() {
      if (running?.hasEnded() === false) return
      running = await startProcess({
        command,
        args: ['--addr', '127.0.0.1', '--port', String(port), ...args],
        cwd: folder,
        log,
        deathSignal: 'TERM',
      })
      await waitUntilReady(running, log, () => greeted(port))
    },
    async stop() {
      await running?.stop('SIGTERM')
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

/** A NATS server speaks first. */
async function greeted(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = createConnection(port, '127.0.0.1')
  socket.setTimeout(2000, () => socket.destroy())
  socket.once('data', () => resolve())
  socket.once('error', reject)
  socket.once('close', () => reject(new Error('The server said nothing')))
  try {
    await promise
  } finally {
    socket.destroy()
  }
}
