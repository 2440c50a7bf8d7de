import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createLogger } from '../../src/kernel/log.ts'
import { runHere } from '../support/cli.ts'
import { temporaryFolder } from '../support/folder.ts'
import { isThere } from '../support/peers.ts'
import { type PostgresServer, findPostgres, startPostgres } from '../support/postgres-server.ts'
import { type TestServer, testServer } from '../support/server.ts'

/** What another process has changed is seen within this, in milliseconds: a second, and room for a busy machine. */
const SOON = 1_500

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Calls a server at its own address, and names the portal as a proxy would. */
function call(base: string, path: string, host = 'main.test'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(new URL(path, base), { headers: { host }, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }),
      )
    })
      .once('error', reject)
      .end()
  })
}

const says = (error: string) => (answer: Answer) => answer.body['error'] === error
const is = (status: number) => (answer: Answer) => answer.status === status

/** Asks until the answer is the one that is waited for; fails when that is not soon. */
async function seen(what: string, ask: () => Promise<Answer>, expected: (answer: Answer) => boolean): Promise<void> {
  const from = performance.now()
  for (;;) {
    const answer = await ask()
    const took = performance.now() - from
    if (took > SOON) throw new Error(`${what}: ${JSON.stringify(answer)} after ${Math.round(took)} ms`)
    if (expected(answer)) return
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
}

const ADMIN = ['--user', '1']
const SHOP = ['--portal', 'shop']
const AT_SHOP = 'shop.test'

describe.runIf(isThere(findPostgres(), 'postgresql'))('servers on one database', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let postgres: PostgresServer
  let one: TestServer
  let other: App
  let urls: { readonly one: string; readonly other: string }
  let logged = ''

  beforeAll(async () => {
    folder = await temporaryFolder()
    postgres = await startPostgres()
    const flags = { database: postgres.url, ephemeral: false, rateLimit: 'enterprise', port: '0' }
    one = await testServer(flags)
    const logger = createLogger('info', { write: (line: string) => void (logged += line) })
    other = await createApp(loadConfig(flags, {}), { logger })
    urls = { one: one.url, other: (await other.listen()).url }
  })
  afterAll(async () => {
    await other[Symbol.asyncDispose]()
    await one[Symbol.asyncDispose]()
    await postgres[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  /** A command line, which is a process of its own as far as the database is concerned. */
  async function cli(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runHere([...args, '--database', postgres.url, '--data', folder.path])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout
  }

  async function json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await cli(...args, '--json')) as T
  }

  async function webhook(...options: string[]): Promise<{ id: number; path: string }> {
    const { id, url } = await json<{ id: number; url: string }>('webhook', 'create', ...ADMIN, ...options)
    return { id, path: new URL(url).pathname }
  }

  test('a webhook that one process revokes lets in nowhere within a second', async () => {
    const { id, path } = await webhook()
    for (const url of [urls.one, urls.other]) expect(await call(url, `${path}profile`)).toMatchObject({ status: 200 })
    await cli('webhook', 'revoke', String(id))
    await Promise.all(
      [urls.one, urls.other].map((url) =>
        seen('webhook revoked', () => call(url, `${path}profile`), says('NO_AUTH_FOUND')),
      ),
    )
  })

  test('so with the tokens of an application that is deleted', async () => {
    const { id } = await json<{ id: number }>('app', 'create', 'Another')
    const { accessToken } = await json<{ accessToken: string }>('app', 'token', String(id), ...ADMIN)
    const path = `/rest/scope?auth=${accessToken}`
    for (const url of [urls.one, urls.other]) expect(await call(url, path)).toMatchObject({ status: 200 })
    await cli('app', 'delete', String(id))
    await Promise.all(
      [urls.one, urls.other].map((url) => seen('application deleted', () => call(url, path), says('NO_AUTH_FOUND'))),
    )
  })

  test('so with who was dismissed at one of them', async () => {
    const { id } = await json<{ id: number }>('user', 'add', '--name', 'Zoe', '--email', 'zoe@example.com')
    const created = await json<{ url: string }>('webhook', 'create', '--user', String(id))
    const path = new URL(created.url).pathname
    for (const url of [urls.one, urls.other]) expect(await call(url, `${path}profile`)).toMatchObject({ status: 200 })
    const admin = new URL(one.webhook).pathname
    expect(await call(urls.one, `${admin}user.update?ID=${id}&ACTIVE=N`)).toMatchObject({ status: 200 })
    expect(await call(urls.one, `${path}profile`)).toMatchObject({ body: { error: 'user_access_error' } })
    await seen('person dismissed', () => call(urls.other, `${path}profile`), says('user_access_error'))
  })

  test('so with a setting', async () => {
    const { path } = await webhook()
    const offset = async (url: string): Promise<string> => {
      const { body } = await call(url, `${path}scope`)
      return (body['time'] as { date_start: string }).date_start.slice(-6)
    }
    expect([await offset(urls.one), await offset(urls.other)]).toEqual(['+00:00', '+00:00'])
    await cli('setting', 'set', 'timeZone', 'Asia/Tokyo')
    await Promise.all(
      [urls.one, urls.other].map((url) =>
        seen(
          'setting changed',
          () => call(url, `${path}scope`),
          ({ body }) => (body['time'] as { date_start: string }).date_start.endsWith('+09:00'),
        ),
      ),
    )
  })

  test('who has used up his bucket at one is refused by the other within a second', async () => {
    const { path } = await webhook()
    const statuses = await Promise.all(Array.from({ length: 280 }, () => call(urls.one, `${path}scope`)))
    expect(statuses.filter(is(503)).length).toBeGreaterThan(10)
    await seen('limit', () => call(urls.other, `${path}scope`), says('QUERY_LIMIT_EXCEEDED'))
  })

  test('a portal that another process makes is served, one that it deletes is not, while calls go on', async () => {
    // Until there is one of its own, the address is the default portal's.
    expect(await call(urls.other, '/rest/1/nobody/profile', AT_SHOP)).toMatchObject({ status: 401 })
    await cli('portal', 'create', 'shop')
    await cli('user', 'add', ...SHOP, '--admin', '--name', 'Ada', '--email', 'ada@example.com')
    const { path } = await webhook(...SHOP)
    const profile = (url: string) => (): Promise<Answer> => call(url, `${path}profile`, AT_SHOP)
    await Promise.all([urls.one, urls.other].map((url) => seen('portal made', profile(url), is(200))))

    const answers: Answer[] = []
    const state = { over: false }
    const stream = async (url: string, method: string): Promise<void> => {
      while (!state.over) {
        answers.push(await call(url, `${path}${method}`, AT_SHOP))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const streams = [urls.one, urls.other].flatMap((url) => [
      stream(url, 'profile'),
      stream(url, 'im.chat.add?TITLE=Another&USERS[]=1'),
    ])
    await cli('portal', 'delete', 'shop', '--yes')
    await Promise.all([urls.one, urls.other].map((url) => seen('portal deleted', profile(url), says('PORTAL_DELETED'))))
    state.over = true
    await Promise.all(streams)
    const errors = new Set(answers.map(({ body }) => body['error']))
    expect(errors).toContain('PORTAL_DELETED')
    expect(errors).not.toContain('INTERNAL_SERVER_ERROR')
    await expect
      .poll(async () => (await other.portals.opened()).map(({ name }) => name), { timeout: 3_000 })
      .toEqual(['main'])
    expect(await profile(urls.other)()).toMatchObject({ status: 500, body: { error: 'PORTAL_DELETED' } })

    await cli('portal', 'create', 'shop')
    await cli('user', 'add', ...SHOP, '--admin', '--name', 'Ada', '--email', 'ada@example.com')
    const again = await webhook(...SHOP)
    await seen('portal made again', () => call(urls.other, `${again.path}profile`, AT_SHOP), is(200))
  })

  test('nothing failed meanwhile', () => {
    expect(`${logged}${one.logged()}`).not.toContain('A call failed')
  })
})
