import type { ColumnDataType, ColumnDefinitionBuilder, SelectQueryBuilder } from 'kysely'

/** The one place where engines differ. Each engine is one constant of this shape. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres'
  /** An integer key that the database gives and never gives twice. */
  id(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder
  /** The same for rows of which the newest is never deleted, which makes it cheaper. */
  logId(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder
  /** Column types by meaning; the codec of the engine decodes by them. */
  readonly types: {
    readonly integer: ColumnDataType
    readonly boolean: ColumnDataType
    readonly json: ColumnDataType
    readonly real: ColumnDataType
  }
  /** Narrows a query to rows that nobody else works on, and keeps them until the transaction ends. */
  claim<Db, Tables extends keyof Db, Row>(query: SelectQueryBuilder<Db, Tables, Row>): typeof query
}

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  id: (column) => column.primaryKey().autoIncrement(),
  logId: (column) => column.primaryKey(),
  types: { integer: 'integer', boolean: 'boolean', json: 'json', real: 'real' },
  // Writers take turns: nobody else can be at work on anything.
  claim: (query) => query,
}

export const postgresDialect: Dialect = {
  name: 'postgres',
  id: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
  logId: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
  // `json` keeps what was written as it was written; `jsonb` would sort its keys.
  types: { integer: 'bigint', boolean: 'boolean', json: 'json', real: 'double precision' },
  claim: (query) => query.forUpdate().skipLocked(),
}
