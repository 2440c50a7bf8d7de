import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { privileged } from './server-process.ts'

const ROOT = new URL('../../', import.meta.url).pathname

export interface ServerOptions {
  /** The whole environment; that of the tests where it is left out. */
  readonly env?: NodeJS.ProcessEnv
  /** A file that takes what the server logs, added to what is there; the output of the tests where it is left out. */
  readonly log?: string
}

/** A server under test: a process of its own that prints one line of JSON once it listens. */
export interface Server<Line> {
  readonly line: Line
  readonly port: number
  readonly pid: number
  /** Settles when the process has ended, for whatever reason. */
  readonly ended: Promise<void>
  /** Milliseconds from the start of the process until it listened. */
  readonly startedIn: number
  /** Resident memory in bytes. */
  memory(): Promise<number>
  stop(): Promise<void>
  /** kill -9 */
  kill(): Promise<void>
}

async function residentMemory(process: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}

export async function startServer<Line extends { url: string }>(
  args: readonly string[],
  { env, log }: ServerOptions = {},
): Promise<Server<Line>> {
  const began = performance.now()
  const stderr = log === undefined ? undefined : await open(log, 'a')
  const [command, ...rest] = privileged({ command: process.execPath, args, user: undefined, deathSignal: 'KILL' })
  const child = spawn(command!, rest, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', stderr?.fd ?? 'inherit'],
    env: env ?? process.env,
  }) as ChildProcessByStdio<null, Readable, null>
  await stderr?.close()
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const first = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then(() => Promise.reject(new Error(`The server ended before it listened: ${args.join(' ')}`))),
  ])
  // Printed by the server itself as the one line that --json promises.
  const line = JSON.parse(first) as Line
  return {
    line,
    port: Number(new URL(line.url).port),
    pid: child.pid!,
    ended,
    startedIn: performance.now() - began,
    memory: () => residentMemory(child),
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
