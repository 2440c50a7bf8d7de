import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createLogger } from '../../src/kernel/log.ts'
import { type TestServer, testServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await testServer()
})
afterAll(() => server[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  // What a client would see; each test looks at the part that it is about.
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(new URL(path, server.webhook), init)
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  }
}

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const form = (body: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body,
})

const message = (text: string) => ({
  CRM_ENTITY_TYPE: 'lead',
  CRM_ENTITY: server.demo.lead.id,
  USER_ID: server.demo.admin.id,
  CHAT_ID: server.demo.lead.chatId,
  MESSAGE: text,
})
const METHOD = 'imopenlines.crm.message.add'

async function lastTexts(count: number): Promise<string[]> {
  const { body } = await ask(
    'im.dialog.messages.get',
    json({ DIALOG_ID: `chat${server.demo.lead.chatId}`, LIMIT: count }),
  )
  const { messages } = body['result'] as { messages: { id: number; text: string }[] }
  return messages.toSorted((a, b) => a.id - b.id).map(({ text }) => text)
}

describe('paths and verbs', () => {
  test.each(['profile', 'PROFILE', 'profile/', 'profile.json', 'profile.json/', 'Profile.JSON'])(
    '%s by webhook',
    async (path) => {
      for (const init of [{}, json({}), json([]), form('')]) {
        const { status, body } = await ask(path, init)
        expect(status).toBe(200)
        expect(body['result']).toMatchObject({ ADMIN: true })
      }
    },
  )

  test('slashes may be doubled', async () => {
    expect((await ask(`//rest//1//${server.secret}///profile//`.replace('//rest', `${server.url}//rest`))).status).toBe(
      200,
    )
  })

  test('.xml answers XML', async () => {
    const response = await fetch(`${server.webhook}profile.xml`)
    expect(response.headers.get('content-type')).toMatch(/^text\/xml/)
    expect(await response.text()).toMatch(/^<\?xml version="1\.0" encoding="utf-8"\?>\n<response><result><ID>1<\/ID>/)
  })

  test('the newer protocol says that it is not available, in its own form', async () => {
    const { status, body } = await ask(`/rest/api/1/${server.secret}/tasks.task.get`, json({}))
    expect(status).toBe(404)
    expect(body).toEqual({
      error: {
        code: expect.any(String) as string,
        message: expect.stringContaining('tasks.task.get') as string,
        validation: [],
      },
    })
  })

  test('any page may call', async () => {
    const preflight = await fetch(`${server.webhook}profile`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://page.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(
      (await ask('profile', { headers: { origin: 'https://page.example' } })).headers.get(
        'access-control-allow-origin',
      ),
    ).toBe('*')
  })

  test('fifty commands in a query fit into the header', async () => {
    const query = Array.from(
      { length: 50 },
      (_, n) => `cmd[c${n}]=${encodeURIComponent(`profile?pad=${'x'.repeat(2_000)}`)}`,
    ).join('&')
    const { body } = await ask(`batch?${query}`)
    expect(Object.keys((body['result'] as { result: object }).result)).toHaveLength(50)
  })
})

describe('bodies', () => {
  test('JSON, form, multipart and query say the same', async () => {
    const text = 'Grüße & [b]1+1=2[/b]'
    const fields = Object.entries(message(text)).map(([key, value]) => [key, String(value)] as const)
    const query = new URLSearchParams(fields.map(([key, value]) => [key, value])).toString()
    const multipart = new FormData()
    for (const [key, value] of fields) multipart.append(key, value)
    for (const [path, init] of [
      [METHOD, json(message(text))],
      [METHOD, form(query)],
      [METHOD, { method: 'POST', body: multipart }],
      [`${METHOD}?${query}`, {}],
      [`${METHOD}?CRM_ENTITY_TYPE=deal&${query}`, {}],
    ] as const) {
      expect(await ask(path, init)).toMatchObject({ status: 200, body: { result: expect.any(Number) as number } })
    }
    expect(await lastTexts(5)).toEqual(Array(5).fill(text))
  })

  test('the body wins over the query', async () => {
    const { status } = await ask(`${METHOD}?MESSAGE=query&CRM_ENTITY_TYPE=nonsense`, json(message('body')))
    expect(status).toBe(200)
    expect(await lastTexts(1)).toEqual(['body'])
  })

  test('positional parameters', async () => {
    const { lead, admin } = server.demo
    const { status } = await ask(METHOD, form(`0=lead&1=${lead.id}&2=${admin.id}&3=${lead.chatId}&4=by+position`))
    expect(status).toBe(200)
    expect(await lastTexts(1)).toEqual(['by position'])
  })
})

