import { UserError } from '../../kernel/errors.ts'
import type { Check, Databases, StoreOptions } from '../databases.ts'
import type { Store, Tx } from '../store.ts'
import { openSqlite } from './sqlite-store.ts'

/** Portals in the memory of this process, gone with it. */
export class MemoryDatabases implements Databases {
  readonly engine = 'sqlite'
  readonly #options: StoreOptions
  readonly #stores = new Map<string, Store>()

  constructor(options: StoreOptions) {
    this.#options = options
  }

  async names(): Promise<string[]> {
    return [...this.#stores.keys()].toSorted()
  }

  async has(name: string): Promise<boolean> {
    return this.#stores.has(name)
  }

  async open(name: string): Promise<Store> {
    const store = this.#stores.get(name)
    if (!store) throw new Error(`There is no portal "${name}"`)
    return store
  }

  async create<T>(name: string, fill: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#stores.has(name)) throw new UserError(`There is a portal "${name}" already: choose another name`)
    const store = await openSqlite({ ...this.#options, file: ':memory:' })
    try {
      const filled = await store.write(fill)
      this.#stores.set(name, store)
      return filled
    } catch (error) {
      await store.close()
      throw error
    }
  }

  async delete(name: string): Promise<void> {
    this.#stores.delete(name)
  }

  place(): string {
    return 'memory'
  }

  inspect(): Promise<never> {
    return onlyHere()
  }

  snapshot(): Promise<never> {
    return onlyHere()
  }

  fill(): Promise<never> {
    return onlyHere()
  }

  planUpgrade(): Promise<never> {
    return onlyHere()
  }

  async migrate(): Promise<string[]> {
    return []
  }

  async check(): Promise<readonly Check[]> {
    return []
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}
}

function onlyHere(): Promise<never> {
  return Promise.reject(
    new UserError('Portals in memory are out of reach of other commands: start without --ephemeral'),
  )
}
