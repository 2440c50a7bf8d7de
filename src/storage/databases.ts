import type { Clock } from '../kernel/clock.ts'
import type { Dialect } from './dialect.ts'
import type { Store, Tx } from './store.ts'
import type { Filling, Snapshot } from './transfer.ts'
import type { Upgrade } from './upgrade.ts'

/** What the stores of a process have in common. */
export interface StoreOptions {
  readonly clock: Clock
  /** Told when the disk failed: after that nothing is acknowledged, and the process should end. */
  readonly onFatal: (error: unknown) => void
  /** Told after each commit how many transactions shared it. */
  readonly onCommit?: ((transactions: number) => void) | undefined
  /** Told when opening a portal has brought it to the newest schema. */
  readonly onUpgrade?: ((upgraded: Upgraded) => void) | undefined
}

/** A portal that took schema steps when it was opened. */
export interface Upgraded {
  readonly portal: string
  readonly steps: readonly string[]
  /** What stays of it as it was, until somebody deletes it; nothing where the engine needs no copy. */
  readonly kept?: string
}

/** What can be told of a portal's database from outside. */
export interface Inspection {
  /** What the engine found broken; nothing in a sound database. */
  readonly damage: readonly string[]
  /** Schema steps that this version does not know: a newer one has written them. */
  readonly newerSteps: readonly string[]
  /** Schema steps that it still lacks. */
  readonly pendingSteps: readonly string[]
  /** Epoch milliseconds of the newest message in it. */
  readonly newestAt: number | undefined
}

/** What a look at one thing found. */
export interface Check {
  readonly ok: boolean
  /** What was looked at. */
  readonly about: string
  /** How it is; where it is a problem, what to do as well. */
  readonly message: string
}

/** Where the portals are: a folder of SQLite files, the memory of this process, or the schemas of a PostgreSQL database. */
export interface Databases {
  readonly engine: Dialect['name']
  /** The names of all portals, in order. */
  names(): Promise<string[]>
  has(name: string): Promise<boolean>
  /** Opens a portal's database and brings it to the newest schema. */
  open(name: string): Promise<Store>
  /** Makes a database with what `fill` writes. It is there whole or not at all; a `UserError` where there is one already. */
  create<T>(name: string, fill: (tx: Tx) => Promise<T>): Promise<T>
  /** Deletes a database with all that is in it; its store was closed before. */
  delete(name: string): Promise<void>
  /** Where a portal's database is, as people are told. */
  place(name: string): string
  /** Looks at a database and changes nothing. Throws where it is none. */
  inspect(name: string): Promise<Inspection>
  /** Reads all of a database as it stands at one moment, without keeping its writers waiting. */
  snapshot(name: string): Promise<Snapshot>
  /** Begins a new database with the schema steps under which its rows were written. */
  fill(name: string, steps: readonly string[]): Promise<Filling>
  /** What {@link migrate} would do; changes nothing. Refuses a database that a newer version has written. */
  planUpgrade(name: string): Promise<Upgrade>
  /** Brings a database to the newest schema, as opening it does; says which steps it took. What was is there until it is done. */
  migrate(name: string): Promise<string[]>
  /** Looks at what holds the databases, and changes nothing. */
  check(): Promise<readonly Check[]>
  /** Fails where the databases cannot be reached at all. */
  ping(): Promise<void>
  /** After the stores are closed. */
  close(): Promise<void>
}

/** Lower-case letters, digits and hyphens, as in a host name. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Whether a portal can have the name: else it is not looked for, wherever the portals are. */
export function isPortalName(name: string): boolean {
  return NAME.test(name)
}
