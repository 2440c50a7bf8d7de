import {
  CamelCasePlugin,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type PluginTransformResultArgs,
  type QueryResult,
  type UnknownRow,
} from 'kysely'

/** Names go out in snake_case; they come back in camelCase from the engine's own codec. */
class SnakeCaseNames extends CamelCasePlugin {
  override transformResult(args: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return Promise.resolve(args.result)
  }
}

/** Runs one statement where it belongs: in a transaction, or on any connection. */
export type Execute = (query: CompiledQuery) => Promise<QueryResult<UnknownRow>>

/** Hands every statement to the store, which knows of connections and transactions. */
class ExecutingDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(execute: Execute) {
    this.#connection = {
      executeQuery: (query) => execute(query) as Promise<QueryResult<never>>,
      // oxlint-disable-next-line require-yield
      async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
        throw new Error('Rows are not streamed: ask for a page')
      },
    }
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

/** How Kysely writes and reads one engine's SQL. */
export type Engine = Omit<Dialect, 'createDriver'>

/** Kysely that hands its statements to `execute`; `names` says how code names tables and columns. */
export function kyselyOver<Db>(engine: Engine, execute: Execute, names: 'camel' | 'asIs'): Kysely<Db> {
  return new Kysely<Db>({
    dialect: { ...engine, createDriver: () => new ExecutingDriver(execute) },
    plugins: names === 'camel' ? [new SnakeCaseNames()] : [],
  })
}
