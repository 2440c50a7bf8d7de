import type { lookup } from 'node:dns'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Outgoing, OutgoingError, type OutgoingOptions, addressProblem } from '../../src/kernel/outgoing.ts'
import { isPublicAddress } from '../../src/kernel/public-address.ts'
import { type TestHandler, startHandler } from '../support/handler.ts'
import { until } from '../support/poll.ts'

let cleanUp: AsyncDisposableStack
let handler: TestHandler
beforeEach(async () => {
  cleanUp = new AsyncDisposableStack()
  handler = cleanUp.use(await startHandler())
})
afterEach(() => cleanUp.disposeAsync())

/** On loopback 127.0.0.1 stands for the internet, all else for a private network. */
const mayCall = (address: string): boolean => address === '127.0.0.1'

function outgoing(options: Partial<OutgoingOptions> = {}): Outgoing {
  const made = new Outgoing({ mayCall, ...options })
  cleanUp.defer(() => made.close())
  return made
}

const post = (url: string, options: Partial<OutgoingOptions> = {}, timeout = 2_000) =>
  outgoing(options).post({ url, headers: { 'content-type': 'text/plain' }, body: 'Grüße', timeout })

/** A name server that gives one answer after another. */
function resolving(...answers: string[][]): typeof lookup {
  const resolve = (_: string, __: object, callback: (error: null, found: object[]) => void): void =>
    callback(
      null,
      (answers.shift() ?? []).map((address) => ({ address, family: 4 })),
    )
  return resolve as typeof lookup
}

async function failure(call: Promise<unknown>): Promise<OutgoingError> {
  const error = await call.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(OutgoingError)
  return error as OutgoingError
}

test.each(['8.8.8.8', '2a00:1450:4001:829::200e', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test.each([
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '100.100.100.200',
  '169.254.169.254',
  '192.0.0.192',
  '168.63.129.16',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
  '2002:a00:1::',
  'localhost',
  '',
])('%s is not', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each(['x', 'ftp://a.example/', 'https://a:b@a.example/', 'javascript:alert(1)', 'file:///etc/passwd'])(
  '%s cannot be called',
  async (url) => {
    expect(addressProblem(url)).toBeDefined()
    expect(await failure(post(url))).toMatchObject({ kind: 'refused' })
  },
)

test('sends the body and answers the status', async () => {
  handler.answer = () => 201
  expect(await post(`${handler.url}a?b=1`)).toMatchObject({ status: 201 })
  expect(handler.calls).toMatchObject([{ path: '/a?b=1', text: 'Grüße' }])
})

test.each(['http://127.0.0.2/', 'http://[::1]/', 'http://2130706434/', 'http://0x7f.2/', 'http://127.0.0.2./'])(
  'an address that may not be called is not: %s',
  async (url) => {
    const error = await failure(post(url))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain('--allow-private-networks')
  },
)

test('a name is looked at as it is connected to, each time', async () => {
  const { port } = new URL(handler.url)
  const url = `http://handler.example:${port}/`
  const client = outgoing({ resolve: resolving(['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1', '127.0.0.2']) })
  const call = { url, headers: { connection: 'close' }, body: '', timeout: 2_000 }
  expect(await client.post(call)).toMatchObject({ status: 200 })
  expect(await failure(client.post(call))).toMatchObject({ kind: 'refused' })
  expect(await failure(client.post(call))).toMatchObject({ kind: 'refused' })
  expect(handler.calls).toHaveLength(1)
})

test('redirects are followed with the body, but not everywhere and not for ever', async () => {
  const to = (status: number, location: string): void => {
    handler.answer = ({ path }, response) => {
      if (path !== '/') return 200
      response.writeHead(status, { location }).end()
      return undefined
    }
  }
  for (const status of [301, 302, 307, 308]) {
    to(status, '/there')
    expect(await post(handler.url)).toMatchObject({ status: 200 })
    expect(handler.calls.at(-1)).toMatchObject({ path: '/there', text: 'Grüße' })
  }
  to(303, '/there')
  expect(await post(handler.url)).toMatchObject({ status: 303 })
  for (const [location, text] of [
    ['http://127.0.0.2/', '--allow-private-networks'],
    ['http://[::1]/', '--allow-private-networks'],
    ['ftp://127.0.0.1/', 'https://'],
    ['http://user:word@127.0.0.1/', 'no user name'],
    ['/', 'more than 3 times'],
  ] as const) {
    to(302, location)
    const error = await failure(post(handler.url))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain(text)
  }
})

test('nobody answers, or not in time: it failed', async () => {
  handler.answer = () => undefined
  expect(await failure(post(handler.url, {}, 100))).toMatchObject({ kind: 'timeout' })
  handler.answer = (_, response) => void response.destroy()
  expect(await failure(post(handler.url))).toMatchObject({ kind: 'failed' })
  const { url } = handler
  await handler[Symbol.asyncDispose]()
  expect((await failure(post(url))).message).toContain('ECONNREFUSED')
})

test('an answer without end is not read for ever', async () => {
  let ended = false
  handler.answer = (_, response) => {
    response.writeHead(200)
    const more = setInterval(() => response.write('x'.repeat(16_384)), 1)
    response.on('close', () => {
      clearInterval(more)
      ended = true
    })
    return undefined
  }
  expect(await post(handler.url)).toMatchObject({ status: 200 })
  await until('the connection is closed', () => ended)
})
