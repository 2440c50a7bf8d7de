import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

const ROOT = new URL('../../', import.meta.url).pathname

/** A server under test: a process of its own that prints one line of JSON once it listens. */
export interface Server<Line> {
  readonly line: Line
  readonly port: number
  readonly pid: number
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

export async function startServer<Line extends { url: string }>(args: readonly string[]): Promise<Server<Line>> {
  const began = performance.now()
  const child = spawn(process.execPath, [...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
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
