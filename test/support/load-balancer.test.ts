import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type LoadBalancer, startLoadBalancer } from './load-balancer.ts'

interface Backend extends Disposable {
  readonly port: number
  ready: boolean
}

const PATIENCE = { timeout: 5_000 }
const open: Disposable[] = []
afterEach(() => {
  for (const each of open.splice(0)) each[Symbol.dispose]()
})

/** Answers its own name; hangs on `/hang`. */
async function backend(name: string): Promise<Backend> {
  const server: Server = createServer((request, response) => {
    if (request.url === '/hang') return
    if (request.url === '/readyz') response.statusCode = made.ready ? 200 : 503
    response.end(name)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const made = {
    port: (server.address() as AddressInfo).port,
    ready: true,
    [Symbol.dispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
  open.push(made)
  return made
}

/** Who answered so many calls, each over a connection of its own. */
async function answered({ port }: LoadBalancer, calls: number): Promise<string[]> {
  const names: string[] = []
  for (let n = 0; n < calls; n++) {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    names.push(await response.text())
  }
  return names.toSorted()
}

test('gives connections to those in turn that are ready', async () => {
  await using balancer = await startLoadBalancer()
  const [one, two] = [await backend('one'), await backend('two')]
  balancer.add(one.port)
  balancer.add(two.port)
  await expect.poll(() => answered(balancer, 4), PATIENCE).toEqual(['one', 'one', 'two', 'two'])
  two.ready = false
  await expect.poll(() => answered(balancer, 4), PATIENCE).toEqual(['one', 'one', 'one', 'one'])
  // Where none is ready, what they say is better than nothing.
  one.ready = false
  await expect.poll(() => answered(balancer, 4), PATIENCE).toEqual(['one', 'one', 'two', 'two'])
})

test('passes over one that refuses, and ends the connections of one that dies', async () => {
  await using balancer = await startLoadBalancer()
  const [one, two] = [await backend('one'), await backend('two')]
  balancer.add(one.port)
  await expect.poll(() => answered(balancer, 1), PATIENCE).toEqual(['one'])
  balancer.add(two.port)
  await expect.poll(() => answered(balancer, 2), PATIENCE).toEqual(['one', 'two'])
  const hanging = Promise.all([1, 2].map(() => fetch(`http://127.0.0.1:${balancer.port}/hang`).catch(String)))
  await expect.poll(() => balancer.connections).toBeGreaterThanOrEqual(2)
  one[Symbol.dispose]()
  expect(await answered(balancer, 4)).toEqual(['two', 'two', 'two', 'two'])
  two[Symbol.dispose]()
  expect(await hanging).toEqual([expect.stringContaining('fetch failed'), expect.stringContaining('fetch failed')])
  await expect(answered(balancer, 1)).rejects.toThrow('fetch failed')
})
