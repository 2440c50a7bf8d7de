import { type CreateTableBuilder, type Kysely, sql } from 'kysely'
import type { Dialect } from '../dialect.ts'

type Builder = CreateTableBuilder<string, string>

/** Short words for the columns that migrations repeat. Names are snake_case, as they stand in the database. */
export class TableDraft {
  #builder: Builder
  readonly #dialect: Dialect
  readonly #table: string

  constructor(table: string, builder: Builder, dialect: Dialect) {
    this.#table = table
    this.#builder = builder
    this.#dialect = dialect
  }

  id(): this {
    return this.#add('id', 'integer', (c) => this.#dialect.id(c))
  }

  /**
   * An id for rows that are written with every message and whose newest one is never deleted: without the
   * bookkeeping that keeps SQLite from giving the id of a deleted last row again.
   */
  logId(): this {
    return this.#add('id', 'integer', (c) => this.#dialect.logId(c))
  }

  /** A key that the writer gives. */
  integerKey(name: string): this {
    return this.#add(name, 'integer', (c) => c.primaryKey().notNull())
  }

  integer(...names: string[]): this {
    for (const name of names) this.#add(name, 'integer', (c) => c.notNull())
    return this
  }

  integerOr(value: number, ...names: string[]): this {
    for (const name of names) this.#add(name, 'integer', (c) => c.notNull().defaultTo(value))
    return this
  }

  integerOrNull(...names: string[]): this {
    for (const name of names) this.#add(name, 'integer', (c) => c)
    return this
  }

  real(...names: string[]): this {
    for (const name of names) this.#add(name, 'real', (c) => c.notNull())
    return this
  }

  realOr(value: number, ...names: string[]): this {
    for (const name of names) this.#add(name, 'real', (c) => c.notNull().defaultTo(value))
    return this
  }

  text(...names: string[]): this {
    for (const name of names) this.#add(name, 'text', (c) => c.notNull())
    return this
  }

  textOr(value: string, ...names: string[]): this {
    for (const name of names) this.#add(name, 'text', (c) => c.notNull().defaultTo(value))
    return this
  }

  textOrNull(...names: string[]): this {
    for (const name of names) this.#add(name, 'text', (c) => c)
    return this
  }

  boolean(value: boolean, ...names: string[]): this {
    for (const name of names) this.#add(name, 'boolean', (c) => c.notNull().defaultTo(sql.lit(value)))
    return this
  }

  json(...names: string[]): this {
    for (const name of names) this.#add(name, 'json', (c) => c.notNull())
    return this
  }

  jsonOr(value: string, ...names: string[]): this {
    for (const name of names) this.#add(name, 'json', (c) => c.notNull().defaultTo(value))
    return this
  }

  /** A key of several columns. */
  key(...names: string[]): this {
    this.#builder = this.#builder.addPrimaryKeyConstraint(`key_${this.#table}`, names)
    return this
  }

  /** For tables whose key is theirs to choose: SQLite then keeps rows in the key itself. */
  textKey(name: string): this {
    return this.#add(name, 'text', (c) => c.primaryKey().notNull())
  }

  build(): Builder {
    return this.#builder
  }

  #add(
    name: string,
    type: 'integer' | 'real' | 'text' | 'boolean' | 'json',
    make: Parameters<Builder['addColumn']>[2] & {},
  ): this {
    this.#builder = this.#builder.addColumn(name, this.#typeOf(type), make)
    return this
  }

  #typeOf(type: 'integer' | 'real' | 'text' | 'boolean' | 'json') {
    return type === 'text' ? 'text' : this.#dialect.types[type]
  }
}

/** What a migration is given: ways to make tables and indexes, the same for every engine. */
export interface MigrationDb {
  readonly table: (name: string, draft: (table: TableDraft) => TableDraft) => Promise<void>
  readonly index: (
    table: string,
    columns: readonly string[],
    options?: { unique?: boolean; where?: string },
  ) => Promise<void>
  /** Adds a column to a table that has rows: they get the value. */
  readonly add: (table: string, column: string, value: number | string | boolean) => Promise<void>
  readonly db: Kysely<Record<string, Record<string, unknown>>>
}

/** One step of the schema. Steps are never edited: portals have taken them. A new one is added. */
export interface Migration {
  readonly name: string
  up(migration: MigrationDb): Promise<void>
}

export function migrationDb(db: MigrationDb['db'], dialect: Dialect): MigrationDb {
  return {
    db,
    async table(name, draft) {
      await draft(new TableDraft(name, db.schema.createTable(name), dialect))
        .build()
        .execute()
    },
    async index(table, columns, options = {}) {
      const name = `${options.unique ? 'unique' : 'index'}_${table}_${columns.join('_')}`
      let builder = db.schema
        .createIndex(name)
        .on(table)
        .columns([...columns])
      if (options.unique) builder = builder.unique()
      if (options.where !== undefined) builder = builder.where(sql.raw(options.where) as never)
      await builder.execute()
    },
    async add(table, column, value) {
      const types = { number: dialect.types.integer, string: 'text', boolean: dialect.types.boolean } as const
      const type = types[typeof value as keyof typeof types]
      await db.schema
        .alterTable(table)
        .addColumn(column, type, (c) => c.notNull().defaultTo(typeof value === 'boolean' ? sql.lit(value) : value))
        .execute()
    },
  }
}
