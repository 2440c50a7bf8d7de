import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError, messageOf } from '../../kernel/errors.ts'
import { type Check, type Databases, type Inspection, type StoreOptions, isPortalName } from '../databases.ts'
import type { Store, Tx } from '../store.ts'
import type { Filling, Snapshot } from '../transfer.ts'
import type { Upgrade } from '../upgrade.ts'
import { inspect } from './inspect.ts'
import { newFile } from './new-file.ts'
import { openSqlite } from './sqlite-store.ts'
import { beginFilling, openSnapshot } from './sqlite-transfer.ts'
import { planUpgrade, upgradeFile } from './upgrade.ts'

export interface SqliteDatabasesOptions extends StoreOptions {
  /** The data folder. */
  readonly folder: string
}

/** Portals as SQLite files in a folder, `portals/<name>.sqlite`. */
export class SqliteDatabases implements Databases {
  readonly engine = 'sqlite'
  readonly #options: SqliteDatabasesOptions
  readonly #folder: string

  constructor(options: SqliteDatabasesOptions) {
    this.#options = options
    this.#folder = join(options.folder, 'portals')
  }

  async names(): Promise<string[]> {
    const files = await readdir(this.#folder).catch(() => [])
    return files.flatMap((file) => (file.endsWith('.sqlite') ? [file.slice(0, -'.sqlite'.length)] : [])).toSorted()
  }

  async has(name: string): Promise<boolean> {
    return isPortalName(name) && existsSync(this.place(name))
  }

  async open(name: string): Promise<Store> {
    const file = this.place(name)
    const { steps, kept } = await upgradeFile(file)
    if (kept !== undefined) this.#options.onUpgrade?.({ portal: name, steps, kept })
    return this.#openFile(file)
  }

  async create<T>(name: string, fill: (tx: Tx) => Promise<T>): Promise<T> {
    await this.#makeFolder()
    const made = await newFile(this.place(name))
    try {
      const store = await this.#openFile(made.path)
      let filled
      try {
        filled = await store.write(fill)
      } finally {
        // Closing the last connection moves everything from the log into the file.
        await store.close()
      }
      await made.keep()
      return filled
    } catch (error) {
      await made.discard()
      throw error
    }
  }

  async delete(name: string): Promise<void> {
    const file = `${name}.sqlite`
    // What upgrades have kept of it holds the same people and messages.
    const kept = (await readdir(this.#folder)).filter((other) => other.startsWith(`${file}.before-`))
    for (const other of [file, `${file}-wal`, `${file}-shm`, ...kept])
      await rm(join(this.#folder, other), { force: true })
  }

  place(name: string): string {
    return join(this.#folder, `${name}.sqlite`)
  }

  async inspect(name: string): Promise<Inspection> {
    return inspect(this.place(name))
  }

  async snapshot(name: string): Promise<Snapshot> {
    return openSnapshot(this.place(name))
  }

  async fill(name: string, steps: readonly string[]): Promise<Filling> {
    await this.#makeFolder()
    return beginFilling(this.place(name), steps)
  }

  planUpgrade(name: string): Promise<Upgrade> {
    return planUpgrade(this.place(name))
  }

  async migrate(name: string): Promise<string[]> {
    return [...(await upgradeFile(this.place(name))).steps]
  }

  async check(): Promise<readonly Check[]> {
    return []
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}

  #openFile(file: string): Promise<Store> {
    return openSqlite({ ...this.#options, file })
  }

  async #makeFolder(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw new UserError(
        `Cannot make the data folder ${this.#folder}: ${messageOf(error)}. Name another with --data, or run "cordboard start --ephemeral".`,
        { cause: error },
      )
    }
  }
}
