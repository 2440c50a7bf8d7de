import { chmod, chown, link, realpath, rename, rm, stat, statfs } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync, backup } from 'node:sqlite'
import { UserError } from '../../kernel/errors.ts'
import { syncFolder } from '../../kernel/files.ts'
import { refuseNewer, stepsOf } from '../migrations/migrate.ts'
import type { Upgrade } from '../upgrade.ts'
import { migrateSqlite, openDatabase } from './sqlite-store.ts'
import { dataTables, quoted } from './sqlite-transfer.ts'
import { Statements } from './statements.ts'

/** Bytes a second that a small machine copies, changes and reads through. */
const RATE = 20_000_000
/** The copy, what the steps add to it, and their journal. */
const COPIES = 3
const MARGIN = 16 * 1024 * 1024
/** How long others may take to let go of the file, in milliseconds. */
const PATIENCE = 5_000

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`
}

/** The steps that a portal's file lacks; all of them where it has no schema yet. Refuses one of a newer version. */
export function lackedSteps(database: DatabaseSync): string[] {
  const { newerSteps, pendingSteps } = stepsOf(takenSteps(database))
  refuseNewer(newerSteps, 'start that version, or restore a backup made with this one')
  return pendingSteps
}

function takenSteps(database: DatabaseSync): string[] {
  const has = database.prepare("select 1 from sqlite_schema where type = 'table' and name = 'schema_step'").get()
  if (!has) return []
  return database
    .prepare('select name from schema_step order by name')
    .all()
    .map(({ name }) => String(name))
}

function countRows(database: DatabaseSync): Map<string, number> {
  return new Map(
    dataTables(database).map((table) => {
      const counted = database.prepare(`select count(*) as n from ${quoted(table)}`).get()
      return [table, Number(counted?.['n'])]
    }),
  )
}

interface Disk {
  /** Of the database, with its log. */
  readonly bytes: number
  readonly needed: number
  readonly free: number
}

async function diskOf(file: string): Promise<Disk> {
  const log = await stat(`${file}-wal`).catch(() => undefined)
  const bytes = (await stat(file)).size + (log?.size ?? 0)
  const { bavail, bsize } = await statfs(dirname(file))
  return { bytes, needed: COPIES * bytes + MARGIN, free: bavail * bsize }
}

/** Says what the upgrade of a file means; changes nothing. */
export async function planUpgrade(given: string): Promise<Upgrade> {
  const file = await realpath(given)
  const { bytes, needed, free } = await diskOf(file)
  const database = new DatabaseSync(file, { readOnly: true, timeout: PATIENCE })
  try {
    const steps = lackedSteps(database)
    return {
      steps,
      rows: [...countRows(database).values()].reduce((sum, count) => sum + count, 0),
      bytes,
      seconds: Math.max(1, Math.ceil((COPIES * bytes) / RATE)),
      notes: [
        `The time is what copying, changing and checking takes at ${megabytes(RATE)} a second, which a small machine manages.`,
        `The portal is copied, and the copy changed and checked; then it takes the place of ${basename(file)}, which stays as ${basename(file)}.before-${steps[0] ?? 'STEP'} until you delete it.`,
      ],
      disk: { needed, free },
    }
  } finally {
    database.close()
  }
}

/**
 * Brings a portal's file to the newest schema by way of a copy: the old file is there, and in use by nobody, until the
 * copy is whole. Answers the steps taken. Throws a `UserError` where another process has it open, or the disk is full.
 */
export async function upgradeFile(given: string): Promise<string[]> {
  // It may be a link to another disk.
  const file = await realpath(given)
  const deadline = performance.now() + PATIENCE
  for (;;) {
    const steps = await tryUpgrade(file, performance.now() > deadline)
    if (steps) return steps
    // Those who met once would meet again if all waited as long.
    await sleep(20 + Math.random() * 80)
  }
}

/** Answers nothing where another process stands in the way, and throws where that has lasted `tooLong`. */
async function tryUpgrade(file: string, tooLong: boolean): Promise<string[] | undefined> {
  const before = await stat(file)
  let database: DatabaseSync | undefined
  try {
    // Without waiting: of two that have the file open each would wait for the other to close it.
    database = openDatabase(file, 0)
    const steps = lackedSteps(database)
    if (steps.length === 0) return []
    // One that has no schema at all holds nothing that could be lost.
    if (takenSteps(database).length === 0 && dataTables(database).length === 0) return await migrateSqlite(database)
    holdAlone(database)
    // Another process may have put its copy in the place meanwhile, and this is the old file.
    if ((await stat(file)).ino !== before.ino) return undefined
    return await upgradeAlone(database, file, steps[0]!)
  } catch (error) {
    if (!isBusy(error)) throw error
    if (!tooLong) return undefined
    throw new UserError(
      `${file} must be brought to the schema of this version, and another process has it open: stop every server and command on this folder first, then repeat this`,
      { cause: error },
    )
  } finally {
    if (database?.isOpen === true) database.close()
  }
}

const BUSY = 5

function isBusy(error: unknown): boolean {
  const cause = error instanceof UserError ? error.cause : error
  return cause instanceof Error && 'errcode' in cause && (Number(cause.errcode) & 0xff) === BUSY
}

/** Locks out every other process: only a file that nobody else has open leaves the mode with a log of its own. */
function holdAlone(database: DatabaseSync): void {
  database.exec('pragma locking_mode = exclusive')
  database.exec('pragma journal_mode = delete')
  // In this mode of locking the lock outlasts the transaction.
  database.exec('begin exclusive')
  database.exec('commit')
}

async function upgradeAlone(database: DatabaseSync, file: string, firstStep: string): Promise<string[]> {
  const { needed, free } = await diskOf(file)
  if (free < needed)
    throw new UserError(
      `${file} must be brought to the schema of this version, which needs ${megabytes(needed)} of disk; ${megabytes(free)} are free. Make room in ${dirname(file)} first.`,
    )
  const copy = `${file}.upgrading`
  const clear = async (): Promise<void> => {
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(copy + suffix, { force: true })
  }
  // What an earlier attempt left when its process was killed.
  await clear()
  try {
    await backup(database, copy, { rate: 1_000 })
    const steps = await upgradeCopy(copy, countRows(database))
    await giveToOwner(copy, file)
    await keepOld(file, firstStep)
    // There no file gives way that is open.
    if (process.platform === 'win32') database.close()
    await rename(copy, file)
    await syncFolder(dirname(file))
    return steps
  } catch (error) {
    await clear()
    throw error
  }
}

/** The copy belongs to whom the portal belongs to, whoever makes it. */
async function giveToOwner(copy: string, file: string): Promise<void> {
  const { mode, uid, gid } = await stat(file)
  await chmod(copy, mode & 0o777)
  if (process.getuid === undefined || uid === process.getuid()) return
  await chown(copy, uid, gid).catch((error: unknown) => {
    throw new UserError(`${file} belongs to another user: let that user bring it to the schema of this version`, {
      cause: error,
    })
  })
}

/** Takes the steps in the copy and checks it. */
async function upgradeCopy(copy: string, rowsBefore: ReadonlyMap<string, number>): Promise<string[]> {
  const database = openDatabase(copy)
  try {
    // Everything is in the one file once it is closed, and on the disk.
    database.exec('pragma journal_mode = delete')
    const ddlBefore = tableDefinitions(database)
    const statements = new Statements(database)
    const steps = await migrateSqlite(database, statements)
    const damage = database
      .prepare('pragma integrity_check')
      .all()
      .map((row) => String(row['integrity_check']))
      .filter((line) => line !== 'ok')
    if (damage.length > 0)
      throw new UserError(
        `The portal is damaged (${damage[0]}): it was left as it is. "cordboard doctor" tells more; restore a backup.`,
      )
    const ddl = tableDefinitions(database)
    const rows = countRows(database)
    for (const [table, count] of rowsBefore) {
      const isTouched = statements.written.has(table) || ddl.get(table) !== ddlBefore.get(table)
      if (!isTouched && rows.get(table) !== count)
        throw new Error(`Table ${table} had ${count} rows and has ${rows.get(table)} in the copy`)
    }
    return steps
  } finally {
    database.close()
  }
}

function tableDefinitions(database: DatabaseSync): Map<string, string> {
  const rows = database.prepare("select name, sql from sqlite_schema where type = 'table'").all()
  return new Map(rows.map(({ name, sql }) => [String(name), String(sql)]))
}

/** Gives the old file a second name, under which it stays. */
async function keepOld(file: string, firstStep: string): Promise<void> {
  const { ino } = await stat(file)
  for (let n = 1; ; n++) {
    const name = `${file}.before-${firstStep}${n === 1 ? '' : `-${n}`}`
    try {
      await link(file, name)
      return
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      // An attempt that was killed before the copy took the place has named it already.
      if ((await stat(name)).ino === ino) return
    }
  }
}
