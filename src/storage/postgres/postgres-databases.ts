import { UserError, messageOf } from '../../kernel/errors.ts'
import { type Check, type Databases, type Inspection, type StoreOptions, isPortalName } from '../databases.ts'
import { postgresDialect } from '../dialect.ts'
import { migrate, refuseNewer, stepsOf } from '../migrations/migrate.ts'
import type { Store, Tx } from '../store.ts'
import type { Filling, Snapshot } from '../transfer.ts'
import type { Upgrade } from '../upgrade.ts'
import { checkServer } from './checks.ts'
import { type Connection, Connections } from './connections.ts'
import { failureKind } from './failures.ts'
import { explained } from './gone.ts'
import { readPatiently } from './patience.ts'
import { PostgresStore } from './postgres-store.ts'
import { beginFilling, openSnapshot, sizeOf } from './postgres-transfer.ts'
import { Queries } from './queries.ts'
import { asIs, lockPortal, quoted } from './schemas.ts'
import { PostgresTx } from './transaction.ts'

export interface PostgresDatabasesOptions extends Omit<StoreOptions, 'onFatal'> {
  /** `postgres://user:password@host:port/database` */
  readonly url: string
  /** How many connections this process opens at the most. */
  readonly poolSize: number
  /** How long one statement may take, in milliseconds. */
  readonly timeLimit: number
  /** Told of connections that broke while nobody used them. */
  readonly onError: (error: unknown) => void
}

const PREFIX = 'portal_'
/** PostgreSQL cuts longer names off. */
const LONGEST_NAME = 63 - PREFIX.length

const OLDEST_VERSION = 150_000
/** Bytes a second that a small server writes anew. */
const RATE = 20_000_000

const TRIES_TO_DELETE = 10

/** The schema of a portal. */
function schemaOf(name: string): string {
  return `${PREFIX}${name}`
}

/** Portals as schemas of one PostgreSQL database, whatever number of processes works on it. */
export class PostgresDatabases implements Databases {
  readonly engine = 'postgres'
  readonly #connections: Connections
  readonly #options: Pick<StoreOptions, 'clock' | 'onCommit' | 'onUpgrade'>
  readonly #poolSize: number

  constructor({ url, poolSize, timeLimit, onError, clock, onCommit, onUpgrade }: PostgresDatabasesOptions) {
    this.#connections = new Connections({ url, size: poolSize, timeLimit, onError })
    this.#options = { clock, onCommit, onUpgrade }
    this.#poolSize = poolSize
  }

