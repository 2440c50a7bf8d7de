import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redact } from '../../src/kernel/redact.ts'

const NAMES = [
  'auth',
  'access_token',
  'refresh_token',
  'client_secret',
  'code',
  'password',
  'AUTH_ID',
  'REFRESH_ID',
  'application_token',
  'APPLICATION_TOKEN',
]

/** Where a secret of letters and digits may stand; `#` is its place. */
const PLACES = [
  ...NAMES.flatMap((name) => [
    `https://portal.test/rest/user.get?${name}=#&ID=1`,
    `a=1&${name}=#`,
    `${name}=#`,
    `POST ${name} = #`,
    `data[${name}]=#&b=2`,
    `data%5B${name}%5D=#&b=2`,
    `${name}[]=#&${name}[1]=#`,
    `cmd[x]=user.get%3FID%3D1%26${name}%3D#%26b%3D2`,
    `cmd%5Bx%5D=user.get%253F${name}%253D#%2526b%253D2`,
    `{"${name}":"#","b":2}`,
    `{ "${name}" : "#" }`,
    `{"body":"{\\"${name}\\":\\"#\\",\\"b\\":2}"}`,
    `{"url":"https:\\/\\/portal.test\\/?${name}=#"}`,
    `{"url":"{\\"u\\":\\"?${name}=#\\"}"}`,
    `{ ${name}: '#', b: 2 }`,
    `{ '${name}': "#" }`,
  ]),
  '/rest/1/#/user.get',
  '/rest/1/#',
  '/rest/api/1/#/user.get?x=1',
  '//rest//12///#//profile',
  'https://portal.test/rest/1/#/user.get.json',
  '{"url":"https:\\/\\/portal.test\\/rest\\/1\\/#\\/"}',
  'url=https%3A%2F%2Fportal.test%2Frest%2F1%2F#%2Fuser.get&b=2',
  'cmd=x%3Furl%3D%252Frest%252F1%252F#%252Fuser.get',
  'Authorization: Bearer #',
  '{"authorization":"Bearer #"}',
  "authorization: 'bearer #'",
  'authorization: Basic #',
  'postgres://user:#@db.test:5432/portal',
  'https://api.telegram.org/bot12345:#/sendMessage',
]

const secret = fc.stringMatching(/^[A-Za-z0-9]{8,40}$/)
/** Anything, as long as it is not shorter than what can be told from the mask. */
const anything = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => text.isWellFormed())

