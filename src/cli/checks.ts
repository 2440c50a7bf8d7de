import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { Config } from '../config/load.ts'
import type { Portals } from '../domain/portals/portals.ts'
import { UserError, messageOf } from '../kernel/errors.ts'
import type { Check, Databases } from '../storage/databases.ts'
import { StoreUnavailable } from '../storage/unavailable.ts'
import { checkCertificate } from './certificate.ts'
import { nodeProblem } from './node-version.ts'
import { findRunning } from './running.ts'
import { withPortals } from './with-portals.ts'

/** What a check found. */
export type Finding = Check

const DAY = 86_400_000
const HOUR = 3_600_000
/** Cordboard is not older than this: a clock that says otherwise was never set. */
const FOUNDED = Date.UTC(2026, 0, 1)

const fine = (about: string, message: string): Finding => ({ ok: true, about, message })
const problem = (about: string, message: string): Finding => ({ ok: false, about, message })

function day(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().slice(0, 10)
}

export function checkNode(version: string): Finding {
  const wrong = nodeProblem(version)
  return wrong === undefined ? fine('Node', version) : problem('Node', wrong)
}

/** Whether the data folder can be written to, and by its owner only. */
export async function checkFolder(folder: string): Promise<Finding> {
  const about = 'data folder'
  try {
    const stats = await stat(folder)
    if (!stats.isDirectory()) return problem(about, `${folder} is a file: name a folder with --data`)
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0 && !(await isPrivate(join(folder, 'portals')))) {
      return problem(about, `${folder} can be read by other users of this machine: run chmod -R go= ${folder}`)
    }
    return fine(about, `${folder} can be written to`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'ENOENT') return checkParent(folder)
    return problem(
      about,
      `${folder} cannot be written to (${error.message}): give this user rights to it, or name another with --data`,
    )
  }
}

/** What is in a folder that others may enter is still safe below one that they may not. */
async function isPrivate(folder: string): Promise<boolean> {
  const stats = await stat(folder).catch(() => undefined)
  return stats === undefined || (stats.mode & 0o077) === 0
}

async function checkParent(folder: string): Promise<Finding> {
  const about = 'data folder'
  let parent = dirname(folder)
  while (parent !== dirname(parent) && !(await stat(parent).catch(() => undefined))) parent = dirname(parent)
  try {
    await access(parent, constants.W_OK | constants.X_OK)
    return fine(about, `${folder} is not there yet: "cordboard start" makes it`)
  } catch {
    return problem(
      about,
      `${folder} is not there and cannot be made: ${parent} cannot be written to. Name another with --data.`,
    )
  }
}

/** Looks at where the portals are, and at each of them. */
export async function checkDatabases(config: Config, now: number): Promise<Finding[]> {
  try {
    return await withPortals(config, async (portals) => [
      ...(await portals.databases.check()),
      ...(await checkPortals(portals, now)),
    ])
  } catch (error) {
    // A database that does not answer is what a doctor is asked about.
    if (error instanceof UserError || error instanceof StoreUnavailable) return [problem('database', messageOf(error))]
    throw error
  }
}

/** Reads each portal through. */
export async function checkPortals({ databases }: Portals, now: number): Promise<Finding[]> {
  const names = await databases.names()
  return names.length === 0
    ? [fine('portals', 'none yet')]
    : Promise.all(names.map((name) => checkPortal(databases, name, now)))
}

async function checkPortal(databases: Databases, name: string, now: number): Promise<Finding> {
  const about = `portal ${name}`
  const file = databases.place(name)
  try {
    const { damage, newerSteps, pendingSteps, newestAt } = await databases.inspect(name)
    if (damage.length > 0) return problem(about, `${file} is damaged (${damage[0]}): restore a backup`)
    if (newerSteps.length > 0)
      return problem(about, `a newer version has written it (schema step ${newerSteps.join(', ')}): use that version`)
    if (newestAt !== undefined && newestAt > now + HOUR) {
      return problem(
        about,
        `its newest message is of ${day(newestAt)}, which is in the future: the clock was set back, or is wrong now`,
      )
    }
    return fine(
      about,
      pendingSteps.length === 0 ? 'sound' : `sound; will take schema step ${pendingSteps.join(', ')} when it is opened`,
    )
  } catch (error) {
    return problem(about, `${file} cannot be read (${messageOf(error)}): restore a backup, or move the file away`)
  }
}

/** Whether the ports can be listened on, unless the server of this data folder is what listens there. */
export async function checkPorts({ host, port, tlsPort, data }: Config): Promise<Finding[]> {
  const server = await findRunning(data)
  const own = server
    ? [server.url, server.tlsUrl].flatMap((url) => (url === null ? [] : [Number(new URL(url).port)]))
    : []
  const findings = []
  for (const [wanted, option] of [
    [port, '--port'],
    [tlsPort, '--tls-port'],
  ] as const) {
    if (wanted === undefined) continue
    const about = `port ${wanted}`
    const wrong = own.includes(wanted) ? undefined : await listeningProblem(host, wanted)
    if (own.includes(wanted))
      findings.push(fine(about, `the server of this data folder listens there (process ${server?.pid})`))
    else if (wrong === undefined) findings.push(fine(about, `free on ${host}`))
    else
      findings.push(
        problem(
          about,
          `cannot be listened on at ${host} (${wrong}): stop what listens there, or choose another with ${option}`,
        ),
      )
  }
  return findings
}

function listeningProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

export function checkClock(now: number): Finding {
  return now >= FOUNDED
    ? fine('clock', new Date(now).toISOString())
    : problem('clock', `it says ${day(now)}, which is past: set the clock of this machine`)
}

/** Whether the certificate for HTTPS can be used, and for how long. */
export async function checkTls({ tlsPort, tlsCert, tlsKey, data }: Config, now: number): Promise<Finding[]> {
  const about = 'certificate'
  if (tlsCert !== undefined && tlsKey !== undefined) {
    try {
      return [validity(about, await checkCertificate(tlsCert, tlsKey), now, `get a new one into ${tlsCert}`)]
    } catch (error) {
      return [problem(about, messageOf(error))]
    }
  }
  const file = join(data, 'tls', 'ca.pem')
  const pem = await readFile(file, 'utf8').catch(() => undefined)
  if (pem === undefined) return tlsPort === undefined ? [] : [fine(about, 'is made at the next start')]
  try {
    const { validFrom, validTo } = new X509Certificate(pem)
    const authority = { validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) }
    return [
      validity(
        'local authority',
        authority,
        now,
        `delete ${dirname(file)}, start again, and let clients trust the new ${file}`,
      ),
    ]
  } catch {
    return [
      problem(
        'local authority',
        `${file} holds no certificate: delete ${dirname(file)}, start again, and let clients trust the new one`,
      ),
    ]
  }
}

function validity(
  about: string,
  { validFrom, validTo }: { validFrom: number; validTo: number },
  now: number,
  cure: string,
): Finding {
  if (now < validFrom) return problem(about, `valid only from ${day(validFrom)}: ${cure}, or set the clock`)
  if (now > validTo) return problem(about, `ended on ${day(validTo)}: ${cure}`)
  if (validTo - now < 7 * DAY) return problem(about, `ends on ${day(validTo)}: ${cure}`)
  return fine(about, `valid until ${day(validTo)}`)
}