  async names(): Promise<string[]> {
    const rows = await this.#ask(
      `select nspname as name from pg_namespace where nspname like '${PREFIX.replace('_', '\\_')}%' order by nspname collate "C"`,
    )
    return rows.map(({ name }) => String(name).slice(PREFIX.length))
  }

  async has(name: string): Promise<boolean> {
    if (!isPortalName(name)) return false
    return (await this.#ask('select from pg_namespace where nspname = $1', [schemaOf(name)])).length > 0
  }

  async open(name: string): Promise<Store> {
    const steps = this.#steps(name)
    const { pendingSteps, newerSteps } = await steps.catch(async (error: unknown) => {
      throw await explained(error, this.#connections, schemaOf(name))
    })
    refuseNewer(newerSteps, 'start that version, or restore a backup made with this one')
    if (pendingSteps.length > 0) {
      const taken = await this.migrate(name)
      // Another process may have been quicker.
      if (taken.length > 0) this.#options.onUpgrade?.({ portal: name, steps: taken })
    }
    return new PostgresStore({ connections: this.#connections, schema: schemaOf(name), ...this.#options })
  }

  async create<T>(name: string, fill: (tx: Tx) => Promise<T>): Promise<T> {
    refuseLongName(name)
    return this.#alone(name, async (connection) => {
      const schema = schemaOf(name)
      const there = await connection.execute('select from pg_namespace where nspname = $1', [schema])
      if (there.rows.length > 0) throw new UserError(`There is a portal "${name}" already: choose another name`)
      await connection.execute(`create schema ${quoted(schema)}`)
      await migrate(asIs(connection, schema), postgresDialect)
      const tx = new PostgresTx({ connection, schema, queries: new Queries(schema), clock: this.#options.clock })
      const filled = await fill(tx)
      await tx.settle()
      return filled
    })
  }

  /** Waits for the transactions of servers that use the portal, and lets them go first where they would wait for each other. */
  async delete(name: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#alone(name, (connection) => connection.execute(`drop schema ${quoted(schemaOf(name))} cascade`))
        return
      } catch (error) {
        if (failureKind(error) !== 'conflict' || tries === TRIES_TO_DELETE) throw error
      }
    }
  }

  place(name: string): string {
    return `schema ${schemaOf(name)}`
  }

  async inspect(name: string): Promise<Inspection> {
    const schema = quoted(schemaOf(name))
    const [newest] = await this.#ask(`select created_at as at from ${schema}.message order by id desc limit 1`)
    return {
      damage: [],
      ...(await this.#steps(name)),
      newestAt: newest === undefined ? undefined : Number(newest['at']),
    }
  }

  snapshot(name: string): Promise<Snapshot> {
    return openSnapshot(this.#connections, schemaOf(name))
  }

  async fill(name: string, steps: readonly string[]): Promise<Filling> {
    refuseLongName(name)
    refuseNewer(steps, 'use that version to take it in')
    return beginFilling(this.#connections, { name, schema: schemaOf(name), steps })
  }

  async planUpgrade(name: string): Promise<Upgrade> {
    const { pendingSteps, newerSteps } = await this.#steps(name)
    refuseNewer(newerSteps, 'start that version, or restore a backup made with this one')
    const size = await this.#connections.usePatiently((connection) => sizeOf(connection, schemaOf(name)))
    return {
      steps: pendingSteps,
      ...size,
      seconds: Math.max(1, Math.ceil(size.bytes / RATE)),
      notes: [
        `The time is what writing the portal anew takes at ${RATE / 1_000_000} MB a second, which a small server manages; steps that only add are done at once.`,
        'All steps are one transaction: the old schema is there until it is committed. No other process changes the schema meanwhile, and what writes to a table that is being changed waits.',
      ],
      disk: undefined,
    }
  }

  check(): Promise<readonly Check[]> {
    return checkServer(this.#connections, { poolSize: this.#poolSize, now: () => this.#options.clock.now() })
  }

  migrate(name: string): Promise<string[]> {
    return this.#alone(name, (connection) => migrate(asIs(connection, schemaOf(name)), postgresDialect))
  }

  /** Refuses a database that cannot be reached, or cannot hold portals. */
  async mustAnswer(): Promise<void> {
    let found
    try {
      ;[found] = await this.#askOnce(
        `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
           lower('\u00dc') = '\u00fc' as knows_letters`,
      )
    } catch (error) {
      throw new UserError(
        `Cannot use the PostgreSQL database: ${reasonOf(error)}. Check --database, and that the server runs and lets this user in.`,
        { cause: error },
      )
    }
    const { version, encoding, knowsLetters } = found ?? {}
    if (Number(version) < OLDEST_VERSION)
      throw new UserError('The PostgreSQL server is too old: Cordboard needs version 15 or newer')
    if (encoding !== 'UTF8' || knowsLetters !== true)
      throw new UserError(
        "The PostgreSQL database does not know all letters: make one with: create database NAME encoding 'UTF8' locale 'C.UTF-8' template template0",
      )
  }

  async ping(): Promise<void> {
    await this.#askOnce('select 1')
  }

  async close(): Promise<void> {
    await this.#connections.end()
  }

  async #steps(name: string): Promise<ReturnType<typeof stepsOf>> {
    const rows = await this.#ask(`select name from ${quoted(schemaOf(name))}.schema_step order by name collate "C"`)
    return stepsOf(rows.map((row) => String(row['name'])))
  }

  async #askOnce(sql: string): Promise<Record<string, unknown>[]> {
    return (await this.#connections.use((connection) => connection.execute(sql))).rows
  }

  /** Throws `StoreUnavailable` where the database cannot be reached. */
  async #ask(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await readPatiently(this.#connections, (connection) => connection.execute(sql, values))
    return rows
  }

  /** Changes the schema of a portal, as the only process that does so, in one transaction. */
  async #alone<T>(name: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#connections.usePatiently(async (connection) => {
      await connection.execute('begin')
      await lockPortal(connection, name)
      const value = await work(connection)
      await connection.execute('commit')
      return value
    })
  }
}

function refuseLongName(name: string): void {
  if (name.length > LONGEST_NAME)
    throw new UserError(`"${name}" is too long to name a portal in PostgreSQL: use at most ${LONGEST_NAME} letters`)
}

/** Where every address of a host refused, the messages are in the parts. */
function reasonOf(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : messageOf(error)
}