describe('the envelope', () => {
  test('every success tells its time in full', async () => {
    const { body } = await ask('server.time')
    const time = body['time'] as Record<string, unknown>
    expect(Object.keys(time).toSorted()).toEqual(
      [
        'date_finish',
        'date_start',
        'duration',
        'finish',
        'operating',
        'operating_reset_at',
        'processing',
        'start',
      ].toSorted(),
    )
    expect(time['operating_reset_at']).toSatisfy(Number.isInteger)
    expect(time['date_start']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
  })
})

describe('who may', () => {
  test.each([
    ['no token', '/rest/profile', 401, 'NO_AUTH_FOUND'],
    ['an unknown token', '/rest/profile?auth=nonsense', 401, 'NO_AUTH_FOUND'],
    ['a wrong webhook', '/rest/1/abcdefghijklmnop/profile', 401, 'NO_AUTH_FOUND'],
    ['somebody else’s webhook', () => `/rest/2/${server.secret}/profile`, 401, 'NO_AUTH_FOUND'],
    ['an unknown method', 'imopenlines.crm.mesage.add', 404, 'ERROR_METHOD_NOT_FOUND'],
  ])('%s', async (_, path, status, code) => {
    const answer = await ask(typeof path === 'string' ? path : path())
    expect(answer).toMatchObject({ status, body: { error: code } })
  })

  test('an unknown method is told with the nearest one', async () => {
    expect((await ask('imopenlines.crm.mesage.add')).body['error_description']).toContain(METHOD)
  })

  test('a secret never comes back and is never logged', async () => {
    for (const path of [
      `/rest/1/${server.secret}x/profile`,
      `/rest/profile?auth=verysecret`,
      `/rest/1/${server.secret}/no.such.method`,
    ]) {
      const response = await fetch(new URL(path, server.url))
      expect(await response.text()).not.toMatch(new RegExp(`${server.secret}|verysecret`))
    }
    expect(server.logged()).not.toMatch(new RegExp(`${server.secret}|verysecret`))
  })
})

describe('a host without a portal', () => {
  test('is told so in the documented form', async () => {
    await using empty = await createApp(loadConfig({ port: '0', ephemeral: true }, {}), {
      logger: createLogger('silent'),
    })
    const { url } = await empty.listen()
    const response = await fetch(`${url}/rest/1/code/profile`)
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 500,
      body: { error: 'PORTAL_DELETED', error_description: 'Portal was deleted' },
    })
  })
})

describe('repeated requests', () => {
  test('the same request id writes once and answers the same', async () => {
    const first = await ask(`${METHOD}?bx24_request_id=one`, json(message('once')))
    const second = await ask(`${METHOD}?bx24_request_id=one`, json(message('once')))
    expect(second.body['result']).toBe(first.body['result'])
    const other = await ask(`${METHOD}?bx24_request_id=one`, json(message('another text')))
    expect(other.body['result']).not.toBe(first.body['result'])
    expect(await lastTexts(2)).toEqual(['once', 'another text'])
  })

  test('an Idempotency-Key does too, and both at once write once', async () => {
    const init = { ...json(message('keyed')), headers: { 'content-type': 'application/json', 'idempotency-key': 'k1' } }
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(METHOD, init)))
    expect(new Set(answers.map(({ body }) => body['result'])).size).toBe(1)
    expect((await lastTexts(2)).filter((text) => text === 'keyed')).toHaveLength(1)
  })

  test('a batch repeated writes once', async () => {
    const batch = json({
      cmd: {
        a: `${METHOD}?${new URLSearchParams(Object.entries(message('in batch')).map(([k, v]) => [k, String(v)])).toString()}`,
      },
    })
    const first = await ask('batch?bx24_request_id=b1', batch)
    const second = await ask('batch?bx24_request_id=b1', batch)
    expect((second.body['result'] as { result: unknown }).result).toEqual(
      (first.body['result'] as { result: unknown }).result,
    )
    expect((await lastTexts(2)).filter((text) => text === 'in batch')).toHaveLength(1)
  })
})

describe('bad input is a 4xx', () => {
  const deep = `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`
  test.each([
    ['truncated JSON', json('{"MESSAGE":"x'), 400],
    ['JSON that is no object', json('"text"'), 400],
    ['deep nesting', json(deep), 400],
    ['a million keys', json(`{${Array.from({ length: 1_000_000 }, (_, n) => `"k${n}":1`).join(',')}}`), 400],
    ['a million fields', form(Array.from({ length: 1_000_000 }, (_, n) => `k${n}=1`).join('&')), 400],
    ['deep brackets', form(`a${'[b]'.repeat(100)}=1`), 400],
    ['a wrong encoding', { ...json({}), body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) }, 400],
    ['another charset', { ...json({}), headers: { 'content-type': 'application/json; charset=windows-1251' } }, 400],
    ['an unknown content type', { method: 'POST', headers: { 'content-type': 'application/pdf' }, body: 'x' }, 400],
    ['a broken percent sign', form('MESSAGE=%zz'), 400],
    ['a body over 30 MiB', form(`a=${'x'.repeat(31 * 1024 * 1024)}`), 413],
    [
      'a broken multipart',
      { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x\r\nnonsense' },
      400,
    ],
  ])('%s', async (_, init, status) => {
    const before = await lastTexts(1)
    const answer = await ask(METHOD, init)
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({ error: 'INVALID_REQUEST', error_description: expect.any(String) as string })
    expect(await lastTexts(1)).toEqual(before)
  })

  test('keys that reach the prototype change nothing', async () => {
    const polluted = '{"__proto__":{"MESSAGE":"polluted"},"constructor":{"prototype":{"MESSAGE":"polluted"}}}'
    expect((await ask(METHOD, json(polluted))).status).toBe(400)
    expect(
      (await ask(METHOD, form('__proto__[MESSAGE]=polluted&constructor[prototype][MESSAGE]=polluted'))).status,
    ).toBe(400)
    expect(({} as Record<string, unknown>)['MESSAGE']).toBeUndefined()
  })
})
