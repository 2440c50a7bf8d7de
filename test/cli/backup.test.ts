import { appendFile, readdir } from 'node:fs/promises'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { migrations } from '../../src/storage/migrations/migrate.ts'
import type { Migration } from '../../src/storage/migrations/table.ts'
import { runCli, runHere, spawnCli } from '../support/cli.ts'
import { temporaryFolder } from '../support/folder.ts'
import { findPostgres, startPostgres } from '../support/postgres-server.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

vi.setConfig({ testTimeout: 90_000 })

beforeEach(async () => {
  folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
})

async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args, { CORDBOARD_DATA: folder.file('data') })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function fails(...args: string[]): Promise<string> {
  const { code, stderr } = await runHere(args, { CORDBOARD_DATA: folder.file('data') })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^cordboard: [^\n]+\n$/)
  expect(stderr).not.toContain('internal error')
  return stderr.slice('cordboard: '.length, -1)
}

describe('cordboard backup and restore', () => {
  it('write all portals beside a server that runs, check them, and make them again', async () => {
    const args = ['--data', folder.file('data'), '--port', '0']
    const server = spawnCli(['start', '--json', ...args])
    try {
      const { webhook } = JSON.parse(await server.firstLine) as { webhook: string }
      const response = await fetch(`${webhook}crm.lead.add?fields[TITLE]=Kept`)
      expect(response.status).toBe(200)
      await run('portal', 'create', 'second')
      expect(await run('backup', folder.file('b'))).toMatch(
        /^PORTAL +ROWS +SIZE +AS OF\nmain +\d+ +[\d.]+ kB +\d{4}-.*Z\nsecond .*\n\nThe backup is in .*\/b:/,
      )
    } finally {
      server.child.kill('SIGTERM')
      await server.ended
    }
    expect(await run('restore', folder.file('b'), '--check')).toContain('is whole.')
    expect(await fails('restore', folder.file('b'))).toContain('There is a portal "main" already')
    expect(await run('restore', folder.file('b'), '--portal', 'main', '--as', 'copy')).toMatch(
      /^Portal "copy" is restored from "main", with \d+ rows\.\n$/,
    )
    expect(await run('user', 'list', '--portal', 'copy')).toBe(await run('user', 'list'))
    const elsewhere = ['--data', folder.file('other'), '--json']
    expect(JSON.parse(await run('restore', folder.file('b'), ...elsewhere))).toMatchObject({
      portals: [{ from: 'main', name: 'main' }, { name: 'second' }],
    })
    await appendFile(folder.file('b/main.cordboard.gz'), 'x')
    expect(await fails('restore', folder.file('b'), '--check')).toContain('bytes and should have')
    expect(await fails('restore', folder.file('b'), '--check', '--as', 'x')).toContain('leave out --as')
    expect(await fails('backup', folder.file('b'))).toContain('is not empty')
    expect(await fails('backup', folder.file('c'), '--data', folder.file('none'))).toContain('There are no portals')
  })

  it('end with 1 and one line where the backup is not whole', async () => {
    expect(await runCli(['restore', folder.file('nothing'), '--check'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `cordboard: ${folder.file('nothing')} is no backup: there is no backup.json in it\n`,
    })
  })

  it('name the folder by the time where none is given', async () => {
    await run('portal', 'create', 'main')
    vi.spyOn(process, 'cwd').mockReturnValue(folder.path)
    onTestFinished(() => void vi.restoreAllMocks())
    const { folder: written } = JSON.parse(await run('backup', '--json')) as { folder: string }
    expect(written).toMatch(/\/cordboard-backup-\d{8}T\d{6}$/)
    expect(await readdir(folder.path)).toContain(written.split('/').at(-1))
  })
})

describe('cordboard migrate', () => {
  it('says what it would do, and does it only when no server runs', async () => {
    const server = spawnCli(['start', '--json', '--data', folder.file('data'), '--port', '0'])
    try {
      await server.firstLine
      ;(migrations as Migration[]).push({ name: '9000-of-a-test', up: ({ table }) => table('pin', (t) => t.id()) })
      onTestFinished(() => void (migrations as Migration[]).pop())
      expect(await run('migrate', '--dry-run')).toMatch(
        /^main: lacks 9000-of-a-test; \d+ rows, [\d.]+ kB, about 1 s\n {2}It needs [\d.]+ MB of disk; .* are free\.\n {2}The time .*\n {2}First the portal is copied to main\.sqlite\.before-9000-of-a-test, which stays .*\n$/,
      )
      expect(await fails('migrate')).toMatch(/A server is using the portals \(process \d+.*stop it first/)
    } finally {
      server.child.kill('SIGTERM')
      await server.ended
    }
    expect(await run('migrate')).toMatch(/^main: lacks 9000-of-a-test[^]*\nmain: took 9000-of-a-test\n$/)
    expect(await run('migrate')).toBe('main: nothing to do\n')
    expect(JSON.parse(await run('migrate', '--json'))).toMatchObject([{ name: 'main', steps: [], done: false }])
    expect(await readdir(folder.file('data/portals'))).toContain('main.sqlite.before-9000-of-a-test')
  })
})

describe.runIf(findPostgres() !== undefined)('over PostgreSQL', () => {
  it('doctor looks at the server, migrate takes all steps in one transaction', async () => {
    await using server = await startPostgres({ fsync: true })
    const at = ['--database', server.url]
    await run('portal', 'create', 'main', ...at)
    expect(await run('doctor', '--port', '0', ...at)).toMatch(
      /^ok {7}database: PostgreSQL \d+.*UTF8\nok {7}database durability: .*\nok {7}database connections: the server takes \d+.*up to 10\nok {7}database clock: .*\nok {7}database rights: postgres may make portals in postgres\nok {7}portal main: sound$/m,
    )
    ;(migrations as Migration[]).push({ name: '9000-of-a-test', up: ({ table }) => table('pin', (t) => t.id()) })
    onTestFinished(() => void (migrations as Migration[]).pop())
    expect(await run('migrate', '--dry-run', ...at)).toMatch(
      /^main: lacks 9000-of-a-test; 1\d\d rows, .* about 1 s\n.*\n {2}All steps are one transaction: the old schema is there until it is committed/,
    )
    expect(await run('migrate', ...at)).toMatch(/\nmain: took 9000-of-a-test\n$/)
    expect(await run('backup', folder.file('b'), ...at)).toContain('The backup is in')
    expect(await run('restore', folder.file('b'))).toContain('Portal "main" is restored, with')
  })

  it('doctor says what would lose messages, and that the server does not answer', async () => {
    await using server = await startPostgres({ settings: { max_connections: 20, synchronous_commit: 'off' } })
    const args = ['doctor', '--port', '0', '--data', folder.file('data'), '--database', server.url]
    const { code, stdout } = await runCli([...args, '--database-pool', '50'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^PROBLEM {2}database durability: .*set fsync, synchronous_commit to on/m)
    expect(stdout).toMatch(/^PROBLEM {2}database connections: the server takes 17, .* up to 50: raise max_connections/m)
    await server.stop()
    const gone = await runCli(args)
    expect(gone.code).toBe(1)
    expect(gone.stdout).toMatch(/^PROBLEM {2}database: Cannot use the PostgreSQL database: .*ECONNREFUSED/m)
    expect(gone.stdout).toMatch(/^ok {7}data folder: /m)
  })
})
