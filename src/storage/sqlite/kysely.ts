import {
  CamelCasePlugin,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type PluginTransformResultArgs,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type UnknownRow,
} from 'kysely'
import type { Statements } from './statements.ts'

/** Names go out in snake_case; they come back in camelCase from the statement's own codec. */
class SnakeCaseNames extends CamelCasePlugin {
  override transformResult(args: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return Promise.resolve(args.result)
  }
}

class Connection implements DatabaseConnection {
  readonly #statements: Statements
  readonly #ready: () => Promise<void> | undefined

  constructor(statements: Statements, ready: () => Promise<void> | undefined) {
    this.#statements = statements
    this.#ready = ready
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const wait = this.#ready()
    if (wait) await wait
    const statement = this.#statements.get(sql)
    if (statement.returnsRows) return { rows: statement.all(parameters) as R[] }
    const { changes, insertId } = statement.run(parameters)
    return { rows: [], insertId: BigInt(insertId), numAffectedRows: BigInt(changes) }
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('Rows are not streamed: ask for a page')
  }
}

class SingleConnectionDriver implements Driver {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}

  beginTransaction(): Promise<void> {
    return refuse()
  }
  commitTransaction(): Promise<void> {
    return refuse()
  }
  rollbackTransaction(): Promise<void> {
    return refuse()
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('Transactions are opened by store.write'))
}

/**
 * Kysely over one SQLite connection. `ready` is asked before each query: it answers a promise to wait for,
 * or nothing.
 */
export function kyselyOver<Db>(
  statements: Statements,
  options: { ready?: () => Promise<void> | undefined; names: 'camel' | 'asIs' },
): Kysely<Db> {
  return new Kysely<Db>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new SingleConnectionDriver(new Connection(statements, options.ready ?? (() => undefined))),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
    plugins: options.names === 'camel' ? [new SnakeCaseNames()] : [],
  })
}
