import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { createApplication } from '../../src/domain/apps/applications.ts'
import { issueTokens } from '../../src/domain/apps/tokens.ts'
import { deactivateUser } from '../../src/domain/people/users.ts'
import { Readiness } from '../../src/http/readiness.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { createLogger } from '../../src/kernel/log.ts'
import { Dispatcher } from '../../src/rest/dispatch.ts'
import { Limits } from '../../src/rest/limits.ts'
import { ANNA, registry, testPortal } from '../support/portal.ts'

async function oauthServer() {
  const t = await testPortal()
  const { portal } = t
  let logged = ''
  const dispatcher = new Dispatcher({ portal, registry, limits: new Limits({}) })
  const logger = createLogger('info', { write: (line: string) => void (logged += line) })
  const server: FastifyInstance = await createHttpServer({
    logger,
    dispatcherFor: async () => dispatcher,
    callTime: 3_300,
    readiness: new Readiness({ checks: [], logger }),
    watch: { logger, registry },
  })
  const app = await portal.store.write((tx) =>
    createApplication(tx, portal.ids, t.clock.now(), { title: 'Desk', scopes: ['im', 'user'] }),
  )
  const issue = () =>
    portal.store.write((tx) => issueTokens(tx, portal.ids, t.clock.now(), { applicationId: app.id, userId: ANNA }))
  const credentials = { grant_type: 'refresh_token', client_id: app.clientId, client_secret: app.clientSecret }
  const params = async (): Promise<Record<string, string>> => ({
    ...credentials,
    refresh_token: (await issue()).refreshToken,
  })
  const get = async (query: Record<string, string>) => server.inject({ method: 'GET', url: '/oauth/token/', query })
  return Object.assign(t, { server, app, params, get, logged: () => logged })
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

test('a renewal answers every documented field', async () => {
  await using t = await oauthServer()
  const sent = await t.params()
  const response = await t.get(sent)
  expect(response.statusCode).toBe(200)
  expect(response.headers).toMatchObject({
    'cache-control': 'no-store',
    'content-type': expect.stringContaining('application/json') as string,
  })
  expect(response.json()).toEqual({
    access_token: expect.stringMatching(/^[0-9a-z]{32}$/) as string,
    client_endpoint: 'http://portal.test/rest/',
    domain: 'portal.test',
    expires: Math.floor(t.clock.now() / 1000) + 3600,
    expires_in: 3600,
    member_id: 'member',
    refresh_token: expect.stringMatching(/^[0-9a-z]{32}$/) as string,
    scope: 'im,user',
    server_endpoint: 'http://portal.test/rest/',
    status: 'L',
    user_id: ANNA,
  })
  const { access_token: token } = response.json<{ access_token: string }>()
  const called = await t.server.inject({
    method: 'POST',
    url: '/rest/user.current',
    headers: FORM,
    payload: `auth=${token}`,
  })
  expect(called.json()).toMatchObject({ result: { ID: String(ANNA) } })
})

test.each([
  [
    'GET with a query',
    (sent: Record<string, string>) => ({ method: 'GET', url: '/oauth/token', query: sent }) as const,
  ],
  [
    'a form',
    (sent: Record<string, string>) =>
      ({ method: 'POST', url: '/oauth/token/', headers: FORM, payload: String(new URLSearchParams(sent)) }) as const,
  ],
  ['JSON', (sent: Record<string, string>) => ({ method: 'POST', url: '/oauth/token/', payload: sent }) as const],
  [
    'POST with a query',
    (sent: Record<string, string>) => ({ method: 'POST', url: '/oauth/token/', query: sent }) as const,
  ],
  [
    'doubled slashes',
    (sent: Record<string, string>) => ({ method: 'GET', url: '//oauth//token//', query: sent }) as const,
  ],
])('takes %s', async (_, request) => {
  await using t = await oauthServer()
  const response = await t.server.inject(request(await t.params()))
  expect([response.statusCode, response.json()]).toEqual([200, expect.objectContaining({ user_id: ANNA })])
})

test.each([
  [{ grant_type: '' }, 400, 'invalid_request'],
  [{ grant_type: 'authorization_code' }, 400, 'unsupported_grant_type'],
  [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
  [{ client_id: '' }, 400, 'invalid_request'],
  [{ client_id: 'local.0.0' }, 401, 'invalid_client'],
  [{ client_secret: 'wrong' }, 401, 'invalid_client'],
  [{ refresh_token: '' }, 400, 'invalid_request'],
  [{ refresh_token: 'unknown' }, 400, 'invalid_grant'],
  [{ scope: 'im,crm' }, 400, 'invalid_scope'],
])('%o is refused with %i %s', async (change, status, error) => {
  await using t = await oauthServer()
  const response = await t.get({ ...(await t.params()), ...change })
  expect(response.statusCode).toBe(status)
  expect(response.json()).toEqual({ error, error_description: expect.stringMatching(/\w/) as string })
})

test('a spent token, and one of somebody who has left, is an invalid grant', async () => {
  await using t = await oauthServer()
  const [sent, other] = [await t.params(), await t.params()]
  expect((await t.get(sent)).statusCode).toBe(200)
  expect([(await t.get(sent)).statusCode, (await t.get(sent)).json()]).toEqual([
    400,
    expect.objectContaining({ error: 'invalid_grant' }),
  ])
  await t.portal.store.write((tx) => deactivateUser(tx, 1, ANNA))
  expect((await t.get(other)).json()).toMatchObject({ error: 'invalid_grant' })
})

test('two renewals at once: exactly one wins', async () => {
  await using t = await oauthServer()
  const sent = await t.params()
  const responses = await Promise.all([t.get(sent), t.get(sent)])
  expect(new Set(responses.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 400]))
})

test('what cannot be read is an invalid request, never a server error; nothing secret is logged', async () => {
  await using t = await oauthServer()
  const sent = await t.params()
  const json = { 'content-type': 'application/json' }
  const requests = [
    { headers: json, payload: '{' },
    { headers: json, payload: '[[[]]]' },
    { headers: json, payload: JSON.stringify({ ...sent, client_id: ['a'] }) },
    { headers: json, payload: JSON.stringify({ ...sent, refresh_token: { a: 1 } }) },
    { headers: json, payload: JSON.stringify({ ...sent, scope: 5 }) },
    { headers: FORM, payload: 'grant_type=%FF' },
    { headers: { 'content-type': 'text/plain' }, payload: 'x' },
  ]
  for (const request of requests) {
    const response = await t.server.inject({ method: 'POST', url: '/oauth/token/', ...request })
    expect([response.statusCode, response.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })])
  }
  const odd = await t.get({ ...sent, client_id: 'a\0b', refresh_token: '\uFFFD' })
  expect(odd.statusCode).toBe(401)
  expect(t.logged()).not.toContain(sent['refresh_token'])
})
