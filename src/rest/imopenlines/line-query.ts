import type { Line } from '../../domain/openlines/lines.ts'
import { type JsonObject, type JsonValue, isJsonObject } from '../../kernel/json.ts'
import { lineFields, showLine } from './line-shape.ts'

/**
 * The query of `imopenlines.config.list.get`. Lines are tens at most and their settings are one JSON, so they
 * are filtered and sorted here, not in the database.
 */

type Invalid = (text: string) => never

const OPERATORS = ['!=', '!@', '>=', '<=', '!%', '=', '!', '>', '<', '@', '%'] as const
type Operator = (typeof OPERATORS)[number]

interface Condition {
  readonly field: string
  readonly operator: Operator
  readonly values: readonly string[]
}

export interface LineQuery {
  /** What is shown, by its name in the answer. */
  readonly select: ReadonlyMap<string, string>
  readonly order: readonly { readonly field: string; readonly descending: boolean }[]
  readonly filter: readonly Condition[]
  readonly limit: number
  readonly offset: number
}

const DEFAULT_LIMIT = 50
const MOST = 200
const KNOWN = new Set(Object.keys(lineFields))
const PARTS = new Set(['select', 'filter', 'order', 'limit', 'offset'])

function checkField(field: unknown, part: string, invalid: Invalid): string {
  if (typeof field !== 'string' || !/^[A-Za-z_]\w*$/.test(field))
    return invalid(`A wrong field name is passed in the PARAMS field '${part}'`)
  const name = field.toUpperCase()
  return KNOWN.has(name) ? name : invalid(`An unknown field '${field}' is passed in the PARAMS field '${part}'`)
}

function readSelect(given: JsonValue | undefined, invalid: Invalid): Map<string, string> {
  if (given === undefined || given === null) return everything()
  if (typeof given !== 'object') return invalid("A wrong format for the PARAMS field 'select' is passed")
  const select = new Map<string, string>()
  for (const [key, value] of Object.entries(given)) {
    if (value === '*') for (const name of KNOWN) select.set(name, name)
    else {
      const field = checkField(value, 'select', invalid)
      select.set(Array.isArray(given) || /^\d+$/.test(key) ? field : checkAlias(key, invalid), field)
    }
  }
  return select.size === 0 ? everything() : select
}

function checkAlias(alias: string, invalid: Invalid): string {
  if (!/^[A-Za-z_]\w*$/.test(alias)) invalid("A wrong field alias is passed in the PARAMS field 'select'")
  if (KNOWN.has(alias.toUpperCase()))
    invalid(`The alias '${alias}' matches an existing field in the PARAMS field 'select'`)
  return alias
}

function everything(): Map<string, string> {
  return new Map([...KNOWN].map((name) => [name, name]))
}

/** A structure with named fields; PHP sends an empty one as an empty list. */
function readObject(given: JsonValue | undefined, part: string, invalid: Invalid): JsonObject {
  if (given === undefined || given === null || (Array.isArray(given) && given.length === 0)) return {}
  return isJsonObject(given) ? given : invalid(`A wrong format for the PARAMS field '${part}' is passed`)
}

function readOrder(given: JsonValue | undefined, invalid: Invalid): LineQuery['order'] {
  return Object.entries(readObject(given, 'order', invalid)).map(([key, value]) => {
    const field = checkField(key, 'order', invalid)
    const direction = typeof value === 'string' ? value.toUpperCase() : value
    if (direction !== 'ASC' && direction !== 'DESC')
      invalid("A wrong sorting direction is passed in the PARAMS field 'order'")
    return { field, descending: direction === 'DESC' }
  })
}

function readFilter(given: JsonValue | undefined, invalid: Invalid): Condition[] {
  const wrong = () => invalid("A wrong format for the PARAMS field 'filter' is passed")
  return Object.entries(readObject(given, 'filter', invalid)).map(([key, value]) => {
    const operator = OPERATORS.find((candidate) => key.startsWith(candidate)) ?? '='
    const field = checkField(key.startsWith(operator) ? key.slice(operator.length) : key, 'filter', invalid)
    const list = Array.isArray(value) ? value : [value]
    return { field, operator, values: list.map((item) => (isScalar(item) ? textOf(item) : wrong())) }
  })
}

function isScalar(value: JsonValue): value is string | number | boolean | null {
  return typeof value !== 'object' || value === null
}

function textOf(value: string | number | boolean | null): string {
  return typeof value === 'boolean' ? (value ? 'Y' : 'N') : String(value ?? '')
}

