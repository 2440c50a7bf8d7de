import { type AddressInfo, type Server, type Socket, createConnection, createServer } from 'node:net'

/** What the proxy leads to: a TCP address or the path of a unix socket. */
export type ProxyTarget = { readonly host: string; readonly port: number } | { readonly path: string }

/**
 * A TCP proxy on loopback that stands for the network between a client and its server, and can fail as a network does.
 * Its address stays the same whatever it is told.
 */
export interface FaultProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Connections through it that are open now, those that hang in a cut too. */
  readonly connections: number
  /**
   * Packets vanish: nothing is forwarded, and neither side learns of it, not even when the other ends. New connections
   * are taken and stay without an answer. Bytes on the way are kept as TCP keeps them, and arrive after `restore`.
   */
  cut(): void
  /** Resets all connections and refuses new ones. Settles when the port is closed. */
  drop(): Promise<void>
  /** Works again: connections that hung go on, new ones are taken. Settles when the port is open. */
  restore(): Promise<void>
}

const HOST = '127.0.0.1'

export async function startFaultProxy(target: ProxyTarget): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(target)
  await proxy.listen()
  return proxy
}

class TcpFaultProxy implements FaultProxy {
  readonly host = HOST
  readonly #target: ProxyTarget
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #port = 0
  #flowing = true

  constructor(target: ProxyTarget) {
    this.#target = target
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
  }

  get port(): number {
    return this.#port
  }

  get connections(): number {
    return this.#pairs.size
  }

  async listen(): Promise<void> {
    if (this.#server.listening) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen(this.#port, HOST, () => resolve())
    await promise
    this.#server.off('error', reject)
    this.#port = (this.#server.address() as AddressInfo).port
  }

  #accept(client: Socket): void {
    const dial = (): Socket => createConnection({ ...this.#target, allowHalfOpen: true, noDelay: true })
    const pair = new Pair(client, dial, () => this.#pairs.delete(pair))
    this.#pairs.add(pair)
    if (this.#flowing) pair.flow()
  }

  cut(): void {
    this.#flowing = false
    for (const pair of this.#pairs) pair.stop()
  }

  async drop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    for (const pair of this.#pairs) pair.reset()
    await promise
  }

  async restore(): Promise<void> {
    this.#flowing = true
    for (const pair of this.#pairs) pair.flow()
    await this.listen()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop()
  }
}

/**
 * The two halves of one connection. While it is stopped, neither half learns what becomes of the other; the server does
 * not even learn of one that came in a cut.
 */
class Pair {
  readonly #client: Socket
  readonly #dial: () => Socket
  readonly #gone: () => void
  #server: Socket | undefined
  #flowing = false

  constructor(client: Socket, dial: () => Socket, gone: () => void) {
    this.#client = client
    this.#dial = dial
    this.#gone = gone
    this.#watch(client)
  }

  flow(): void {
    if (!this.#flowing) {
      this.#flowing = true
      if (!this.#server && !this.#client.destroyed) this.#watch((this.#server = this.#dial()))
      if (this.#server) {
        this.#client.pipe(this.#server)
        this.#server.pipe(this.#client)
      }
    }
    this.#settle()
  }

  stop(): void {
    this.#flowing = false
    if (!this.#server) return
    this.#client.unpipe(this.#server).pause()
    this.#server.unpipe(this.#client).pause()
  }

  reset(): void {
    this.#client.resetAndDestroy()
    // It may be a unix socket: those cannot be reset.
    this.#server?.destroy()
    if (!this.#flowing) this.#gone()
  }

  #watch(half: Socket): void {
    // The error comes again as a close with an error.
    half.on('error', () => {})
    half.on('close', () => this.#settle())
  }

  /** The end of one half reaches the other, once something can. */
  #settle(): void {
    const halves = this.#server ? [this.#client, this.#server] : [this.#client]
    if (!this.#flowing || halves.every((half) => !half.destroyed)) return
    for (const half of halves) {
      if (half.errored !== null) for (const each of halves) each.destroy()
      else if (half.destroyed) for (const each of halves) each.end()
    }
    if (halves.every((half) => half.destroyed)) this.#gone()
  }
}
