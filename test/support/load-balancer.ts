import { Agent, get } from 'node:http'
import { type AddressInfo, type Socket, createConnection, createServer } from 'node:net'

/** How often backends are asked whether they are ready, and how long one may take to say so, in milliseconds. */
const INTERVAL = 200
const LIMIT = 2_500

interface Backend {
  readonly port: number
  ready: boolean
  asking: boolean
}

/**
 * A TCP balancer on loopback, as it stands before several equal servers: it gives each connection to the next server
 * whose `/readyz` says yes. Where none says so it tries them all, as proxies do that rather pass on an error than make
 * one up. A connection whose server dies is ended as the server ended it.
 */
export interface LoadBalancer extends AsyncDisposable {
  readonly port: number
  /** Connections that are open now. */
  readonly connections: number
  /** Gives connections to the server too, once it is ready. */
  add(port: number): void
  remove(port: number): void
}

export async function startLoadBalancer(): Promise<LoadBalancer> {
  const balancer = new TcpBalancer()
  await balancer.listen()
  return balancer
}

class TcpBalancer implements LoadBalancer {
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) =>
    this.#give(client),
  )
  readonly #backends = new Map<number, Backend>()
  readonly #clients = new Set<Socket>()
  readonly #agent = new Agent({ keepAlive: false })
  readonly #checking = setInterval(() => this.#check(), INTERVAL)
  #turn = 0

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get connections(): number {
    return this.#clients.size
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject).listen(0, '127.0.0.1', () => resolve())
    await promise
  }

  add(port: number): void {
    const backend = { port, ready: false, asking: false }
    this.#backends.set(port, backend)
    this.#ask(backend)
  }

  remove(port: number): void {
    this.#backends.delete(port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#checking)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    for (const client of this.#clients) client.resetAndDestroy()
    this.#agent.destroy()
    await promise
  }

  #check(): void {
    for (const backend of this.#backends.values()) this.#ask(backend)
  }

  /** One question at a time: a server that hangs is not asked again and again. */
  #ask(backend: Backend): void {
    if (backend.asking) return
    backend.asking = true
    const settle = (ready: boolean): void => {
      backend.ready = ready
      backend.asking = false
    }
    const request = get({ host: '127.0.0.1', port: backend.port, path: '/readyz', timeout: LIMIT, agent: this.#agent })
    request.once('response', (response) => {
      settle(response.statusCode === 200)
      response.resume()
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => settle(false))
  }

  /** In turn, those that are ready; all where none is. */
  #order(): Backend[] {
    const all = [...this.#backends.values()]
    const ready = all.filter((backend) => backend.ready)
    const candidates = ready.length > 0 ? ready : all
    const first = this.#turn++ % Math.max(1, candidates.length)
    return [...candidates.slice(first), ...candidates.slice(0, first)]
  }

  #give(client: Socket): void {
    this.#clients.add(client)
    client.once('close', () => this.#clients.delete(client))
    // The error comes again as a close.
    client.on('error', () => {})
    this.#tryNext(client, this.#order())
  }

  #tryNext(client: Socket, [backend, ...others]: readonly Backend[]): void {
    if (client.destroyed) return
    if (!backend) {
      client.resetAndDestroy()
      return
    }
    const server = createConnection({ host: '127.0.0.1', port: backend.port, allowHalfOpen: true, noDelay: true })
    const refused = (): void => {
      backend.ready = false
      this.#tryNext(client, others)
    }
    server.once('error', refused)
    server.once('connect', () => {
      server.off('error', refused)
      join(client, server)
    })
  }
}

/** What becomes of one half becomes of the other. */
function join(client: Socket, server: Socket): void {
  server.on('error', () => client.resetAndDestroy())
  client.once('close', () => server.destroy())
  server.once('close', () => client.destroySoon())
  if (client.destroyed) server.destroy()
  client.pipe(server)
  server.pipe(client)
}
