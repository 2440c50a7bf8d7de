import { join } from 'node:path'
import { type Server, startServer } from './child-server.ts'
import { temporaryFolder } from './folder.ts'
import { type LoadBalancer, startLoadBalancer } from './load-balancer.ts'
import { tailOf } from './server-process.ts'

export interface ClusterOptions {
  /** How many processes there are. */
  readonly size: number
  readonly database: string
  readonly bus: string
}

/** What a server tells once it listens. */
export interface ServerLine {
  readonly url: string
}

/** Equal servers on one database behind a balancer, each a process of its own on loopback. */
export interface Cluster extends AsyncDisposable {
  readonly balancer: LoadBalancer
  readonly size: number
  /** Whether a server runs in this place. */
  runs(place: number): boolean
  /** What happened that nobody asked for: a server that ended by itself. */
  readonly failures: readonly string[]
  /** kill -9 of the server in this place; does nothing where none runs. */
  kill(place: number): Promise<void>
  /** Starts a server in the place of one that was killed; as an orchestrator does, again and again until it runs. */
  replace(place: number): Promise<void>
}

/** How long an orchestrator waits before it starts a server again that ended at its start, in milliseconds. */
const RESTART_PAUSE = 1_000
/** How long it tries; the longest fault is to be shorter. */
const PATIENCE = 60_000

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const folder = await temporaryFolder()
  const balancer = await startLoadBalancer()
  const cluster = new LocalCluster(options, folder, balancer)
  try {
    // One after another, so that the first makes the portal.
    for (let place = 0; place < options.size; place++) await cluster.replace(place)
  } catch (error) {
    await cluster[Symbol.asyncDispose]()
    throw error
  }
  return cluster
}

class LocalCluster implements Cluster {
  readonly balancer: LoadBalancer
  readonly size: number
  readonly failures: string[] = []
  readonly #options: ClusterOptions
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>
  readonly #servers = new Map<number, Server<ServerLine>>()
  readonly #starting = new Set<Promise<void>>()
  #ending = false

  constructor(options: ClusterOptions, folder: Awaited<ReturnType<typeof temporaryFolder>>, balancer: LoadBalancer) {
    this.#options = options
    this.#folder = folder
    this.balancer = balancer
    this.size = options.size
  }

  runs(place: number): boolean {
    return this.#servers.has(place)
  }

  async kill(place: number): Promise<void> {
    const server = this.#servers.get(place)
    if (!server) return
    this.#servers.delete(place)
    await server.kill()
    this.balancer.remove(server.port)
  }

  async replace(place: number): Promise<void> {
    const starting = this.#start(place)
    this.#starting.add(starting)
    try {
      await starting
    } finally {
      this.#starting.delete(starting)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true
    await Promise.allSettled(this.#starting)
    await Promise.all(Array.from(this.#servers.keys(), (place) => this.kill(place)))
    await this.balancer[Symbol.asyncDispose]()
    await this.#folder[Symbol.asyncDispose]()
  }

  async #start(place: number): Promise<void> {
    const log = this.#folder.file(`log-${place}`)
    const { database, bus } = this.#options
    const data = join(this.#folder.path, `data-${place}`)
    const args = ['--max-semi-space-size=4', 'src/cli/main.ts', 'start', '--json', '--port', '0', '--data', data]
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CORDBOARD_')))
    const deadline = performance.now() + PATIENCE
    while (!this.#ending) {
      try {
        const server = await startServer<ServerLine>([...args, '--database', database, '--bus', bus], { env, log })
        this.#watch(place, server, log)
        return
      } catch (error) {
        // It has told the reason in its log, and ended.
        if (performance.now() > deadline)
          throw new Error(`Server ${place} does not start:\n${await tailOf(log)}`, { cause: error })
        await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE))
      }
    }
  }

  #watch(place: number, server: Server<ServerLine>, log: string): void {
    this.#servers.set(place, server)
    this.balancer.add(server.port)
    void server.ended.then(async () => {
      if (this.#servers.get(place) !== server) return
      this.#servers.delete(place)
      this.balancer.remove(server.port)
      this.failures.push(`Server ${place} (pid ${server.pid}) ended by itself:\n${await tailOf(log)}`)
    })
  }
}
