import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../kernel/clock.ts'
import { UserError, messageOf } from '../../kernel/errors.ts'
import type { Ids } from '../../kernel/ids.ts'
import { RecentReads } from '../../storage/recent-reads.ts'
import { openSqlite } from '../../storage/sqlite/sqlite-store.ts'
import { seedReferenceBooks } from '../crm/reference-books.ts'
import { seedRoles } from '../people/roles.ts'
import { DEFAULT_PORTAL, type Portal, portalOver, portalUrl } from './portal.ts'
import { changeSettings, loadSettings } from './settings.ts'

export interface PortalsOptions {
  /** The data folder, or `undefined` to keep everything in memory. */
  readonly folder: string | undefined
  readonly clock: Clock
  readonly ids: Ids
  /** Told the address once the server listens. */
  readonly baseUrl: () => string
  readonly onFatal: (error: unknown) => void
  /** Told after each commit how many transactions shared it. */
  readonly onCommit?: ((transactions: number) => void) | undefined
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** The portals of this process, each opened at its first use. */
export class Portals {
  readonly #options: PortalsOptions
  readonly #open = new Map<string, Promise<Portal>>()
  /** Which portal a host name reaches: asking the disk at every request would cost a tenth of it. */
  readonly #routes = new RecentReads<string>({ version: () => this.#open.size }, [])

  constructor(options: PortalsOptions) {
    this.#options = options
  }

  /** The names of all portals, in order. */
  async names(): Promise<string[]> {
    if (this.#options.folder === undefined) return [...this.#open.keys()].toSorted()
    const files = await readdir(this.#folder()).catch(() => [])
    return files.flatMap((file) => (file.endsWith('.sqlite') ? [file.slice(0, -'.sqlite'.length)] : [])).toSorted()
  }

  exists(name: string): boolean {
    return (
      this.#open.has(name) || (this.#options.folder !== undefined && NAME.test(name) && existsSync(this.file(name)))
    )
  }

  /** The portals that this process has open. */
  async opened(): Promise<Portal[]> {
    const opened = await Promise.allSettled(this.#open.values())
    return opened.flatMap((portal) => (portal.status === 'fulfilled' ? [portal.value] : []))
  }

  /** The database file of a portal. */
  file(name: string): string {
    return join(this.#folder(), `${name}.sqlite`)
  }

  /** Refuses a name that no new portal can have. */
  checkNew(name: string): void {
    if (!NAME.test(name)) {
      throw new UserError(
        `"${name}" cannot name a portal: use lower-case letters, digits and hyphens, as in a host name`,
      )
    }
    if (this.exists(name))
      throw new UserError(`There is a portal "${name}" already: choose another name, or delete that one first`)
  }

  /** Makes a portal with its settings, reference books and roles, and nobody in it. */
  async create(name: string): Promise<Portal> {
    this.checkNew(name)
    const portal = await this.#load(name)
    await portal.store.write(async (tx) => {
      await changeSettings(tx, { memberId: this.#options.ids.secret(32) })
      await seedReferenceBooks(tx)
      await seedRoles(tx)
    })
    return portal
  }

  async get(name: string): Promise<Portal> {
    if (!this.exists(name))
      throw new UserError(`There is no portal "${name}": "cordboard portal list" shows those there are`)
    return this.#load(name)
  }

  /** The portal that a `Host` header reaches: the one named by its first label, else the default one, if there is one. */
  async forHost(host = ''): Promise<Portal | undefined> {
    const name = await this.#routes.get(host, async () => {
      const label = /^[^.:]*/.exec(host)![0].toLowerCase()
      return NAME.test(label) && this.exists(label) ? label : DEFAULT_PORTAL
    })
    return this.exists(name) ? this.#load(name) : undefined
  }

  /** Deletes a portal with all that is in it. */
  async delete(name: string): Promise<void> {
    await (await this.get(name)).store.close()
    this.#open.delete(name)
    if (this.#options.folder === undefined) return
    for (const suffix of ['', '-wal', '-shm']) await rm(this.file(name) + suffix, { force: true })
  }

  async close(): Promise<void> {
    for (const portal of this.#open.values()) await (await portal).store.close()
    this.#open.clear()
  }

  #folder(): string {
    return join(this.#options.folder ?? '', 'portals')
  }

  #load(name: string): Promise<Portal> {
    let portal = this.#open.get(name)
    if (!portal) {
      portal = this.#openPortal(name)
      this.#open.set(name, portal)
      portal.catch(() => this.#open.delete(name))
    }
    return portal
  }

  async #openPortal(name: string): Promise<Portal> {
    const { folder, clock, ids, baseUrl, onFatal, onCommit } = this.#options
    if (folder !== undefined) await makeFolder(this.#folder())
    const file = folder === undefined ? ':memory:' : this.file(name)
    const store = await openSqlite({ file, clock, onFatal, ...(onCommit ? { onCommit } : {}) })
    // Fails here, not at the first request, when the settings cannot be read.
    await loadSettings(store.read)
    return portalOver(store, {
      name,
      clock,
      ids,
      get baseUrl() {
        return portalUrl(baseUrl(), name)
      },
    })
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new UserError(
      `Cannot make the data folder ${folder}: ${messageOf(error)}. Name another with --data, or run "cordboard start --ephemeral".`,
      { cause: error },
    )
  }
}
