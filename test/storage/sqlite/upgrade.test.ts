import { spawn } from 'node:child_process'
import { once } from 'node:events'
import disk, { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Portals } from '../../../src/domain/portals/portals.ts'
import { ManualClock } from '../../../src/kernel/clock.ts'
import { UserError } from '../../../src/kernel/errors.ts'
import { migrations } from '../../../src/storage/migrations/migrate.ts'
import type { Migration } from '../../../src/storage/migrations/table.ts'
import { SqliteDatabases } from '../../../src/storage/sqlite/sqlite-databases.ts'
import { contentsOf, portalsIn } from '../../support/portals.ts'
import { temporaryFolder } from '../../support/folder.ts'

const STEP = '9000-of-a-test'
const KNOWN = [...migrations]

/** From now on this version knows one step more. */
function withStep(up: Migration['up']): void {
  ;(migrations as Migration[]).push({ name: STEP, up })
}

afterEach(() => {
  ;(migrations as Migration[]).splice(0, Infinity, ...KNOWN)
})

const adding: Migration['up'] = async ({ db, table }) => {
  await table('pin', (t) => t.id().integer('message_id'))
  await db.schema
    .alterTable('chat')
    .addColumn('topic', 'text', (c) => c.notNull().defaultTo('none'))
    .execute()
  await db.deleteFrom('crm_status').where('entity_id', '=', 'SOURCE').execute()
}

function forgetStep(): void {
  ;(migrations as Migration[]).pop()
}

const titles = (path: string): unknown[] => {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return database
      .prepare('select * from chat')
      .all()
      .map((row) => [row['title'], row['topic']])
  } finally {
    database.close()
  }
}

