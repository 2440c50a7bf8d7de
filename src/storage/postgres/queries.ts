import {
  type CompiledQuery,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type UnknownRow,
} from 'kysely'
import { type Engine, type Execute, kyselyOver } from '../kysely.ts'
import type { Prepared } from '../prepared.ts'
import type { Schema } from '../schema.ts'
import type { Connection } from './connections.ts'

const engine: Engine = {
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
}

/** Kysely over one schema: every table is named with it, whatever the search path is. */
export function kyselyIn<Db>(schema: string, execute: Execute, names: 'camel' | 'asIs' = 'camel'): Kysely<Db> {
  return kyselyOver<Db>(engine, execute, names).withSchema(schema)
}

/** Runs what Kysely has built on a connection. */
export async function executeOn(
  connection: Connection,
  { sql, parameters }: CompiledQuery,
): Promise<QueryResult<UnknownRow>> {
  const { rows, affected } = await connection.execute(sql, parameters)
  return { rows, numAffectedRows: BigInt(affected) }
}

/** A statement that the server keeps by its name. */
export interface NamedStatement {
  readonly name: string
  readonly sql: string
  readonly parameters: readonly unknown[]
}

let named = 0

/** The prepared queries of one portal, each compiled at its first use. */
export class Queries {
  readonly #db: Kysely<Schema>
  readonly #ready = new Map<string, Map<Prepared<object, unknown>, NamedStatement>>()

  constructor(schema: string) {
    this.#db = kyselyIn<Schema>(schema, () => Promise.reject(new Error('This one only compiles')))
  }

  /** `suffix` is put behind the query: `returning "id"`. */
  get(query: Prepared<object, unknown>, suffix = ''): NamedStatement {
    let kept = this.#ready.get(suffix)
    if (!kept) this.#ready.set(suffix, (kept = new Map()))
    let ready = kept.get(query)
    if (!ready) {
      const { sql, parameters } = query.build(this.#db)
      ready = { name: `cordboard_${++named}`, sql: suffix === '' ? sql : `${sql} ${suffix}`, parameters }
      kept.set(query, ready)
    }
    return ready
  }
}
