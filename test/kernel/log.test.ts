import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../src/kernel/log.ts'

function recorded(level: 'trace' | 'warn' = 'trace') {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  const logger = createLogger(level, stream)
  return { logger, lines, fields: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

const SECRET = 'qx7t0secretr3vealed'

describe('createLogger', () => {
  it('writes one JSON object a line, from its level on', () => {
    const { logger, lines, fields } = recorded('warn')
    logger.info('not this')
    logger.warn({ portal: 'main' }, 'two\nlines')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^\{.*\}\n$/)
    expect(fields()[0]).toMatchObject({ level: 40, portal: 'main', msg: 'two\nlines' })
  })

  it.each([
    ['an address', { url: `/rest/1/${SECRET}/profile.json?x=1` }],
    ['an address in an error', { err: new Error(`GET http://127.0.0.1/rest/1/${SECRET}/profile failed`) }],
    ['the cause of an error', { err: new Error('outer', { cause: new Error(`token=${SECRET} was refused`) }) }],
    ['a query', { query: `auth=${SECRET}&id=1` }],
    ['a field', { access_token: SECRET }],
    ['a nested field', { body: { auth: { refresh_token: SECRET } } }],
    ['JSON in a text', { body: JSON.stringify({ client_secret: SECRET }) }],
    ['a header', { headers: { authorization: `Bearer ${SECRET}` } }],
  ])('hides a secret in %s', (_, fields) => {
    const { logger, lines, fields: parsed } = recorded()
    logger.error(fields, 'it failed')
    expect(lines.join('')).not.toContain(SECRET)
    expect(parsed()[0]).toMatchObject({ msg: 'it failed' })
  })

  it('hides a secret in the message, in its parameters and in those of a child', () => {
    const { logger, lines } = recorded()
    logger.warn(`called /rest/1/${SECRET}/profile`)
    logger.warn('called %s', `/rest/1/${SECRET}/profile`)
    logger.child({ url: `/rest/1/${SECRET}/` }).warn('called')
    logger.error(new Error(`token=${SECRET}`))
    expect(lines).toHaveLength(4)
    expect(lines.join('')).not.toContain(SECRET)
  })

  it('shows what kind of error it was', () => {
    const { logger, fields } = recorded()
    logger.error({ err: Object.assign(new Error('port taken'), { code: 'EADDRINUSE' }) }, 'x')
    expect(fields()[0]?.['err']).toMatchObject({ type: 'Error', message: 'port taken', errorCode: 'EADDRINUSE' })
    expect(fields()[0]?.['err']).toHaveProperty('stack')
  })
})
