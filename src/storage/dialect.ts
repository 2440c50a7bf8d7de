import type { ColumnDefinitionBuilder } from 'kysely'

/** The one place where engines differ. Each engine is one constant of this shape. */
export interface Dialect {
  readonly name: 'sqlite'
  /** An integer key that the database gives and never gives twice. */
  id(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder
  /** The same for rows of which the newest is never deleted, which makes it cheaper. */
  logId(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder
  /** Column types by meaning; the codec of the engine decodes by them. */
  readonly types: {
    readonly integer: 'integer'
    readonly boolean: 'boolean'
    readonly json: 'json'
    readonly real: 'real'
  }
}

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  id: (column) => column.primaryKey().autoIncrement(),
  logId: (column) => column.primaryKey(),
  types: { integer: 'integer', boolean: 'boolean', json: 'json', real: 'real' },
}
