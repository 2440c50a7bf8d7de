import { writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { identify } from '../../src/domain/apps/credentials.ts'
import { runCli, runHere } from '../support/cli.ts'
import { temporaryFolder } from '../support/folder.ts'
import { portalsIn } from '../support/portals.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

// Some commands are processes of their own, on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000 })

beforeEach(async () => {
  folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
})

/** Runs a command on the test's data folder; it must succeed. */
async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere([...args, '--data', folder.file('data')])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function json<T>(...args: string[]): Promise<T> {
  const stdout = await run(...args, '--json')
  expect(stdout).toMatch(/^[^\n]+\n$/)
  return JSON.parse(stdout) as T
}

/** Runs a command that must fail with one line on stderr; answers the line. */
async function fails(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args, { CORDBOARD_DATA: folder.file('data') })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^cordboard: [^\n]+\n$/)
  expect(stderr).not.toMatch(/internal error|\bat .*\.ts:\d/)
  return stderr.slice('cordboard: '.length, -1)
}

describe('the commands', () => {
  it('take a portal from nothing to a webhook that lets in', async () => {
    expect(await run('portal', 'create', 'main')).toContain('cordboard user add --admin')
    const { id } = await json<{ id: number }>('user', 'add', '--admin', '--name', 'Ada', '--email', 'ada@example.com')
    expect(await json('user', 'list')).toMatchObject([{ id, name: 'Ada', isAdmin: true, active: true }])
    const webhook = await json<{ id: number; url: string }>(
      'webhook',
      'create',
      '--user',
      String(id),
      '--scope',
      'im,user',
      '--title',
      'Test',
    )
    const [, secret = ''] = /^http:\/\/127\.0\.0\.1:8024\/rest\/1\/([a-z0-9]+)\/$/.exec(webhook.url) ?? []
    expect(await json('webhook', 'list')).toMatchObject([
      { id: webhook.id, userId: id, title: 'Test', scopes: ['im', 'user'] },
    ])
    expect(await run('webhook', 'list')).not.toContain(secret)
    await using portals = portalsIn(folder.file('data'))
    const letIn = await identify(await portals.get('main'), { kind: 'webhook', userId: id, secret }, 0)
    expect(letIn).toMatchObject({ userId: id, isAdmin: true, scopes: ['im', 'user'] })
    await run('webhook', 'revoke', String(webhook.id))
    expect(await json('webhook', 'list')).toEqual([])
    expect(await fails('webhook', 'revoke', String(webhook.id))).toContain('There is no webhook 1')
  })

  it('give and take roles', async () => {
    await run('portal', 'create', 'main')
    await run('user', 'add', '--name', 'Ann')
    expect(await json('user', 'role', '1', '--add', 'sales', '--add', 'operators')).toEqual({
      id: 1,
      roles: ['operators', 'sales'],
    })
    expect(await run('user', 'role', '1', '--remove', 'sales')).toMatch(/^operators \(of /)
    expect(await fails('user', 'role', '1', '--add', 'king')).toContain('There is no role "king"')
    expect(await fails('user', 'role', '7', '--add', 'sales')).toContain('There is no employee with id 7')
  })

  it('register an application and give it tokens', async () => {
    await run('portal', 'create', 'shop')
    await run('user', 'add', '--portal', 'shop', '--name', 'Ada')
    const app = await json<{ id: number; clientId: string; clientSecret: string }>(
      'app',
      'create',
      'Desk',
      '--portal',
      'shop',
      '--scope',
      'im',
      '--handler-url',
      'https://example.com/h',
    )
    expect(await json('app', 'list', '--portal', 'shop')).toMatchObject([
      { id: app.id, title: 'Desk', clientId: app.clientId, handlerUrl: 'https://example.com/h' },
    ])
    expect(await run('app', 'list', '--portal', 'shop')).not.toContain(app.clientSecret)
    const tokens = await json<{ accessToken: string; clientEndpoint: string }>(
      'app',
      'token',
      String(app.id),
      '--user',
      '1',
      '--portal',
      'shop',
    )
    expect(tokens).toMatchObject({ scopes: ['im'], clientEndpoint: 'http://shop.localhost:8024/rest/' })
    await using portals = portalsIn(folder.file('data'))
    const caller = await identify(await portals.get('shop'), { kind: 'token', token: tokens.accessToken }, 0)
    expect(caller).toMatchObject({ userId: 1, via: { kind: 'application', id: app.id } })
    await run('app', 'delete', String(app.id), '--portal', 'shop')
    expect(await json('app', 'list', '--portal', 'shop')).toEqual([])
    expect(await fails('app', 'token', '1', '--user', '1', '--portal', 'shop')).toContain('There is no application 1')
    expect(await fails('app', 'create', 'X', '--portal', 'shop', '--handler-url', 'nowhere')).toContain(
      '--handler-url must be',
    )
  })

  it('show the address of a portal as others reach it', async () => {
    const at = ['--public-url', 'https://chat.example.com']
    expect(await json('portal', 'create', 'shop', ...at)).toMatchObject({ url: 'https://shop.chat.example.com' })
    expect(await json('portal', 'list', ...at)).toMatchObject([{ name: 'shop', url: 'https://shop.chat.example.com' }])
    await run('user', 'add', '--portal', 'shop', '--name', 'Ada')
    expect(await json('webhook', 'create', '--user', '1', '--portal', 'shop', ...at)).toMatchObject({
      url: expect.stringMatching(/^https:\/\/shop\.chat\.example\.com\/rest\/1\/\w+\/$/) as unknown,
    })
  })

  it('show and change settings by their type', async () => {
    await run('portal', 'create', 'main')
    expect(await run('setting', 'list')).toContain('IANA time zone of dates')
    await run('setting', 'set', 'timeZone', 'Europe/Berlin')
    await run('setting', 'set', 'restrictSender', 'on')
    expect(await json('setting', 'list')).toMatchObject({
      timeZone: 'Europe/Berlin',
      restrictSender: true,
      language: 'en',
    })
    expect(await fails('setting', 'set', 'timeZone', 'Mars/Olympus')).toContain('timeZone cannot be "Mars/Olympus"')
    expect(await fails('setting', 'set', 'restrictSender', 'perhaps')).toContain('restrictSender cannot be "perhaps"')
    expect(await fails('setting', 'set', 'toString', 'x')).toContain('There is no setting "toString"')
    expect(await fails('setting', 'set', 'memberId', 'x')).toContain('memberId never changes')
  })

  it('export a portal, delete it and take it in again', async () => {
    await run('portal', 'create', 'main')
    await run('user', 'add', '--name', 'Ada')
    await run('portal', 'export', 'main', folder.file('main.gz'))
    expect(await fails('portal', 'delete', 'main')).toContain('repeat it with --yes')
    await run('portal', 'delete', 'main', '--yes')
    expect(await json('portal', 'list')).toEqual([])
    expect(await run('portal', 'create', 'again', '--from', folder.file('main.gz'))).toContain(
      'Portal "again" is at http://again.localhost:8024',
    )
    expect(await json('user', 'list', '--portal', 'again')).toMatchObject([{ name: 'Ada' }])
    expect(await fails('portal', 'create', 'third', '--from', folder.file('none.gz'))).toContain('Cannot take in')
  })

  it('bring a portal to the newest schema and say which steps it took', async () => {
    await run('portal', 'create', 'old')
    await run('portal', 'create', 'new')
    const file = folder.file('data/portals/old.sqlite')
    await run('portal', 'delete', 'old', '--yes')
    new DatabaseSync(file).close()
    expect(await run('migrate')).toMatch(/^new: nothing to do\nold: lacks 0001-initial[^]*\nold: took 0001-initial/)
    expect(await run('migrate')).toBe('new: nothing to do\nold: nothing to do\n')
  })

  it('find out what is wrong, with an exit code for it', async () => {
    expect(await run('doctor', '--port', '0')).toMatch(/^(ok .*\n)+$/)
    await run('portal', 'create', 'main')
    await writeFile(folder.file('data/portals/bad.sqlite'), 'not a database at all')
    const { code, stdout } = await runCli(['doctor', '--port', '0', '--data', folder.file('data')])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^PROBLEM {2}portal bad: .*restore a backup/m)
    expect(stdout).toMatch(/^ok {7}portal main: sound$/m)
  })
})

