import { type ChildProcess, spawn } from 'node:child_process'
import { vi } from 'vitest'
import { run } from '../../src/cli/run.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
/** This process's environment may hold settings of somebody's own. */
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:CORDBOARD|OTEL)_/.test(name)))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has written to stdout so far. */
  readonly output: () => string
  /** The first line on stdout; fails when the process ends without one. */
  readonly firstLine: Promise<string>
}

/** Starts the command line as a process of its own. */
export function spawnCli(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...ENV, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')))
    })
    void ended.then(() => reject(new Error(`The process ended: ${stderr}`)))
  })
  firstLine.catch(() => {})
  return { child, ended, output: () => stdout, firstLine }
}

/** Runs the command line to its end. */
export function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return spawnCli(args, env).ended
}

/** The same within this process, which is quicker; for commands that do not set an exit code of their own. */
export async function runHere(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Omit<Ended, 'signal'>> {
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text)
      return true
    }),
  )
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  try {
    return { code: await run(args, { ...ENV, ...env }), ...written }
  } finally {
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  }
}
