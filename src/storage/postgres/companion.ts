import { writtenTable } from '../names.ts'
import type { Prepared } from '../prepared.ts'
import { type DomainEvent, NOBODY, type Origin, type Tx } from '../store.ts'
import type { PostgresTx } from './transaction.ts'

/** One of several works in a transaction that they share. */
export class Companion implements Tx {
  readonly dialect
  readonly #tx: PostgresTx
  readonly #hooks: (() => void)[] = []
  #db: Tx['db'] | undefined
  #origin = NOBODY
  #mayHaveWritten = false

  constructor(tx: PostgresTx) {
    this.#tx = tx
    this.dialect = tx.dialect
  }

  /** Whether something of it may be in the transaction: if it fails then, all of them have failed. */
  get mayHaveWritten(): boolean {
    return this.#mayHaveWritten
  }

  get hooks(): readonly (() => void)[] {
    return this.#hooks
  }

  get db(): Tx['db'] {
    this.#db ??= this.#tx.dbOver((query) => {
      if (writtenTable(query.sql) !== undefined) this.#mayHaveWritten = true
      return this.#tx.execute(query)
    })
    return this.#db
  }

  all<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row[]> {
    return this.#tx.all(query, params)
  }

  first<Params extends object, Row>(query: Prepared<Params, Row>, params: Params): Promise<Row | undefined> {
    return this.#tx.first(query, params)
  }

  run<Params extends object>(query: Prepared<Params, unknown>, params: Params): Promise<void> {
    this.#mayHaveWritten = true
    return this.#tx.run(query, params)
  }

  insert<Params extends object>(query: Prepared<Params, unknown>, params: Params): Promise<number> {
    this.#mayHaveWritten = true
    return this.#tx.insert(query, params)
  }

  emit(event: DomainEvent): Promise<void> {
    this.#mayHaveWritten = true
    return this.#tx.emitFor(this.#origin, event)
  }

  actFor(origin: Origin): void {
    this.#origin = origin
  }

  savepoint(): Promise<never> {
    return Promise.reject(new Error('A work that shares its transaction cannot undo a part of it'))
  }

  afterCommit(hook: () => void): void {
    this.#hooks.push(hook)
  }
}
