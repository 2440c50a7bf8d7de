import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'
import { UserError, messageOf } from '../../kernel/errors.ts'
import { syncFolder } from '../../kernel/files.ts'
import { isPortalName } from '../../storage/databases.ts'
import { refuseNewer } from '../../storage/migrations/migrate.ts'
import { exportPortal, importPortal } from './export-file.ts'
import type { Portals } from './portals.ts'

/** The list of a backup's folder: each portal is an export file beside it. */
const LIST = 'backup.json'

const backedUp = z.object({
  name: z.string().refine(isPortalName),
  /** Beside the list: a name that leads elsewhere is none. */
  file: z.string().regex(/^[\w-][\w.-]*$/),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  rows: z.int().nonnegative(),
  /** The schema steps under which its rows were written. */
  steps: z.array(z.string()),
  /** Epoch milliseconds of the moment that it shows. */
  at: z.int(),
})

const backup = z.object({
  format: z.literal('cordboard-backup'),
  version: z.literal(1),
  /** The version of Cordboard that wrote it. */
  cordboard: z.string(),
  /** Epoch milliseconds. */
  createdAt: z.int(),
  portals: z.array(backedUp),
})

export type BackedUpPortal = z.output<typeof backedUp>
export type Backup = z.output<typeof backup>

export interface BackupOptions {
  /** The portals wanted; all where none is named. */
  readonly names: readonly string[]
  /** The version of Cordboard that writes it. */
  readonly version: string
  readonly clock: Clock
}

/**
 * Writes portals to a new folder, each as it stood at one moment, while servers go on. The folder is there whole or
 * not at all.
 */
export async function writeBackup(
  portals: Portals,
  folder: string,
  { names, version, clock }: BackupOptions,
): Promise<Backup> {
  const wanted = names.length > 0 ? [...new Set(names)] : await portals.names()
  if (wanted.length === 0) throw new UserError('There are no portals to back up')
  for (const name of wanted) await portals.mustExist(name)
  await mustBeFree(folder)
  const partial = `${folder}.partial`
  try {
    await mkdir(partial, { mode: 0o700 })
  } catch (error) {
    throw unwritable(folder, partial, error)
  }
  try {
    const createdAt = clock.now()
    const written = []
    for (const name of wanted) {
      const file = `${name}.cordboard.gz`
      const at = clock.now()
      written.push({ name, file, at, ...(await exportPortal(portals, name, join(partial, file), at)) })
    }
    const list = backup.parse({
      format: 'cordboard-backup',
      version: 1,
      cordboard: version,
      createdAt,
      portals: written,
    })
    await writeDurably(join(partial, LIST), `${JSON.stringify(list, undefined, 2)}\n`)
    await syncFolder(partial)
    // An empty folder gives way to it; one that was filled meanwhile does not.
    await rename(partial, folder)
    await syncFolder(dirname(folder))
    return list
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error instanceof Error && 'syscall' in error ? unwritable(folder, partial, error) : error
  }
}

async function mustBeFree(folder: string): Promise<void> {
  let files
  try {
    files = await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw unwritable(folder, folder, error)
  }
  if (files.length > 0) throw new UserError(`${folder} is not empty: name a folder that is not there yet`)
}

