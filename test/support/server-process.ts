import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'

export interface ServerCommand {
  readonly command: string
  readonly args: readonly string[]
  /** Where stdout and stderr go, added to what is there. */
  readonly log: string
  readonly cwd: string
  /** Starts it as this user of the machine; needs root. */
  readonly user?: string | undefined
  /** Sent by the kernel when this process dies without having stopped the server. */
  readonly deathSignal: 'INT' | 'TERM' | 'KILL'
}

/** A foreign server that a test started: a process known by its own pid. */
export interface ServerProcess {
  readonly pid: number
  /** It has ended, for whatever reason. */
  readonly ended: Promise<void>
  hasEnded(): boolean
  /** Sends the signal and waits for the end; does nothing where it has ended. */
  stop(signal: NodeJS.Signals): Promise<void>
}

/** The full name of a program on PATH. */
export function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  // Debian keeps servers where the PATH of ordinary users does not lead.
  return [...folders, '/usr/sbin', '/usr/local/sbin'].map((folder) => join(folder, program)).find(isExecutable)
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('A server on TCP has no port'))
      })
    })
  })
}

/** `command` with what makes it run as `user` and end with this process. `setpriv` becomes the command: the pid is its. */
export function privileged({ command, args, user, deathSignal }: Omit<ServerCommand, 'log' | 'cwd'>): string[] {
  const setpriv = onPath('setpriv')
  if (setpriv !== undefined) {
    const as = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--init-groups']
    return [setpriv, `--pdeathsig=${deathSignal}`, ...as, command, ...args]
  }
  const runuser = user === undefined ? undefined : onPath('runuser')
  if (user !== undefined && runuser === undefined) {
    throw new Error('Neither setpriv nor runuser is there to start a server as another user: install util-linux')
  }
  return runuser === undefined ? [command, ...args] : [runuser, '-u', user!, '--', command, ...args]
}

/** Starts the server and does not wait for it to listen. */
export async function startProcess(options: ServerCommand): Promise<ServerProcess> {
  const [command, ...args] = privileged(options)
  const log: FileHandle = await open(options.log, 'a')
  let child: ChildProcess
  try {
    child = spawn(command!, args, { cwd: options.cwd, stdio: ['ignore', log.fd, log.fd] })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
  } finally {
    await log.close()
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  return {
    pid: child.pid!,
    ended,
    hasEnded,
    async stop(signal) {
      if (hasEnded()) return
      child.kill(signal)
      await ended
    },
  }
}

/** Tries until `attempt` does not throw. Throws with the end of the server's log when it ended or the time is over. */
export async function waitUntilReady(
  server: ServerProcess,
  log: string,
  attempt: () => Promise<unknown>,
  milliseconds = 20_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (server.hasEnded() || performance.now() > deadline) {
        const what = server.hasEnded() ? 'The server ended at its start' : 'The server does not answer'
        throw new Error(`${what}. The end of its log:\n${await tailOf(log)}`, { cause: error })
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** The last lines of a text file; empty where there is none. */
export async function tailOf(file: string, lines = 25): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
