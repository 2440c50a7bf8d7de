import type { OfflineCondition, OfflineField, OfflineQuery } from '../../domain/delivery/offline-events.ts'
import type { JsonObject, JsonValue } from '../../kernel/json.ts'
import { readMoment } from '../date-input.ts'

/** The fields of the queue by their wire names; the message is named by the id of its place in the queue. */
const FIELDS: Readonly<Record<string, OfflineField>> = {
  ID: 'id',
  MESSAGE_ID: 'id',
  TIMESTAMP_X: 'createdAt',
  EVENT_NAME: 'event',
  PROCESS_ID: 'processId',
  ERROR: 'error',
}

/** Longer prefixes come first. */
const OPERATORS = [
  ['>=', '>='],
  ['<=', '<='],
  ['!=', '!='],
  ['>', '>'],
  ['<', '<'],
  ['=', '='],
  ['!', '!='],
  ['', '='],
] as const

const MOST_VALUES = 500

/** The conditions of a filter; nothing where it cannot be read. */
export function readOfflineFilter(filter: JsonObject, timeZone: string): OfflineCondition[] | undefined {
  const conditions: OfflineCondition[] = []
  for (const [key, value] of Object.entries(filter)) {
    const [prefix, operator] = OPERATORS.find(([sign]) => key.startsWith(sign))!
    const field = FIELDS[key.slice(prefix.length).toUpperCase()]
    if (!field) return undefined
    const values = (Array.isArray(value) ? value : [value]).map((each) => readValue(field, each, timeZone))
    const comparable = values.filter((each) => each !== undefined)
    if (comparable.length !== values.length || values.length === 0 || values.length > MOST_VALUES) return undefined
    if (operator !== '=' && operator !== '!=' && (values.length > 1 || field === 'error')) return undefined
    conditions.push({ field, operator, values: comparable })
  }
  return conditions
}

function readValue(field: OfflineField, value: JsonValue, timeZone: string): number | string | boolean | undefined {
  const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : undefined
  if (field === 'id') return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
  if (field === 'createdAt') return readMoment(text, timeZone)?.from
  if (field === 'event') return text?.toUpperCase()
  if (field === 'processId' || typeof value === 'boolean') return field === 'processId' ? text : value === true
  return text === '1' ? true : text === '0' ? false : undefined
}

/** The order of a list; nothing where it cannot be read. */
export function readOfflineOrder(order: JsonObject, byDefault: OfflineField): OfflineQuery['order'] | undefined {
  const read = Object.entries(order).map(([name, direction]) => ({
    field: FIELDS[name.toUpperCase()],
    direction: typeof direction === 'string' ? direction.toLowerCase() : '',
  }))
  if (read.length === 0) return [{ field: byDefault, direction: 'asc' }]
  const known = read.filter(
    (each): each is OfflineQuery['order'][number] =>
      each.field !== undefined && (each.direction === 'asc' || each.direction === 'desc'),
  )
  return known.length === read.length ? known : undefined
}
