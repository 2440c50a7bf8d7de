import { type Condition, type Operator, isMultifieldType } from '../../domain/crm/conditions.ts'
import type { Order } from '../../domain/crm/entities.ts'
import type { Field } from '../../domain/crm/fields.ts'
import type { Operand } from '../../domain/crm/terms.ts'
import { type JsonObject, type JsonValue, isJsonObject } from '../../kernel/json.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import { classicField, customName, itemField } from './names.ts'
import { isBlank, listOf, readComparable, textOf } from './read-values.ts'

/** A filter or an order that cannot be read. `fieldName` is the name that was sent, without its prefix. */
export class UnreadableQuery extends Error {
  override readonly name = 'UnreadableQuery'
  readonly problem: 'filterField' | 'filterValue' | 'orderField' | 'orderDirection'
  readonly fieldName: string
  readonly got: string

  constructor(problem: UnreadableQuery['problem'], fieldName: string, got = '') {
    super(`${problem}: ${fieldName}`)
    this.problem = problem
    this.fieldName = fieldName
    this.got = got
  }
}

/** What the two families of methods do differently. */
interface Face {
  readonly find: (type: CrmEntityType, name: string) => string | Field | undefined
  /** Whether conditions may be grouped, and a field that there is not is an error. */
  readonly strict: boolean
}

const MULTIFIELD_NAMES = new Map([
  ['phone', 'PHONE'],
  ['email', 'EMAIL'],
  ['web', 'WEB'],
  ['im', 'IM'],
])

export const CLASSIC: Face = {
  strict: false,
  find(type, name) {
    const upper = name.toUpperCase()
    return classicField(type, upper) ?? (isMultifieldType(upper) && type !== 'deal' ? upper : customName(upper))
  },
}

export const ITEM: Face = {
  strict: true,
  find(type, name) {
    const multifield = MULTIFIELD_NAMES.get(name) ?? (isMultifieldType(name) ? name : undefined)
    return itemField(type, name) ?? (type === 'deal' ? undefined : multifield) ?? customName(name)
  },
}

/** Longer prefixes come first. An operator with `not` takes what the other one leaves. */
const PREFIXES: readonly (readonly [prefix: string, operator: Operator, not?: true])[] = [
  ['!><', 'between', true],
  ['!=%', 'like', true],
  ['!%=', 'like', true],
  ['><', 'between'],
  ['!@', 'in', true],
  ['!%', 'contains', true],
  ['!=', 'in', true],
  ['=%', 'like'],
  ['%=', 'like'],
  ['>=', '>='],
  ['<=', '<='],
  ['>', '>'],
  ['<', '<'],
  ['@', 'in'],
  ['%', 'contains'],
  ['=', 'in'],
  ['!', 'in', true],
]

// The engine takes trees of a thousand levels: what is told here stays far below.
const MOST_CONDITIONS = 300
const MOST_VALUES = 2_000
const MOST_PATTERNS = 50
const LONGEST_PATTERN = 1_000
const DEEPEST = 20
const MOST_ORDERS = 20

/** The condition that a client's filter tells. Throws {@link UnreadableQuery}. */
export function readFilter(type: CrmEntityType, filter: JsonValue, face: Face, timeZone: string): Condition {
  return new FilterReader(type, face, timeZone).group(filter, 0)
}

class FilterReader {
  readonly #type: CrmEntityType
  readonly #face: Face
  readonly #timeZone: string
  #conditions = 0
  #values = 0

  constructor(type: CrmEntityType, face: Face, timeZone: string) {
    this.#type = type
    this.#face = face
    this.#timeZone = timeZone
  }

  group(group: JsonValue, depth: number): Condition {
    const entries = Array.isArray(group)
      ? group.map((each, n) => [String(n), each] as const)
      : Object.entries(group ?? {})
    let kind: 'all' | 'any' = 'all'
    const of: Condition[] = []
    for (const [key, value] of entries) {
      if (this.#face.strict && key.toLowerCase() === 'logic') kind = this.#logic(value)
      else if (this.#face.strict && /^\d+$/.test(key)) {
        if (depth >= DEEPEST || typeof value !== 'object' || value === null)
          throw new UnreadableQuery('filterValue', key)
        of.push(this.group(value, depth + 1))
      } else {
        const condition = this.#condition(key, value)
        if (condition) of.push(condition)
      }
    }
    return { kind, of }
  }

  #logic(value: JsonValue): 'all' | 'any' {
    const word = (textOf(value) ?? '').toUpperCase()
    if (word === 'OR') return 'any'
    if (word === 'AND') return 'all'
    throw new UnreadableQuery('filterValue', 'logic')
  }