function readCount(given: JsonValue | undefined, part: string, invalid: Invalid): number | undefined {
  if (given === undefined || given === null || given === '') return undefined
  const text = typeof given === 'number' || typeof given === 'string' ? String(given).trim() : ''
  if (!/^\d{1,15}$/.test(text)) invalid(`A non-negative integer is expected in the PARAMS field '${part}'`)
  return Number(text)
}

/** Reads `PARAMS`; `invalid` is told what is wrong, in the words of the reference. */
export function readQuery(params: JsonObject, invalid: Invalid): LineQuery {
  const unsupported = Object.keys(params).filter((name) => !PARTS.has(name))
  if (unsupported.length > 0) invalid(`Unsupported PARAMS fields are passed: ${unsupported.join(', ')}`)
  return {
    select: readSelect(params['select'], invalid),
    filter: readFilter(params['filter'], invalid),
    order: readOrder(params['order'], invalid),
    limit: Math.min(readCount(params['limit'], 'limit', invalid) || DEFAULT_LIMIT, MOST),
    offset: readCount(params['offset'], 'offset', invalid) ?? 0,
  }
}

/** A line with its fields as answers show them, and as they are compared. */
interface Row {
  readonly line: Line
  readonly shown: Readonly<Record<string, unknown>>
}

/** What a field is compared by: dates by their moment, lists by any of their items. */
function comparable({ line, shown }: Row, field: string): readonly string[] {
  if (field === 'DATE_CREATE') return [new Date(line.createdAt).toISOString()]
  if (field === 'DATE_MODIFY') return [new Date(line.updatedAt).toISOString()]
  const value = shown[field]
  if (value === null || value === undefined) return ['']
  if (Array.isArray(value)) return value.length === 0 ? [''] : value.map(String)
  return [typeof value === 'string' ? value : JSON.stringify(value)]
}

function compare(a: string, b: string): number {
  const [first, second] = [Number(a), Number(b)]
  if (a !== '' && b !== '' && !Number.isNaN(first) && !Number.isNaN(second)) return first - second
  const [textA, textB] = [a.toLowerCase(), b.toLowerCase()]
  return textA < textB ? -1 : textA > textB ? 1 : 0
}

/** A date of the filter in the form in which dates are compared. */
function wanted(field: string, value: string): string {
  if (!field.startsWith('DATE_')) return value
  const moment = Date.parse(value)
  return Number.isNaN(moment) ? value : new Date(moment).toISOString()
}

const equal = (a: string, b: string) => compare(a, b) === 0
const contains = (a: string, b: string) => a.toLowerCase().includes(b.toLowerCase())

/** What each operator wants of one of the field's values and one of the filter's; a negated one wants it of none. */
const TESTS: Readonly<Record<Operator, { test: (a: string, b: string) => boolean; negated?: true }>> = {
  '=': { test: equal },
  '@': { test: equal },
  '!': { test: equal, negated: true },
  '!=': { test: equal, negated: true },
  '!@': { test: equal, negated: true },
  '>': { test: (a, b) => compare(a, b) > 0 },
  '>=': { test: (a, b) => compare(a, b) >= 0 },
  '<': { test: (a, b) => compare(a, b) < 0 },
  '<=': { test: (a, b) => compare(a, b) <= 0 },
  '%': { test: contains },
  '!%': { test: contains, negated: true },
}

function meets(row: Row, { field, operator, values }: Condition): boolean {
  const { test, negated = false } = TESTS[operator]
  const found = comparable(row, field).some((a) => values.some((b) => test(a, wanted(field, b))))
  return found !== negated
}

export interface SelectedLine {
  readonly line: Line
  readonly fields: Record<string, unknown>
}

/** The page of lines that a query asks for. */
export function selectLines(lines: readonly Line[], query: LineQuery): SelectedLine[] {
  const rows = lines.map((line): Row => ({ line, shown: showLine(line) }))
  return rows
    .filter((row) => query.filter.every((condition) => meets(row, condition)))
    .toSorted((a, b) => {
      for (const { field, descending } of query.order) {
        const difference = compare(comparable(a, field).join(), comparable(b, field).join())
        if (difference !== 0) return descending ? -difference : difference
      }
      return a.line.id - b.line.id
    })
    .slice(query.offset, query.offset + query.limit)
    .map(({ line, shown }) => ({
      line,
      fields: Object.fromEntries([...query.select].map(([name, field]) => [name, shown[field]])),
    }))
}
