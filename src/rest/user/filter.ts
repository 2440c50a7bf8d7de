import { type UserCondition, type UserValue, escapeLike } from '../../domain/people/user-list.ts'
import { ONLINE_MILLISECONDS } from '../../domain/people/online.ts'
import type { JsonObject, JsonValue } from '../../kernel/json.ts'
import { readDay, readMoment } from '../date-input.ts'
import { isCleanText, wire } from '../wire.ts'
import { type UserFieldEntry, fieldSeen, valueOf } from './fields.ts'

/** What the caller may see, and by which clock dates are read. */
export interface FilterContext {
  readonly scopes: readonly string[]
  readonly timeZone: string
  readonly now: number
}

type Operator = '' | '=' | '!' | '<' | '<=' | '>' | '>=' | '@' | '!@' | '%' | '!%' | '=%' | '!=%'

/** Prefixes as clients write them; several mean the same. Longer ones first. */
const PREFIXES: readonly (readonly [prefix: string, operator: Operator])[] = [
  ['!=%', '!=%'],
  ['!%=', '!=%'],
  ['=%', '=%'],
  ['%=', '=%'],
  ['!%', '!%'],
  ['!@', '!@'],
  ['!=', '!'],
  ['>=', '>='],
  ['<=', '<='],
  ['>', '>'],
  ['<', '<'],
  ['@', '@'],
  ['%', '%'],
  ['!', '!'],
  ['=', '='],
]

const NOBODY: UserCondition = { test: 'nobody' }

/** More than there are fields; each further one would only repeat. */
export const MOST_CONDITIONS = 200

/** The name and the operator of a key such as `!=%LAST_NAME`. */
export function splitKey(key: string): { operator: Operator; name: string } {
  const found = PREFIXES.find(([prefix]) => key.startsWith(prefix))
  return found
    ? { operator: found[1], name: key.slice(found[0].length).toUpperCase() }
    : { operator: '', name: key.toUpperCase() }
}

/** The conditions of a filter. Fields that do not exist, or that the caller may not see, are passed over. */
export function conditionsOf(filter: JsonObject, context: FilterContext): UserCondition[] {
  return Object.entries(filter).flatMap(([key, value]) => {
    const { operator, name } = splitKey(key)
    if (name === 'NAME_SEARCH') return wordsCondition(value)
    const field = fieldSeen(name, context.scopes)
    // `USER_TYPE` says whom the list is about, not which of them: it is no condition.
    return (field && conditionOf(field, operator, value, context)) ?? []
  })
}

/** A search by words; one for nothing leaves everybody in. */
export function wordsCondition(value: JsonValue): UserCondition[] {
  const text = textOf(value)
  if (text === undefined) return [NOBODY]
  return text.trim() === '' ? [] : [{ test: 'words', text }]
}

function conditionOf(
  field: UserFieldEntry,
  operator: Operator,
  value: JsonValue,
  context: FilterContext,
): UserCondition | undefined {
  const not = operator.startsWith('!')
  const { kind } = field.source
  if (kind === 'departments') return departmentCondition(listOf(value), not)
  if (kind === 'online' || kind === 'active') {
    const wanted = wire.flag().safeParse(value)
    if (!wanted.success) return NOBODY
    return kind === 'active'
      ? { test: 'active', is: wanted.data !== not }
      : { test: 'activeSince', moment: context.now - ONLINE_MILLISECONDS, not: wanted.data === not }
  }
  const compared = valueOf(field)
  return compared && valueCondition(compared, field, operator, listOf(value), context)
}

function valueCondition(
  value: UserValue,
  { source }: UserFieldEntry,
  operator: Operator,
  values: readonly JsonValue[],
  context: FilterContext,
): UserCondition {
  if (value.kind === 'id') return numberCondition(value, operator, values)
  if (value.kind === 'time') return timeCondition(value, operator, values, context.timeZone)
  const isDate = source.kind === 'extra' && source.date
  const texts = isDate ? values.map((each) => (each === '' ? '' : readDay(each, context.timeZone))) : values.map(textOf)
  return textCondition(value, operator, texts)
}

const ORDERS = new Set<Operator>(['<', '<=', '>', '>='])

function isOrder(operator: Operator): operator is '<' | '<=' | '>' | '>=' {
  return ORDERS.has(operator)
}

function numberCondition(value: UserValue, operator: Operator, values: readonly JsonValue[]): UserCondition {
  const numbers = values.flatMap((each) => wire.integer().safeParse(each).data ?? [])
  if (isOrder(operator)) {
    return numbers[0] === undefined ? NOBODY : { test: 'number', value, op: operator, than: numbers[0] }
  }
  // Parts of a number are not looked for: `%` means what `=` does.
  return { test: 'among', value, values: numbers, not: operator.startsWith('!') }
}

function timeCondition(
  value: UserValue,
  operator: Operator,
  values: readonly JsonValue[],
  timeZone: string,
): UserCondition {
  const moment = readMoment(values[0], timeZone)
  if (!moment) return NOBODY
  const { from, to } = moment
  if (!isOrder(operator)) return { test: 'during', value, from, to, not: operator.startsWith('!') }
  if (operator === '<' || operator === '>=') return { test: 'number', value, op: operator, than: from }
  // Clients know whole seconds: what is shown as a moment is not after it.
  return { test: 'number', value, op: operator === '<=' ? '<' : '>=', than: from + 1000 }
}

function textCondition(value: UserValue, operator: Operator, texts: readonly (string | undefined)[]): UserCondition {
  const known = texts.filter((text) => text !== undefined)
  const [first] = known
  const not = operator.startsWith('!')
  if (isOrder(operator)) return first === undefined ? NOBODY : { test: 'text', value, op: operator, than: first }
  if (operator.endsWith('%')) {
    if (first === undefined) return NOBODY
    const pattern = operator.includes('=') ? patternOf(first) : `%${escapeLike(first)}%`
    return { test: 'like', value, pattern, not }
  }
  // Without a prefix `%` in the value stands for anything, as in the page's own example.
  if (operator === '' && known.length === 1 && first!.includes('%')) {
    return { test: 'like', value, pattern: patternOf(first!), not }
  }
  return { test: 'among', value, values: known, not }
}

function departmentCondition(values: readonly JsonValue[], not: boolean): UserCondition {
  const ids = values.flatMap((each) => wire.integer().safeParse(each).data ?? [])
  return ids.length === 0 ? NOBODY : { test: 'department', ids, not }
}

/** The client's `%` stay what they are, everything else stands for itself. */
function patternOf(text: string): string {
  return text.replaceAll(/[\\_]/g, String.raw`\$&`)
}

function listOf(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value
  return typeof value === 'object' && value !== null ? Object.values(value) : [value]
}

/** The text of a single value; nothing for a list or for text that no field can hold. */
export function textOf(value: JsonValue): string | undefined {
  if (value === null) return ''
  if (typeof value === 'object') return undefined
  const text = String(value)
  return isCleanText(text) ? text : undefined
}
