import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'

const running = z.object({ pid: z.int(), url: z.url(), tlsUrl: z.url().nullable() })

/** A server that runs on a data folder, as it told there. */
export type Running = z.output<typeof running>

function fileOf(folder: string): string {
  return join(folder, 'server.json')
}

/** Tells the other commands where the server listens. */
export async function tellRunning(folder: string, server: Running): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(fileOf(folder), `${JSON.stringify(server)}\n`, { mode: 0o600 })
}

/** Takes back what this process told; what another one has told since stays. */
export async function untellRunning(folder: string): Promise<void> {
  if ((await told(folder))?.pid === process.pid) await rm(fileOf(folder), { force: true })
}

/** The server that runs on the data folder, if one answers: one that was killed could not take its word back. */
export async function findRunning(folder: string): Promise<Running | undefined> {
  const server = await told(folder)
  return server && isAlive(server.pid) && (await answers(server.url)) ? server : undefined
}

async function told(folder: string): Promise<Running | undefined> {
  const text = await readFile(fileOf(folder), 'utf8').catch(() => '')
  try {
    return running.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Whether something takes connections there. */
export function answers(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (protocol === 'https:' ? 443 : 80),
      timeout: 1_000,
    })
    const settle = (answer: boolean) => (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', settle(true)).once('error', settle(false)).once('timeout', settle(false))
  })
}
