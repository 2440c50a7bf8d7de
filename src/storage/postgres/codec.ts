/** The types of PostgreSQL whose values the driver leaves as text: int8 and numeric. */
const NUMBERS = new Set([20, 1700])

/** A value as it came, by the number of its type: everything that Cordboard counts fits into a number. */
export function decode(value: unknown, type: number): unknown {
  return typeof value === 'string' && NUMBERS.has(type) ? Number(value) : value
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
