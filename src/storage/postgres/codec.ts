import pg, { type CustomTypesConfig } from 'pg'

const INT8 = 20
const NUMERIC = 1700

/** Counts, sums and ids come as numbers: everything that Cordboard counts fits. All else as `pg` parses it. */
export const types: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 || oid === NUMERIC
      ? Number
      : pg.types.getTypeParser(oid, format)) as CustomTypesConfig['getTypeParser'],
}

/** What PostgreSQL cannot hold in a text: NUL, and halves of surrogate pairs. */
const UNSTORABLE = /\0|[\ud800-\udfff]/
const UNSTORABLE_ESCAPES = /\\u(?:0000|d[89a-f])/i

function storable(text: string): string {
  return UNSTORABLE.test(text) ? text.toWellFormed().replaceAll('\0', '\ufffd') : text
}

/** A value as the driver takes it: objects and lists become JSON, not the arrays that it would make of lists. */
export function encode(value: unknown): unknown {
  if (typeof value === 'string') return storable(value)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return storableJson(JSON.stringify(value))
}

/** JSON as PostgreSQL can take it apart. */
export function storableJson(json: string): string {
  if (!UNSTORABLE_ESCAPES.test(json)) return json
  return JSON.stringify(JSON.parse(json), (_, part: unknown) => (typeof part === 'string' ? storable(part) : part))
}
