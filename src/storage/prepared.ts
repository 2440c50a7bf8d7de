import type { CompiledQuery, Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Stands in a query where a value will be. */
export class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** What a Kysely builder is once it is complete. */
interface Complete<Row> {
  compile(): CompiledQuery<Row>
}

/** A query that is built once and run many times. Made by {@link prepared}. */
export interface Prepared<Params, Row> {
  readonly build: (db: Kysely<Schema>) => CompiledQuery<Row>
  /** Only for the type checker: what the query wants. */
  readonly params?: Params
}

/**
 * Declares a query for a hot path: built at its first use in each store, then only bound and run.
 *
 * @example
 * const chatById = prepared<{ id: number }>()((db, p) => db.selectFrom('chat').selectAll().where('id', '=', p.id))
 * const chat = await tx.first(chatById, { id: 12 })
 */
export function prepared<Params extends object>() {
  return <Row>(build: (db: Kysely<Schema>, params: Params) => Complete<Row>): Prepared<Params, Row> => ({
    build(db) {
      // A placeholder travels through the builder as if it were the value: builders never look inside.
      const placeholders = new Proxy({} as Params, { get: (_, name) => new Placeholder(String(name)) })
      return build(db, placeholders).compile()
    },
  })
}

/** The values of a compiled query, in the order in which its statement wants them. */
export function valuesOf(parameters: readonly unknown[], params: object): unknown[] {
  const values: unknown[] = []
  for (const parameter of parameters) {
    values.push(parameter instanceof Placeholder ? (params as Record<string, unknown>)[parameter.name] : parameter)
  }
  return values
}
