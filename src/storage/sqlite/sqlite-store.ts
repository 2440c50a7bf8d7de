import { DatabaseSync } from 'node:sqlite'
import type { CompiledQuery, Kysely } from 'kysely'
import type { Clock } from '../../kernel/clock.ts'
import { UserError, messageOf } from '../../kernel/errors.ts'
import type { StoreOptions } from '../databases.ts'
import { sqliteDialect } from '../dialect.ts'
import { migrate } from '../migrations/migrate.ts'
import { insertEvent } from '../event-log.ts'
import { type Prepared, valuesOf } from '../prepared.ts'
import type { Schema } from '../schema.ts'
import { type DomainEvent, NOBODY, type Origin, type Reader, type Store, type Tx } from '../store.ts'
import { Writes } from '../writes.ts'
import { GroupCommit } from './group-commit.ts'
import { type Statement, Statements, kyselyOn } from './statements.ts'

export interface SqliteOptions extends Partial<StoreOptions> {
  /** The file, or `:memory:`. */
  readonly file: string
  readonly clock: Clock
}

interface Ready {
  readonly statement: Statement
  readonly parameters: readonly unknown[]
}

/** Compiled queries of one connection, each compiled at its first use. */
class Queries {
  readonly #db: Kysely<Schema>
  readonly #statements: Statements
  readonly #ready = new Map<Prepared<object, unknown>, Ready>()

  constructor(db: Kysely<Schema>, statements: Statements) {
    this.#db = db
    this.#statements = statements
  }

  get(query: Prepared<object, unknown>): Ready {
    let ready = this.#ready.get(query)
    if (!ready) {
      const { sql, parameters }: CompiledQuery = query.build(this.#db)
      ready = { statement: this.#statements.get(sql), parameters }
      this.#ready.set(query, ready)
    }
    return ready
  }
}

class SqliteReader implements Reader {
  readonly dialect = sqliteDialect
  readonly db: Kysely<Schema>
  readonly #queries: Queries
  readonly #idle: () => Promise<void> | undefined

  constructor(db: Kysely<Schema>, queries: Queries, idle: () => Promise<void> | undefined) {
    this.db = db
    this.#queries = queries
    this.#idle = idle
  }

  async all<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row[]> {
    const wait = this.#idle()
    if (wait) await wait
    const { statement, parameters } = this.#queries.get(query)
    return statement.all(valuesOf(parameters, params)) as Row[]
  }

  async first<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row | undefined> {
    const wait = this.#idle()
    if (wait) await wait
    const { statement, parameters } = this.#queries.get(query)
    return statement.first(valuesOf(parameters, params)) as Row | undefined
  }
}

class SqliteTx extends SqliteReader implements Tx {
  readonly #queries: Queries
  readonly #port: SavepointPort
  readonly #clock: Clock
  readonly #hooks: (() => void)[]
  #origin = NOBODY

  constructor(db: Kysely<Schema>, queries: Queries, port: SavepointPort, clock: Clock, hooks: (() => void)[]) {
    super(db, queries, () => undefined)
    this.#queries = queries
    this.#port = port
    this.#clock = clock
    this.#hooks = hooks
  }

  async run<Params extends object>(query: Prepared<Params, unknown>, params: Params): Promise<void> {
    const { statement, parameters } = this.#queries.get(query)
    statement.run(valuesOf(parameters, params))
  }

  async insert<Params extends object>(query: Prepared<Params, unknown>, params: Params): Promise<number> {
    const { statement, parameters } = this.#queries.get(query)
    return statement.run(valuesOf(parameters, params)).insertId
  }

  async emit({ type, subject, payload }: DomainEvent): Promise<void> {
    const { userId, authConnector } = this.#origin
    await this.run(insertEvent, { type, subject, payload, userId, authConnector, createdAt: this.#clock.now() })
  }

  actFor(origin: Origin): void {
    this.#origin = origin
  }

  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const hooksBefore = this.#hooks.length
    this.#port.savepoint()
    try {
      return await work()
    } catch (error) {
      this.#port.rollbackToSavepoint()
      this.#hooks.length = hooksBefore
      throw error
    } finally {
      this.#port.release()
    }
  }

  afterCommit(hook: () => void): void {
    this.#hooks.push(hook)
  }
}

type SavepointPort = ReturnType<typeof transactionPort>

function transactionPort(database: DatabaseSync) {
  const statement = (sql: string) => {
    const ready = database.prepare(sql)
    return (): void => {
      ready.run()
    }
  }
  return {
    begin: statement('begin immediate'),
    commit: statement('commit'),
    rollback: statement('rollback'),
    // Savepoints nest under one name: release and rollback act on the innermost.
    savepoint: statement('savepoint inner_work'),
    release: statement('release inner_work'),
    rollbackToSavepoint: statement('rollback to inner_work'),
  }
}

/** A connection as every portal has it; `timeout` is how many milliseconds it waits for locks of others. */
export function openDatabase(file: string, timeout = 5_000): DatabaseSync {
  try {
    const database = new DatabaseSync(file, { timeout })
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
    database.exec('pragma cache_size = -32000')
    database.exec('pragma temp_store = memory')
    // The built-in one knows ASCII alone: a search for "Über" would not find "über".
    database.function('lower', { deterministic: true }, (value) =>
      typeof value === 'string' ? value.toLowerCase() : value,
    )
    return database
  } catch (error) {
    throw new UserError(
      `Cannot open the portal's database ${file}: ${messageOf(error)}. Check that the file is a Cordboard portal and that its folder can be written to.`,
      { cause: error },
    )
  }
}

/** Brings the database to the newest schema, or through the named steps only; says which steps it took. */
export async function migrateSqlite(
  database: DatabaseSync,
  statements = new Statements(database),
  only?: readonly string[],
): Promise<string[]> {
  // At once for writing: another process may take the same steps.
  database.exec('begin immediate')
  try {
    const done = await migrate(kyselyOn(statements, 'asIs'), sqliteDialect, only)
    database.exec('commit')
    return done
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}

/** Opens a portal's SQLite file, makes it where it is new and brings it to the newest schema. */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const database = openDatabase(options.file)
  const statements = new Statements(database)
  try {
    await migrateSqlite(database, statements)
  } catch (error) {
    database.close()
    throw error
  }
  const writes = new Writes()
  const port = transactionPort(database)
  const commits = new GroupCommit(port, options.onFatal ?? (() => {}), (transactions) => {
    writes.note(statements.written)
    statements.written.clear()
    options.onCommit?.(transactions)
  })
  const txDb = kyselyOn<Schema>(statements, 'camel')
  const queries = new Queries(txDb, statements)
  return {
    read: new SqliteReader(kyselyOn<Schema>(statements, 'camel', commits.idle), queries, commits.idle),
    counted: commits.counted,
    write: (work) => commits.add((hooks) => work(new SqliteTx(txDb, queries, port, options.clock, hooks))),
    version: (tables) => writes.version(tables),
    onWrite: (table, listener) => writes.listen(table, listener),
    async close() {
      await commits.close()
      database.close()
    },
  }
}
