import type { Clock } from '../../kernel/clock.ts'
import { withoutDeadline } from '../../kernel/deadline.ts'
import { UserError } from '../../kernel/errors.ts'
import type { Ids } from '../../kernel/ids.ts'
import { type Databases, isPortalName } from '../../storage/databases.ts'
import { prepared } from '../../storage/prepared.ts'
import { RecentReads } from '../../storage/recent-reads.ts'
import type { Tx } from '../../storage/store.ts'
import { seedReferenceBooks } from '../crm/reference-books.ts'
import { seedRoles } from '../people/roles.ts'
import { DEFAULT_PORTAL, type Portal, portalOver, portalUrl } from './portal.ts'
import { changeSettings, loadSettings } from './settings.ts'

export interface PortalsOptions {
  readonly databases: Databases
  readonly clock: Clock
  readonly ids: Ids
  /** Told the address once the server listens. */
  readonly baseUrl: () => string
  /** Told of each portal once it is open. */
  readonly onOpen?: (portal: Portal) => void
  /** Waited for before a portal is closed. */
  readonly onClose?: (portal: Portal) => Promise<void>
}

const anySetting = prepared<object>()((db) => db.selectFrom('setting').select('key').limit(1))

/** The portals of this process, each opened at its first use. */
export class Portals {
  readonly databases: Databases
  readonly #options: PortalsOptions
  readonly #open = new Map<string, Promise<Portal>>()
  /** Those that were open here when another process deleted them: their addresses do not fall to the default one. */
  readonly #deleted = new Set<string>()
  #changes = 0
  /** Which portal a host name reaches, if any: asking at every request would cost a tenth of it. */
  readonly #routes = new RecentReads<string | undefined>({ version: () => this.#changes }, [])

  constructor(options: PortalsOptions) {
    this.databases = options.databases
    this.#options = options
  }

  /** The names of all portals, in order. */
  names(): Promise<string[]> {
    return this.databases.names()
  }

  /** The portals that this process has open. */
  async opened(): Promise<Portal[]> {
    const opened = await Promise.allSettled(this.#open.values())
    return opened.flatMap((portal) => (portal.status === 'fulfilled' ? [portal.value] : []))
  }

  /** Fails where the database of a portal that is open cannot be read. */
  async ping(): Promise<void> {
    await this.databases.ping()
    // On PostgreSQL all are in the one that has just answered.
    if (this.databases.engine === 'sqlite')
      for (const { store } of await this.opened()) await store.read.first(anySetting, {})
  }

  /** Refuses a name that no new portal can have. */
  async checkNew(name: string): Promise<void> {
    if (!isPortalName(name)) {
      throw new UserError(
        `"${name}" cannot name a portal: use lower-case letters, digits and hyphens, as in a host name`,
      )
    }
    if (await this.databases.has(name))
      throw new UserError(`There is a portal "${name}" already: choose another name, or delete that one first`)
  }

  /** Makes a portal with its settings, reference books and roles, and nobody in it. */
  async create(name: string): Promise<Portal> {
    return (await this.createWith(name, async () => {})).portal
  }

  /** Makes a portal with what `fill` puts into it beside that. It is there whole or not at all. */
  async createWith<T>(name: string, fill: (tx: Tx) => Promise<T>): Promise<{ portal: Portal; filled: T }> {
    await this.checkNew(name)
    const memberId = this.#options.ids.secret(32)
    const filled = await this.databases.create(name, async (tx) => {
      await changeSettings(tx, { memberId })
      await seedReferenceBooks(tx)
      await seedRoles(tx)
      return fill(tx)
    })
    return { portal: await this.get(name), filled }
  }

  async get(name: string): Promise<Portal> {
    if (!this.#open.has(name)) await this.mustExist(name)
    return this.#load(name)
  }

  async mustExist(name: string): Promise<void> {
    if (!(await this.databases.has(name)))
      throw new UserError(`There is no portal "${name}": "cordboard portal list" shows those there are`)
  }

  /** The portal that a `Host` header reaches: the one named by its first label, else the default one, if there is one. */
  async forHost(host = ''): Promise<Portal | undefined> {
    const name = await this.#routes.get(host, async () => {
      const label = /^[^.:]*/.exec(host)![0].toLowerCase()
      for (const candidate of new Set([label, DEFAULT_PORTAL])) {
        if (await this.databases.has(candidate)) return candidate
        if (this.#open.has(candidate) || this.#deleted.has(candidate)) return undefined
      }
      return undefined
    })
    return name === undefined ? undefined : this.#load(name)
  }

  /** Deletes a portal with all that is in it. */
  async delete(name: string): Promise<void> {
    await this.#close(await this.get(name))
    this.#forget(name)
    await this.databases.delete(name)
  }

  /** Lets go of the portals that another process has deleted; answers their names. */
  async closeDeleted(): Promise<string[]> {
    // A file that is open here is deleted by nobody else.
    if (this.databases.engine === 'sqlite') return []
    const closed: string[] = []
    const names = new Set(await this.names())
    for (const portal of await this.opened()) {
      const { name } = portal
      // One that was made after the names were read is there all the same.
      if (names.has(name) || (await this.databases.has(name))) continue
      this.#deleted.add(name)
      this.#forget(name)
      // Its store stays open for calls under way: the database tells them that the portal is gone.
      await this.#options.onClose?.(portal)
      closed.push(name)
    }
    return closed
  }

  async close(): Promise<void> {
    for (const portal of await this.opened()) await this.#close(portal)
    this.#open.clear()
    await this.databases.close()
  }

  #forget(name: string): void {
    this.#open.delete(name)
    this.#changes++
  }

  async #close(portal: Portal): Promise<void> {
    await this.#options.onClose?.(portal)
    await portal.store.close()
  }

  #load(name: string): Promise<Portal> {
    let portal = this.#open.get(name)
    if (!portal) {
      portal = this.#openPortal(name)
      this.#open.set(name, portal)
      this.#changes++
      portal.catch(() => this.#forget(name))
    }
    return portal
  }

  async #openPortal(name: string): Promise<Portal> {
    const { databases, clock, ids, baseUrl, onOpen } = this.#options
    const store = await databases.open(name)
    // Fails here, not at the first request, when the settings cannot be read.
    await loadSettings(store.read)
    const portal = portalOver(store, {
      name,
      clock,
      ids,
      get baseUrl() {
        return portalUrl(baseUrl(), name)
      },
    })
    this.#deleted.delete(name)
    // What it starts outlives the call that came first.
    withoutDeadline(() => onOpen?.(portal))
    return portal
  }
}
