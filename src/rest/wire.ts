import { z } from 'zod'
import type { JsonObject, JsonValue } from '../kernel/json.ts'

/**
 * The types of the wire. A client may send a number as a string, a boolean as `Y`, `1` or `true`: each type
 * takes all the forms that clients use and gives one.
 */

function coerceInteger(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[+-]?\d{1,16}\s*$/.test(value) ? Number(value) : value
}

function coerceNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value
}

function coerceText(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return value
}

const TRUE = new Set<unknown>([true, 1, '1', 'Y', 'y', 'true', 'True', 'TRUE'])
const FALSE = new Set<unknown>([false, 0, '0', 'N', 'n', 'false', 'False', 'FALSE', ''])

function coerceFlag(value: unknown): unknown {
  if (TRUE.has(value)) return true
  return FALSE.has(value) ? false : value
}

/** Text that any database can keep and any client can read back: no NUL, no half of a surrogate pair. */
export function isCleanText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

function isCleanJson(value: unknown): boolean {
  if (typeof value === 'string') return isCleanText(value)
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isCleanJson)
  return Object.entries(value).every(([key, inner]) => isCleanText(key) && isCleanJson(inner))
}

const integer = z.preprocess(coerceInteger, z.int())

export const wire = {
  /** A whole number. */
  integer: () => integer,
  /** An id: a whole number above 0. */
  id: () => z.preprocess(coerceInteger, z.int().positive()),
  number: () => z.preprocess(coerceNumber, z.number()),
  /** A string; `max` in UTF-16 units. */
  text: (max = 65_535) =>
    z.preprocess(coerceText, z.string().max(max).refine(isCleanText, 'holds NUL or half a surrogate pair')),
  /** `Y`/`N`, `1`/`0`, `true`/`false`. */
  flag: () => z.preprocess(coerceFlag, z.boolean()),
  /** One of some words, in any letter case; gives the word as listed. */
  oneOf: <const Words extends readonly string[]>(...words: Words) =>
    z.preprocess(
      (value) =>
        typeof value === 'string' ? (words.find((word) => word.toLowerCase() === value.toLowerCase()) ?? value) : value,
      z.enum(words),
    ),
  /** A list; a single value stands for a list of one, as PHP clients send it; an object gives its values. */
  list: <Item extends z.ZodType>(item: Item, max = 10_000) =>
    z.preprocess(
      (value): unknown[] => (typeof value === 'object' && value !== null ? Object.values(value) : [value]),
      z.array(item).max(max),
    ),
  /** A structure with known fields; others are passed over. PHP sends an empty one as `[]`. */
  object: <Shape extends z.ZodRawShape>(shape: Shape) =>
    z.preprocess((value) => (Array.isArray(value) && value.length === 0 ? {} : value), z.object(shape)),
  /** A free structure, such as `fields` or `filter`. */
  fields: () =>
    z.preprocess(
      (value) => (Array.isArray(value) && value.length === 0 ? {} : value),
      z
        .custom<JsonObject>(
          (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && isCleanJson(value),
        )
        .meta({ type: 'object', additionalProperties: true }),
    ),
  /** Any JSON. */
  json: () => z.custom<JsonValue>((value) => value !== undefined && isCleanJson(value)),
} as const

/** What results are made of. A result is declared with these, or with plain zod. */
export const out = {
  /** An id that the page shows as a string. */
  idText: () => z.string().regex(/^\d+$/),
  /** `Y` or `N`. */
  yesNo: () => z.enum(['Y', 'N']),
  /** `2026-03-17T17:48:28+01:00`. */
  dateTime: () => z.string(),
} as const

/** `Y` or `N`, as answers show a boolean. */
export function yesNo(value: boolean): 'Y' | 'N' {
  return value ? 'Y' : 'N'
}
