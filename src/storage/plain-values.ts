import { type PlainRow, RowRefused } from './transfer.ts'

/** Why a row is refused, whatever the engine calls it. */
export const REASONS = {
  twice: 'a row with the same key is there already',
  missing: 'it leaves empty what must not be empty',
  unfit: 'it holds a value that does not fit its column',
} as const

/** What columns hold, by the types that the engines' dialects declare. */
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  integer: Number.isSafeInteger,
  bigint: Number.isSafeInteger,
  boolean: (value) => typeof value === 'boolean',
  real: (value) => typeof value === 'number',
  'double precision': (value) => typeof value === 'number',
  text: (value) => typeof value === 'string',
}

/** A value of an exported row as the engine's codec takes it; `type` is that of the column, in lower case. */
export function storedValue(value: unknown, type: string): unknown {
  if (value === null) return null
  // JSON columns hold any JSON, a plain string too.
  if (type === 'json') return JSON.stringify(value)
  if (typeof value === 'object') {
    if ('$base64' in value && typeof value.$base64 === 'string') return Buffer.from(value.$base64, 'base64')
    throw new RowRefused('an object where a plain value belongs')
  }
  if (FITS[type]?.(value) === false) throw new RowRefused(REASONS.unfit)
  return value
}

/** The values of a row in the order of the table's columns. Throws `RowRefused` where it has others. */
export function storedValues(
  table: string,
  columns: readonly { readonly name: string; readonly type: string }[],
  row: PlainRow,
): unknown[] {
  if (Object.keys(row).length !== columns.length || columns.some(({ name }) => !Object.hasOwn(row, name)))
    throw new RowRefused(`its columns are not those of "${table}"`)
  return columns.map(({ name, type }) => storedValue(row[name], type))
}
