import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApplication } from '../../src/domain/apps/applications.ts'
import { issueTokens } from '../../src/domain/apps/tokens.ts'
import { DEFAULT_PORTAL } from '../../src/domain/portals/portal.ts'
import { loadSettings } from '../../src/domain/portals/settings.ts'
import { ManualClock } from '../../src/kernel/clock.ts'
import { type TestServer, testServer } from '../support/server.ts'

const run = promisify(execFile)
const METHOD = 'imopenlines.crm.message.add'

let server: TestServer
const clock = new ManualClock(Date.now())
beforeAll(async () => {
  server = await testServer({ tlsPort: '0' }, { clock })
})
afterAll(() => server[Symbol.asyncDispose]())

function message(text: string) {
  const { lead, admin } = server.demo
  return { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead.id, USER_ID: admin.id, CHAT_ID: lead.chatId, MESSAGE: text }
}

/** A local application of the administrator with its tokens. */
async function application() {
  const portal = await server.app.portals.get(DEFAULT_PORTAL)
  return portal.store.write(async (tx) => {
    const app = await createApplication(tx, portal.ids, portal.clock.now(), {
      title: 'A client',
      scopes: ['imopenlines', 'crm', 'user'],
    })
    const tokens = await issueTokens(tx, portal.ids, portal.clock.now(), {
      applicationId: app.id,
      userId: server.demo.admin.id,
    })
    return { ...app, ...tokens, memberId: (await loadSettings(tx)).memberId }
  })
}

async function textOf(id: number): Promise<string | undefined> {
  const portal = await server.app.portals.get(DEFAULT_PORTAL)
  return (await portal.store.read.db.selectFrom('message').select('text').where('id', '=', id).executeTakeFirst())?.text
}

/** Posts as the page of the method shows it; options, such as whom to trust, go before. */
async function curl(url: string, body: object, ...options: string[]): Promise<{ result: number }> {
  const headers = ['-H', 'Content-Type: application/json', '-H', 'Accept: application/json']
  const shown = ['-X', 'POST', ...headers, '-d', JSON.stringify(body), url]
  const { stdout } = await run('curl', ['--silent', '--show-error', ...options, ...shown])
  return JSON.parse(stdout) as { result: number }
}

test('cURL with a webhook, as the page of the method shows it', async () => {
  const { result } = await curl(`${server.webhook}${METHOD}`, message('by cURL'))
  expect(await textOf(result)).toBe('by cURL')
})

test('cURL with OAuth, over TLS with the local authority', async () => {
  const body = { ...message('by cURL and OAuth'), auth: (await application()).accessToken }
  const { result } = await curl(`${server.tlsUrl}/rest/${METHOD}`, body, '--cacert', server.ca!)
  expect(await textOf(result)).toBe('by cURL and OAuth')
})

test('the official JavaScript SDK: webhook over TLS, batch, lists, OAuth with a renewal', async () => {
  const { clientId, clientSecret, accessToken, refreshToken, memberId, applicationToken } = await application()
  // The access token has run out, so that the SDK has to renew it before its first call succeeds.
  clock.advance(2 * 60 * 60 * 1000)
  const task = {
    webhook: `${server.tlsUrl}/rest/1/${server.secret}/`,
    message: message('by the SDK'),
    oauth: {
      url: server.tlsUrl,
      clientId,
      clientSecret,
      accessToken,
      refreshToken,
      memberId,
      applicationToken,
      userId: 1,
    },
  }
  const driver = new URL('./b24jssdk-driver.ts', import.meta.url).pathname
  const { stdout } = await run(process.execPath, [driver, JSON.stringify(task)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: server.ca },
  })
  const saw = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>
  expect(saw).toMatchObject({
    repeated: saw['hook'],
    refused: expect.stringContaining('Chat does not belong to the CRM entity being checked') as string,
    batch: { me: { ID: '1' }, lead: { ID: String(server.demo.lead.id) } },
    leads: 1,
    fetched: 1,
    healthy: true,
    renewals: 1,
  })
  expect(await textOf(saw['hook'] as number)).toBe('by the SDK')
  expect(await textOf(saw['oauth'] as number)).toBe('by the SDK')
})