  #condition(key: string, value: JsonValue): Condition | undefined {
    const [prefix, operator, not] = PREFIXES.find(([each]) => key.startsWith(each)) ?? ['', 'in' as const]
    const name = key.slice(prefix.length)
    const found = this.#face.find(this.#type, name)
    if (found === undefined || (typeof found === 'object' && found.type === 'users')) {
      if (this.#face.strict) throw new UnreadableQuery('filterField', name)
      return undefined
    }
    if (++this.#conditions > MOST_CONDITIONS) throw new UnreadableQuery('filterValue', name)
    const values = this.#operands(name, found, operator, value)
    const condition: Condition = {
      kind: 'compare',
      field: typeof found === 'string' ? found : found.name,
      operator,
      values,
    }
    return not ? { kind: 'not', of: condition } : condition
  }

  #operands(name: string, found: string | Field, operator: Operator, value: JsonValue): Operand[] {
    const takesList = operator === 'in' || operator === 'like' || operator === 'contains' || operator === 'between'
    const list = listOf(value)
    if (list && !takesList) throw new UnreadableQuery('filterValue', name)
    const values = (list ?? [value]).map((each) => {
      const operand = this.#operand(found, operator, each)
      if (operand === undefined) throw new UnreadableQuery('filterValue', name)
      return operand
    })
    this.#values += values.length
    const isPattern = operator === 'like' || operator === 'contains'
    if (
      this.#values > MOST_VALUES ||
      (isPattern && values.length > MOST_PATTERNS) ||
      (operator === 'between' && values.length !== 2)
    ) {
      throw new UnreadableQuery('filterValue', name)
    }
    return values
  }

  /** One value to compare with; `undefined` when it cannot be read. */
  #operand(found: string | Field, operator: Operator, value: JsonValue): Operand | undefined {
    if (operator === 'like' || operator === 'contains') {
      const pattern = isBlank(value) ? '' : textOf(value)
      return pattern !== undefined && pattern.length <= LONGEST_PATTERN ? pattern : undefined
    }
    if (typeof found === 'string') return customOperand(operator, value)
    // Whatever has no truth of its own takes `false` for nothing.
    if (value === false && found.type !== 'boolean') return this.#operand(found, operator, null)
    const read = readComparable(found, value, this.#timeZone)
    if (read === undefined) return undefined
    if (typeof read === 'object') return operator === 'in' ? null : 0
    return read === '' ? null : read
  }
}

function customOperand(operator: Operator, value: JsonValue): Operand | undefined {
  if (isBlank(value)) return null
  const text = textOf(value)
  const isRange = operator !== 'in'
  return isRange && text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** The order that a client asks for. Throws {@link UnreadableQuery} where the face is strict. */
export function readOrder(type: CrmEntityType, order: JsonObject, face: Face): Order[] {
  const read: Order[] = []
  for (const [name, value] of Object.entries(order)) {
    const found = face.find(type, name)
    const field =
      typeof found === 'object' && (found.at === 'column' || found.at === 'extra') && found.type !== 'users'
        ? found.name
        : undefined
    const custom = typeof found === 'string' && !isMultifieldType(found) ? found : undefined
    const sorted = field ?? custom
    if (sorted === undefined) {
      if (face.strict) throw new UnreadableQuery('orderField', name)
      continue
    }
    const word = (textOf(value) ?? '').toUpperCase()
    if (face.strict && word !== 'ASC' && word !== 'DESC') {
      throw new UnreadableQuery(
        'orderDirection',
        name,
        isJsonObject(value) || Array.isArray(value) ? 'array' : String(value),
      )
    }
    if (read.length < MOST_ORDERS) read.push({ field: sorted, direction: word.startsWith('DESC') ? 'desc' : 'asc' })
  }
  return read
}