describe('redact', () => {
  it.each(PLACES)('hides the secret in %s and nothing else', (place) => {
    expect(redact(place.replaceAll('#', 'sEcret1234567890'))).toBe(place.replaceAll('#', '***'))
  })

  it.each(PLACES)('hides the secret of %s in a line of the log', (place) => {
    const line = JSON.stringify({ msg: place.replaceAll('#', 'sEcret1234567890'), level: 30 })
    expect(redact(line)).not.toContain('sEcret')
    expect(JSON.parse(redact(line))).toMatchObject({ level: 30 })
  })

  it('hides a value that is cut off', () => {
    expect(redact('{"a":1,"password":"sEcret12')).toBe('{"a":1,"password":"***')
    expect(redact('{"body":"{\\"auth\\":\\"sEcret12')).toBe('{"body":"{\\"auth\\":\\"***')
    expect(redact("{ password: 'sEcret12\\")).toMatch(/^{ password: '\*\*\*\\?$/)
  })

  it('hides any secret anywhere in a longer text', () => {
    const line = fc.record({ place: fc.constantFrom(...PLACES), code: secret, before: fc.lorem(), after: fc.lorem() })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const text = lines
          .map(({ place, code, before, after }) => `${before} ${place.replaceAll('#', code)} ${after}`)
          .join('\n')
        const redacted = redact(text)
        for (const { code, before, after } of lines) {
          expect(redacted).not.toContain(code)
          expect(redacted).toContain(before)
          expect(redacted).toContain(after)
        }
        expect(redact(redacted)).toBe(redacted)
      }),
    )
  })

  it('hides whatever text a form, JSON or a printed object holds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), anything, (name, value) => {
        const rest = { id: 7, note: 'kept' }
        const hidden = { [name]: '***', ...rest }
        const given = { [name]: value, ...rest }
        expect(redact(new URLSearchParams({ ...given, id: '7' }).toString())).toBe(`${name}=***&id=7&note=kept`)
        expect(redact(`${name}=${encodeURIComponent(value)}&id=7`)).toBe(`${name}=***&id=7`)
        expect(redact(`x%3F${encodeURIComponent(`${name}=${encodeURIComponent(value)}&id=7`)}`)).toBe(
          `x%3F${name}%3D***%26id%3D7`,
        )
        expect(redact(JSON.stringify(given))).toBe(JSON.stringify(hidden))
        expect(redact(JSON.stringify({ list: [given] }, null, 2))).toBe(JSON.stringify({ list: [hidden] }, null, 2))
        expect(redact(JSON.stringify({ body: JSON.stringify(given) }))).toBe(
          JSON.stringify({ body: JSON.stringify(hidden) }),
        )
        // One with line breaks is printed in pieces, and one with quotes may end like a string of JSON.
        fc.pre(!/\n|"[,}\]:]|"$/.test(value) && !/^[,}\]:"]/.test(value))
        const printed = redact(inspect(given, { breakLength: Infinity }))
        // The quotes that Node chooses depend on the value.
        expect(printed.replaceAll(/["`]\*\*\*["`]/g, "'***'")).toBe(inspect(hidden))
      }),
    )
  })

  it('hides numbers in JSON', () => {
    expect(redact('{"password":12345,"code": -1.5e+3}')).toBe('{"password":"***","code": "***"}')
  })

  it.each([
    '',
    'Listening on http://127.0.0.1:3000',
    'GET /rest/user.get 200 in 3 ms',
    '{"error":"expired_token","error_description":"The access token provided has expired"}',
    'error_code=5&barcode=7&authority=x&tokens=3',
    '{"auth":{"domain":"portal.test","expires":3600},"password":""}',
    'auth[domain]=portal.test&auth[member_id]=abc&auth=',
    'Portal https://portal.test:8443?mail=a@b.test',
    '/api/v1/ /rest/ /rest/1 /rest/1/ /robot1/',
  ])('leaves %s alone', (text) => {
    expect(redact(text)).toBe(text)
  })

  it('leaves a line of JSON one', () => {
    const pieces = [
      '"',
      "'",
      '`',
      '\\',
      '&',
      '=',
      ':',
      ' ',
      ',',
      '}',
      'auth',
      'code: "',
      "code: '",
      '"code":"',
      'password=',
      '/rest/1/',
      '\n',
    ]
    const text = fc
      .array(fc.constantFrom(...pieces, 'x', '%3D', '%26', '1', '@', '://'), { maxLength: 12 })
      .map((parts) => parts.join(''))
    const fields = fc.dictionary(
      fc.oneof(text, fc.constantFrom('code', 'auth', 'a')),
      fc.oneof(text, fc.integer(), fc.array(text)),
    )
    fc.assert(
      fc.property(fields, (value) => {
        const line = redact(JSON.stringify({ ...value, body: JSON.stringify(value) }))
        expect(Object.keys(JSON.parse(line) as object)).toContain('body')
      }),
      { numRuns: 2000 },
    )
  })

  it('says the same when it is asked twice', () => {
    const pieces = [
      '"',
      "'",
      '\\',
      '&',
      '=',
      ':',
      ' ',
      'auth',
      'code',
      '/rest/1/',
      'x',
      '%3D',
      '%26',
      '{',
      'Bearer ',
      '***',
      '1',
      '@',
      '://',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 25 }), (parts) => {
        const once = redact(parts.join(''))
        expect(redact(once)).toBe(once)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    '/',
    '/rest',
    '/rest/',
    '/rest/1',
    '\\/',
    '%2f',
    '"auth":"',
    '\\',
    '\\"',
    'auth',
    'auth=',
    ' ',
    'bearer ',
    '://a:',
    '://',
    '+',
    '9',
    '%',
    "'",
  ])('reads many "%s" in linear time', (piece) => {
    for (const start of [
      '',
      '/rest/1/',
      '"auth":"',
      '\\"auth\\":\\"',
      'auth=',
      'auth',
      "code: '",
      'bearer',
      '://u:',
      '/rest/',
    ]) {
      const began = performance.now()
      redact(start + piece.repeat(1_000_000 / piece.length))
      expect(performance.now() - began).toBeLessThan(1500)
    }
  })
})