describe('what the person at the keyboard can mend', () => {
  it.each([
    [['strat'], "unknown command 'strat' (Did you mean start?)"],
    [['start', '--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
    [['start', 'now'], 'too many arguments'],
    [['start', '--port', '99999'], '--port must be a number from 0 to 65535, not "99999"'],
    [['start', '--port'], "option '--port <number>' argument missing"],
    [['start', '--tls-port', '0', '--tls-cert', 'x.pem'], '--tls-cert needs --tls-key'],
    [['webhook', 'create'], "required option '--user <id>' not specified"],
    [['webhook', 'create', '--user', 'x'], '--user must be a whole number from 1, not "x"'],
    [['webhook', 'create', '--user', '1', '--scope', 'nothing'], 'There is no scope "nothing"'],
    [['user', 'list', '--portal', 'none'], 'There is no portal "none"'],
    [['user', 'list', '--portal', '../../x'], 'There is no portal "../../x"'],
    [['portal', 'create', 'No Name'], '"No Name" cannot name a portal'],
    [['portal', 'create'], "missing required argument 'name'"],
    [['portal', 'create', 'main', '--data', '/dev/null/x'], 'Cannot make the data folder /dev/null/x'],
  ])('%j', async (args, message) => {
    expect(await fails(...args)).toContain(message)
  })

  it('is told of a person: e-mail addresses, departments', async () => {
    await run('portal', 'create', 'main')
    await run('user', 'add', '--name', 'Ada', '--email', 'ada@example.com')
    expect(await fails('user', 'add', '--name', 'Eve', '--email', 'ADA@example.com')).toContain(
      'Somebody has the address ADA@example.com already',
    )
    expect(await fails('user', 'add', '--name', 'Eve', '--email', 'eve')).toContain('"eve" is no e-mail address')
    expect(await fails('user', 'add', '--name', 'Eve', '--department', '9')).toContain('There is no department 9')
    expect(await fails('webhook', 'create', '--user', '2')).toContain('There is no active employee with id 2')
  })

  it('is told of data that is newer, or something else', async () => {
    await run('portal', 'create', 'main')
    const database = new DatabaseSync(folder.file('data/portals/main.sqlite'))
    database.exec("insert into schema_step values ('9999-future')")
    database.close()
    expect(await fails('user', 'list')).toContain('written by a newer version of Cordboard')
    await writeFile(folder.file('data/portals/main.sqlite'), 'not a database at all')
    expect(await fails('user', 'list')).toContain('Check that the file is a Cordboard portal')
  })

  it('shows where an error comes from when asked', async () => {
    const { stderr } = await runHere(['user', 'list', '--data', folder.file('data')], { CORDBOARD_LOG_LEVEL: 'debug' })
    expect(stderr).toMatch(/^cordboard: There is no portal "main"[^\n]*\n[^]*\n +at /)
  })
})

describe('as a process', () => {
  it('a command ends with 0, or with 1 and one line on stderr', async () => {
    const env = { CORDBOARD_DATA: folder.file('data') }
    expect(await runCli(['portal', 'create', 'main'], env)).toMatchObject({ code: 0, stderr: '' })
    expect(await runCli(['portal', 'create', 'main'], env)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'cordboard: There is a portal "main" already: choose another name, or delete that one first\n',
    })
    expect(await runCli(['portal', 'list', '--jsn'], env)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: "cordboard: unknown option '--jsn' (Did you mean --json?)\n",
    })
  })
})

describe('help', () => {
  it.each([[[]], [['start']], [['portal']], [['portal', 'create']], [['doctor']], [['app', 'token']]])(
    'is there for %j',
    async (args) => {
      const { code, stdout, stderr } = await runHere([...args, '--help'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(['Usage: cordboard', ...args].join(' '))
    },
  )

  it('tells the version in two ways', async () => {
    expect((await runCli(['version'])).stdout).toMatch(/^cordboard \d+\.\d+\.\d+ \(Node \d+/)
    expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
