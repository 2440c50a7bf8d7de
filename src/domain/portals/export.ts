import { UserError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/json.ts'
import { type Filling, RowRefused, type Snapshot } from '../../storage/transfer.ts'

/**
 * An exported portal is lines of JSON, gzipped: a head that says what it is, one line a row
 * (`{"table":…,"row":{…}}`), one a table that gives ids (`{"table":…,"lastId":…}`), and an end with the number of rows.
 * Nothing in it is of one database engine.
 */
const FORMAT = 'cordboard-portal'
const VERSION = 1

export const FOREIGN = 'it is no portal that "cordboard portal export" has written'

export interface ExportHead {
  /** The name that the portal had. */
  readonly portal: string
  /** The schema steps under which its rows were written. */
  readonly steps: readonly string[]
  /** Epoch milliseconds. */
  readonly exportedAt: number
}

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`

/** The lines of an export, each with its line feed; at the end how many rows there were. */
export async function* exportLines(portal: string, snapshot: Snapshot, now: number): AsyncGenerator<string, number> {
  yield lineOf({ format: FORMAT, version: VERSION, steps: snapshot.steps, portal, exportedAt: now })
  let rows = 0
  for (const table of snapshot.tables) {
    for await (const row of snapshot.rows(table)) {
      rows++
      yield lineOf({ table, row })
    }
  }
  for (const [table, lastId] of await snapshot.lastIds()) yield lineOf({ table, lastId })
  yield lineOf({ end: true, rows })
  return rows
}

/** Reads the first line of an export. */
export function parseHead(line: string | undefined): ExportHead {
  const head = line === undefined ? undefined : parseLine(line, 1)
  if (head?.['format'] !== FORMAT) throw new UserError(FOREIGN)
  const { version, steps, portal, exportedAt } = head
  if (version !== VERSION) {
    throw new UserError(
      `it has format ${JSON.stringify(version)}; this version of Cordboard reads format ${VERSION}: use the version that wrote it`,
    )
  }
  if (
    !Array.isArray(steps) ||
    !steps.every((step) => typeof step === 'string') ||
    typeof portal !== 'string' ||
    typeof exportedAt !== 'number'
  ) {
    throw damaged(1, 'its first line lacks something')
  }
  return { portal, steps, exportedAt }
}

/** What is on its way to the database: a database elsewhere need not be waited for row by row. */
const MOST_UNDER_WAY = 512
const MOST_CHARACTERS = 4_000_000

interface Sent {
  /** The number of its line. */
  readonly at: number
  readonly size: number
  readonly outcome: Promise<void>
}

/** Rows that were sent and not yet answered. Failures come out in the order of the lines, each with its own. */
class UnderWay {
  readonly #sent: Sent[] = []
  #characters = 0

  async add(sent: Sent): Promise<void> {
    // It is awaited later, in its turn.
    sent.outcome.catch(() => {})
    this.#sent.push(sent)
    this.#characters += sent.size
    if (this.#sent.length >= MOST_UNDER_WAY || this.#characters >= MOST_CHARACTERS)
      await this.#settle(Math.ceil(this.#sent.length / 2))
  }

  settle(): Promise<void> {
    return this.#settle(this.#sent.length)
  }

  async #settle(count: number): Promise<void> {
    for (const { at, size, outcome } of this.#sent.splice(0, count)) {
      this.#characters -= size
      try {
        await outcome
      } catch (error) {
        throw error instanceof RowRefused ? damaged(at, error.message, error) : error
      }
    }
  }
}

/** Fills a new database with the lines after the head; answers how many rows it took. */
export async function importLines(lines: AsyncIterable<string> | Iterable<string>, filling: Filling): Promise<number> {
  const underWay = new UnderWay()
  let number = 1
  let rows = 0
  let expected: unknown
  for await (const text of lines) {
    number++
    let line: Record<string, unknown>
    try {
      if (expected !== undefined) throw damaged(number, 'there is more after its end')
      line = parseLine(text, number)
    } catch (error) {
      // A row before it may have failed: then that is what is wrong first.
      await underWay.settle()
      throw error
    }
    if (line['end'] === true) {
      expected = line['rows']
      continue
    }
    if (isJsonObject(line['row'])) rows++
    await underWay.add({ at: number, size: text.length, outcome: take(line, number, filling) })
  }
  await underWay.settle()
  if (expected === undefined)
    throw new UserError(
      `it is incomplete, it stops after ${rows} rows. Export the portal again, or copy the file again.`,
    )
  if (expected !== rows) throw damaged(number, `it should hold ${JSON.stringify(expected)} rows and holds ${rows}`)
  return rows
}

async function take({ table, row, lastId }: Record<string, unknown>, at: number, filling: Filling): Promise<void> {
  if (typeof table !== 'string') throw damaged(at, 'it names no table')
  if (isJsonObject(row)) await filling.insert(table, row)
  else if (Number.isSafeInteger(lastId)) await filling.setLastId(table, Number(lastId))
  else throw new RowRefused('it holds no row')
}

function parseLine(text: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) return value
  } catch {
    // Told below, as for what is JSON but no object.
  }
  if (number === 1) throw new UserError(FOREIGN)
  throw damaged(number, 'it is not JSON')
}

function damaged(at: number, why: string, cause?: unknown): UserError {
  return new UserError(`it is damaged at line ${at}: ${why}. Export the portal again, or copy the file again.`, {
    cause,
  })
}