/** Opens the portal in a process of its own; answers its exit code, or the signal that ended it. */
async function openElsewhere(folder: string, title: string): Promise<number | string> {
  const opener = new URL('../../support/upgrade-opener.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [opener, folder, STEP, title], { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return code ?? signal ?? 'neither'
}

describe('a portal that lacks a schema step', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let portals: Portals
  let file: string

  beforeEach(async () => {
    folder = await temporaryFolder()
    portals = portalsIn(folder.path)
    onTestFinished(async () => {
      await portals.close()
      await folder[Symbol.asyncDispose]()
    })
    const { store } = await portals.create('main')
    await store.write((tx) =>
      tx.db.insertInto('chat').values({ kind: 'chat', title: 'One', createdAt: 1, updatedAt: 1 }).execute(),
    )
    await portals.close()
    portals = portalsIn(folder.path)
    file = portals.databases.place('main')
  })

  const files = async (): Promise<string[]> => (await readdir(folder.file('portals'))).toSorted()
  it.each(['opening it', 'migrate'] as const)('is upgraded by %s, and stays beside as it was', async (how) => {
    const before = await contentsOf(portals, 'main')
    withStep(adding)
    await (how === 'migrate' ? portals.databases.migrate('main') : portals.get('main'))
    const kept = `${file}.before-${STEP}`
    expect(titles(file)).toEqual([['One', 'none']])
    expect(titles(kept)).toEqual([['One', undefined]])
    await portals.close()
    expect(await files()).toEqual(['main.sqlite', `main.sqlite.before-${STEP}`])
    expect((await stat(file)).mode).toBe((await stat(kept)).mode)
    // What stays opens again with the version before, once it has its name back.
    forgetStep()
    await writeFile(portals.databases.place('again'), await readFile(kept))
    expect(await contentsOf(portals, 'again')).toEqual(before)
    expect(await portals.databases.names()).toEqual(['again', 'main'])
    await portals.databases.delete('main')
    expect(await files()).not.toContain(`main.sqlite.before-${STEP}`)
  })

  it('is told of when it is upgraded by opening it, once', async () => {
    withStep(adding)
    const told: unknown[] = []
    const databases = new SqliteDatabases({
      folder: folder.path,
      clock: new ManualClock(),
      onFatal: () => {},
      onUpgrade: (upgraded) => told.push(upgraded),
    })
    for (let n = 0; n < 2; n++) await (await databases.open('main')).close()
    expect(told).toEqual([{ portal: 'main', steps: [STEP], kept: `${file}.before-${STEP}` }])
  })

  it('says before what it means', async () => {
    expect(await portals.databases.planUpgrade('main')).toMatchObject({ steps: [] })
    withStep(adding)
    const plan = await portals.databases.planUpgrade('main')
    const rows = Object.values(await contentsOf(portals, 'main')).flat().length
    expect(plan).toMatchObject({ steps: [STEP], rows, bytes: (await stat(file)).size, seconds: 1 })
    expect(plan.disk!.needed).toBeGreaterThan(3 * plan.bytes)
    expect(plan.disk!.free).toBeGreaterThan(0)
    expect(plan.notes.join(' ')).toContain(`main.sqlite.before-${STEP}`)
    expect(await portals.databases.inspect('main')).toMatchObject({ pendingSteps: [STEP] })
  })

  it('is as it was when a step fails, and when a step loses rows of a table that is not its own', async () => {
    withStep(async (step) => {
      await adding(step)
      throw new Error('The step failed')
    })
    const before = titles(file)
    await expect(portals.get('main')).rejects.toThrow('The step failed')
    expect(titles(file)).toEqual(before)
    forgetStep()
    // A trigger's deletions are none of the step's own statements.
    withStep(async ({ db }) => {
      await db.schema.createTable('t').addColumn('a', 'integer').execute()
      await sqlOf(db, 'create trigger tr after insert on "t" begin delete from chat; end')
      await db.insertInto('t').values({ a: 1 }).execute()
    })
    await expect(portals.databases.migrate('main')).rejects.toThrow('Table chat had 1 rows and has 0 after steps')
    expect(titles(file)).toEqual(before)
    await portals.close()
    expect(await files()).toEqual(['main.sqlite'])
  })

  it('is refused while another process has it open, and upgraded once it has not', async () => {
    const other = new DatabaseSync(file)
    other.prepare('select 1 from chat').get()
    withStep(adding)
    const refused = portals.get('main')
    await expect(refused).rejects.toThrow(UserError)
    await expect(refused).rejects.toThrow('another process has it open: stop every server and command')
    other.exec("update chat set title = 'Still served'")
    other.close()
    await portals.get('main')
    expect(titles(file)).toEqual([['Still served', 'none']])
  })

  it('is upgraded by one of several processes that open it at once', { timeout: 60_000 }, async () => {
    const ended = Array.from({ length: 4 }, (_, n) => openElsewhere(folder.path, `chat ${n}`))
    expect(await Promise.all(ended)).toEqual([0, 0, 0, 0])
    expect(new Set(titles(file).map((row) => JSON.stringify(row)))).toEqual(
      new Set(['One', 'chat 0', 'chat 1', 'chat 2', 'chat 3'].map((title) => JSON.stringify([title, 'none']))),
    )
    expect(titles(file)).toHaveLength(5)
    expect((await files()).filter((name) => name.includes('.before-'))).toEqual([`main.sqlite.before-${STEP}`])
  })

  it('is as it was when the process is killed in the middle of a step', async () => {
    expect(await openElsewhere(folder.path, 'killed')).toBe('SIGKILL')
    await portals.get('main')
    expect(titles(file)).toEqual([['One', undefined]])
    expect(await portals.databases.inspect('main')).toMatchObject({ damage: [], pendingSteps: [] })
    await portals.close()
    expect(await openElsewhere(folder.path, 'later')).toBe(0)
    expect(titles(file)).toEqual([
      ['One', 'none'],
      ['later', 'none'],
    ])
    expect((await files()).filter((name) => !/-(?:wal|shm)$/.test(name))).toEqual([
      'main.sqlite',
      `main.sqlite.before-${STEP}`,
    ])
  })

  it('is refused before anything is done where the disk has too little room', async () => {
    withStep(adding)
    const real = disk.statfs
    disk.statfs = (async (...args: Parameters<typeof real>) =>
      Object.assign(await real(...args), { bavail: 1 })) as typeof real
    syncBuiltinESMExports()
    onTestFinished(() => {
      disk.statfs = real
      syncBuiltinESMExports()
    })
    await expect(portals.get('main')).rejects.toThrow(/which needs \d+ MB of disk; 1 MB are free\. Make room in/)
    expect(titles(file)).toEqual([['One', undefined]])
    expect((await files()).filter((name) => !/^main\.sqlite(?:-wal|-shm)?$/.test(name))).toEqual([])
  })

  it('is upgraded where an attempt was killed before', async () => {
    withStep(adding)
    await writeFile(`${file}.upgrading`, 'half a copy')
    await writeFile(`${file}.upgrading-wal`, 'and its log')
    await writeFile(`${file}.before-${STEP}`, 'an older one that somebody keeps')
    await portals.get('main')
    expect(titles(file)).toEqual([['One', 'none']])
    expect(titles(`${file}.before-${STEP}-2`)).toEqual([['One', undefined]])
    expect(await readFile(`${file}.before-${STEP}`, 'utf8')).toBe('an older one that somebody keeps')
  })

  it('keeps what only its log holds', async () => {
    // A process that was killed leaves the log beside the file.
    const worker = new Worker(
      `const { DatabaseSync } = require('node:sqlite'); const { workerData } = require('node:worker_threads')
       const database = new DatabaseSync(workerData); database.exec("pragma journal_mode = wal; pragma wal_autocheckpoint = 0")
       database.exec("update chat set title = 'In the log'"); require('node:fs').copyFileSync(workerData, workerData + '.k')
       require('node:fs').copyFileSync(workerData + '-wal', workerData + '.k-wal'); database.close()`,
      { eval: true, workerData: file },
    )
    await once(worker, 'exit')
    await writeFile(file, await readFile(`${file}.k`))
    await writeFile(`${file}-wal`, await readFile(`${file}.k-wal`))
    withStep(adding)
    await portals.get('main')
    expect(titles(file)).toEqual([['In the log', 'none']])
  })
})

async function sqlOf(db: Parameters<Migration['up']>[0]['db'], text: string): Promise<void> {
  const { sql } = await import('kysely')
  await sql.raw(text).execute(db)
}
