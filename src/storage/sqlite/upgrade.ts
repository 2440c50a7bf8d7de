import { chmod, chown, link, realpath, rm, stat, statfs } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync, backup } from 'node:sqlite'
import { UserError } from '../../kernel/errors.ts'
import { syncFolder } from '../../kernel/files.ts'
import { migrate, refuseNewer, stepsOf } from '../migrations/migrate.ts'
import { sqliteDialect } from '../dialect.ts'
import type { Upgrade } from '../upgrade.ts'
import { migrateSqlite, openDatabase } from './sqlite-store.ts'
import { dataTables, quoted } from './sqlite-transfer.ts'
import { Statements, kyselyOn } from './statements.ts'

/**
 * Bytes of a portal that are copied, changed and checked in a second. A step that writes the largest table anew took
 * 75 MB/s on two cores with a fast disk; this is what a small machine manages.
 */
const RATE = 20_000_000
/** The copy, what the steps add, and their journal. */
const COPIES = 3
const MARGIN = 16 * 1024 * 1024
/** How long others may take to let go of the file, in milliseconds. */
const PATIENCE = 5_000

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`
}

/** The steps that a portal's file lacks; all of them where it has no schema yet. Refuses one of a newer version. */
function lackedSteps(database: DatabaseSync): string[] {
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
      seconds: Math.max(1, Math.ceil(bytes / RATE)),
      notes: [
        `The time is what copying, changing and checking takes at ${megabytes(RATE)} a second, which a small machine manages.`,
        `First the portal is copied to ${basename(file)}.before-${steps[0] ?? 'STEP'}, which stays until you delete it. Then all steps are taken and checked in one transaction: until its end the portal is as it was.`,
      ],
      disk: { needed, free },
    }
  } finally {
    database.close()
  }
}

/** What an upgrade did. */
interface Taken {
  readonly steps: readonly string[]
  /** The copy of what was; none where there was nothing to keep. */
  readonly kept?: string
}

/**
 * Brings a portal's file to the newest schema: it is copied, then all steps are taken and checked in one transaction.
 * Throws a `UserError` where another process has it open, or the disk is full; it is as it was
 * then. The copy never takes the place of the file: SQLite finds its log by the file's name, and whoever opened the old
 * one meanwhile would write into the log of the new one.
 */
export async function upgradeFile(given: string): Promise<Taken> {
  // It may be a link to another disk.
  const file = await realpath(given)
  const deadline = performance.now() + PATIENCE
  for (;;) {
    const taken = await tryUpgrade(file, performance.now() > deadline)
    if (taken) return taken
    // Those who met once would meet again if all waited as long.
    await sleep(20 + Math.random() * 80)
  }
}

/** Answers nothing where another process stands in the way, and throws where that has lasted `tooLong`. */
async function tryUpgrade(file: string, tooLong: boolean): Promise<Taken | undefined> {
  let database: DatabaseSync | undefined
  try {
    // Without waiting: of two that have the file open each would wait for the other to close it.
    database = openDatabase(file, 0)
    if (lackedSteps(database).length === 0) return { steps: [] }
    // One that has no schema at all holds nothing that could be lost.
    if (takenSteps(database).length === 0 && dataTables(database).length === 0)
      return { steps: await migrateSqlite(database) }
    holdAlone(database)
    // Another process may have taken them meanwhile.
    const [first] = lackedSteps(database)
    return first === undefined ? { steps: [] } : await upgradeAlone(database, file, first)
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

async function upgradeAlone(database: DatabaseSync, file: string, firstStep: string): Promise<Taken> {
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
    await giveToOwner(copy, file)
    let kept = copy
    const steps = await takeSteps(database, async () => {
      kept = await keepOld(copy, file, firstStep)
    })
    return { steps, kept }
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

/** Takes all steps and checks what became of the database, in one transaction; `beforeCommit` is the last before its end. */
async function takeSteps(database: DatabaseSync, beforeCommit: () => Promise<void>): Promise<string[]> {
  const rowsBefore = countRows(database)
  const tablesBefore = tableDefinitions(database)
  const statements = new Statements(database)
  database.exec('begin exclusive')
  try {
    const steps = await migrate(kyselyOn(statements, 'asIs'), sqliteDialect)
    refuseDamaged(database)
    const rows = countRows(database)
    const tables = tableDefinitions(database)
    for (const [table, count] of rowsBefore) {
      const isTouched = statements.written.has(table) || tables.get(table) !== tablesBefore.get(table)
      if (!isTouched && rows.get(table) !== count)
        throw new Error(`Table ${table} had ${count} rows and has ${rows.get(table)} after steps that are not about it`)
    }
    await beforeCommit()
    database.exec('commit')
    return steps
  } catch (error) {
    // The engine may have done so by itself, as it does when the disk is full.
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

function refuseDamaged(database: DatabaseSync): void {
  const lines = database.prepare('pragma integrity_check').all()
  const damage = lines.map((row) => String(row['integrity_check'])).find((line) => line !== 'ok')
  if (damage !== undefined)
    throw new UserError(
      `The portal is damaged (${damage}) and was left as it is: "cordboard doctor" tells more; restore a backup`,
    )
}

function tableDefinitions(database: DatabaseSync): Map<string, string> {
  const rows = database.prepare("select name, sql from sqlite_schema where type = 'table'").all()
  return new Map(rows.map(({ name, sql }) => [String(name), String(sql)]))
}

/** Gives the copy the name under which it stays, and answers it. */
async function keepOld(copy: string, file: string, firstStep: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = `${file}.before-${firstStep}${n === 1 ? '' : `-${n}`}`
    try {
      // A rename would put it in the place of another.
      await link(copy, name)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue
      throw error
    }
    await rm(copy)
    await syncFolder(dirname(file))
    return name
  }
}