function unwritable(folder: string, partial: string, error: unknown): UserError {
  const code = codeOf(error)
  if (code === 'EEXIST')
    return new UserError(
      `${partial} is there: another backup is being written to ${folder}, or one was killed. Delete it if none is.`,
      { cause: error },
    )
  if (code === 'ENOTEMPTY')
    return new UserError(`${folder} has been filled meanwhile: name another folder`, { cause: error })
  return new UserError(
    `Cannot write the backup to ${folder}: ${messageOf(error)}. Name a new folder in one that can be written to.`,
    { cause: error },
  )
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Reads the list of a backup. */
async function readList(folder: string): Promise<Backup> {
  const file = join(folder, LIST)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT')
      throw new UserError(`${folder} is no backup: there is no ${LIST} in it`, { cause: error })
    throw new UserError(`Cannot read ${file}: ${messageOf(error)}`, { cause: error })
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new UserError(`${file} is damaged: it is not JSON. Copy the backup again, or use another one.`, {
      cause: error,
    })
  }
  const { format, version } = z
    .looseObject({ format: z.unknown(), version: z.unknown() })
    .catch({ format: 0, version: 0 })
    .parse(json)
  if (format !== 'cordboard-backup') throw new UserError(`${folder} is no backup that "cordboard backup" has written`)
  if (version !== 1)
    throw new UserError(
      `${folder} has format ${JSON.stringify(version)}; this version of Cordboard reads format 1: use the version that wrote it`,
    )
  const { success, data } = backup.safeParse(json)
  if (!success || new Set(data.portals.map(({ name }) => name)).size !== data.portals.length)
    throw new UserError(`${file} is damaged: it lacks something. Copy the backup again, or use another one.`)
  return data
}

/** Checks a backup, or the named portals of it: every file is there, byte for byte, and of a schema that is known. */
export async function checkBackup(folder: string, names: readonly string[] = []): Promise<BackedUpPortal[]> {
  const { portals } = await readList(folder)
  const absent = names.find((name) => !portals.some((portal) => portal.name === name))
  if (absent !== undefined)
    throw new UserError(
      `There is no portal "${absent}" in ${folder}: it holds ${portals.map(({ name }) => name).join(', ')}`,
    )
  const wanted = names.length > 0 ? portals.filter(({ name }) => names.includes(name)) : portals
  for (const portal of wanted) await checkFile(folder, portal)
  return wanted
}

async function checkFile(folder: string, { file, bytes, sha256, steps }: BackedUpPortal): Promise<void> {
  const path = join(folder, file)
  const hash = createHash('sha256')
  let found = 0
  try {
    await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk)
        found += chunk.length
      }
    })
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${messageOf(error)}. Copy the backup again, or use another one.`, {
      cause: error,
    })
  }
  if (found !== bytes)
    throw new UserError(
      `${path} has ${found} bytes and should have ${bytes}: copy the backup again, or use another one`,
    )
  if (hash.digest('hex') !== sha256)
    throw new UserError(`${path} was changed since it was written: copy the backup again, or use another one`)
  refuseNewer(steps, 'use that version to restore it')
}

/** A portal of a backup and the name that it shall have. */
export interface Restored {
  /** Its name in the backup. */
  readonly from: string
  readonly name: string
  readonly rows: number
}

export interface RestoreOptions {
  /** The portals wanted; all where none is named. */
  readonly names: readonly string[]
  /** The new name of the one portal wanted. */
  readonly as?: string | undefined
}

/** Makes the portals of a backup. Nothing is made unless all files are sound and all names are free. */
export async function restoreBackup(
  portals: Portals,
  folder: string,
  { names, as }: RestoreOptions,
): Promise<Restored[]> {
  const wanted = await checkBackup(folder, names)
  if (as !== undefined && wanted.length !== 1)
    throw new UserError(`--as names one portal, and ${wanted.length} are to be restored: name one with --portal`)
  const plan = wanted.map((portal) => ({ ...portal, as: as ?? portal.name }))
  for (const { as: name } of plan) await portals.checkNew(name)
  const restored: Restored[] = []
  for (const { name: from, as: name, file, rows: expected } of plan) {
    try {
      const { rows } = await importPortal(portals, name, join(folder, file))
      if (rows !== expected) throw new UserError(`${file} holds ${rows} rows and ${LIST} says ${expected}`)
      restored.push({ from, name, rows })
    } catch (error) {
      if (restored.length === 0 || !(error instanceof UserError)) throw error
      const done = restored.map((portal) => `"${portal.name}"`).join(', ')
      throw new UserError(`${error.message} These are restored already: ${done}.`, { cause: error })
    }
  }
  return restored
}
