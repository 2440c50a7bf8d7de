/** A row as it travels between engines: names as in the database, booleans as such, JSON columns parsed. */
export type PlainRow = Record<string, unknown>

/** All of a database as it stood at one moment; others may go on writing meanwhile. */
export interface Snapshot extends AsyncDisposable {
  /** The schema steps it has taken, in order. */
  readonly steps: readonly string[]
  readonly tables: readonly string[]
  /** The rows of a table by key. */
  rows(table: string): AsyncIterable<PlainRow>
  /** The last id given in each table that gives ids: they are never given twice, not even those of deleted rows. */
  lastIds(): Promise<ReadonlyMap<string, number>>
}

/** A row that the database cannot hold; the message says why. */
export class RowRefused extends Error {
  override readonly name = 'RowRefused'
}

/** A new database that is being filled; nothing of it is there until it is finished. */
export interface Filling {
  readonly tables: readonly string[]
  /** Throws `RowRefused` where the table has other columns, or cannot hold the values. */
  insert(table: string, row: PlainRow): Promise<void>
  setLastId(table: string, id: number): Promise<void>
  /** Brings it to the newest schema and puts it in its place. */
  finish(): Promise<void>
  /** Leaves nothing behind. */
  discard(): Promise<void>
}
