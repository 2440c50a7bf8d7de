import { type Socket, createConnection, createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { temporaryFolder } from './folder.ts'
import { until } from './poll.ts'

let cleanUp: AsyncDisposableStack
let proxy: FaultProxy
/** How many connections the server has that it knows to be open. */
let open = 0

/** The proxy leads to a server on a unix socket that sends back what it gets. */
beforeEach(async () => {
  cleanUp = new AsyncDisposableStack()
  const path = cleanUp.use(await temporaryFolder()).file('echo')
  const server = createServer((socket) => {
    open++
    socket.on('error', () => {})
    socket.on('close', () => open--)
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  cleanUp.defer(() => void server.close())
  proxy = cleanUp.use(await startFaultProxy({ path }))
})
afterEach(() => cleanUp.disposeAsync())

/** A client of the proxy; `got` is what came back. */
function client(): { socket: Socket; got: () => string; ended: () => boolean } {
  const socket = createConnection(proxy.port, proxy.host)
  let got = ''
  socket.setEncoding('utf8').on('data', (text: string) => (got += text))
  socket.on('error', () => {})
  cleanUp.defer(() => void socket.destroy())
  return { socket, got: () => got, ended: () => socket.destroyed }
}

test('forwards both ways, and the end of a connection to its last byte', async () => {
  const { socket, got, ended } = client()
  const large = 'x'.repeat(5_000_000)
  socket.end(large)
  await until('the connection ends', ended)
  expect(got()).toBe(large)
  await until('the server knows', () => open === 0 && proxy.connections === 0)
})

test('a cut hides everything, the end of a side too, until it is mended', async () => {
  const [first, second] = [client(), client()]
  first.socket.write('1')
  second.socket.write('1')
  await until('both are forwarded', () => first.got() + second.got() === '11')
  proxy.cut()
  first.socket.write('2')
  second.socket.destroy()
  const third = client()
  third.socket.write('3')
  await until('the third is taken', () => proxy.connections === 3)
  // The server knows neither of the third nor of the end of the second.
  expect(open).toBe(2)
  expect([first.got(), third.got(), proxy.connections, first.ended()]).toEqual(['1', '', 3, false])
  await proxy.restore()
  await until('what was on the way arrives', () => first.got() === '12' && third.got() === '3')
  await until('the end of the second arrives', () => open === 2)
})

test.each([false, true])('a drop ends connections and refuses new ones, after a cut: %s', async (cutBefore) => {
  const before = client()
  before.socket.write('1')
  await until('it is forwarded', () => before.got() === '1')
  if (cutBefore) proxy.cut()
  await proxy.drop()
  await until('both sides know', () => before.ended() && open === 0)
  const refused = client()
  await until('the next is refused', refused.ended)
  expect(proxy.connections).toBe(0)
  const { port } = proxy
  await proxy.restore()
  const after = client()
  after.socket.write('2')
  await until('it works again', () => after.got() === '2')
  expect(proxy.port).toBe(port)
})
