import { type RawBuilder, sql } from 'kysely'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import { type Field, type PresenceOf, emptyValue, fieldOf } from './fields.ts'
import { MULTIFIELD_TYPES, type MultifieldType, matchKeyOf } from './multifields.ts'

/**
 * `contains` looks for the text as it is; `like` takes patterns in which `%` stands for any text and no other
 * character is special. Both pass over letter case.
 */
export type Operator = 'in' | '>' | '>=' | '<' | '<=' | 'contains' | 'like' | 'between'

/** A value to compare with; `null` stands for absent. Instants are epoch milliseconds. */
export type Operand = string | number | boolean | null

/**
 * What a list is narrowed to. `field` is the name of a field, a type of multifield, or a custom field `UF_…`.
 * An absent value is neither more nor less than anything, and equal to no value but an absent one.
 */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | {
      readonly kind: 'compare'
      readonly field: string
      readonly operator: Operator
      readonly values: readonly Operand[]
    }

type Sql = RawBuilder<boolean>

/** A value in SQL: how it is written, when it is absent, and what it is compared with. */
interface Term {
  readonly expression: RawBuilder<unknown>
  readonly absent: Sql | undefined
  /** Dates and times are kept to the millisecond and compared by the second, as clients see them. */
  readonly isInstant: boolean
}

const NEVER = sql<boolean>`1 = 0`
const ALWAYS = sql<boolean>`1 = 1`
const CUSTOM = /^UF_[A-Z0-9_]{1,60}$/

export function isCustomName(name: string): boolean {
  return CUSTOM.test(name)
}

export function isMultifieldType(name: string): name is MultifieldType {
  return (MULTIFIELD_TYPES as readonly string[]).includes(name)
}

/** The condition in SQL, over the table of the entity. */
export function conditionSql(type: CrmEntityType, condition: Condition): Sql {
  if (condition.kind === 'compare') return compareSql(type, condition.field, condition.operator, condition.values)
  if (condition.kind === 'not') return not(conditionSql(type, condition.of))
  const parts = condition.of.map((each) => conditionSql(type, each))
  if (parts.length === 0) return ALWAYS
  return condition.kind === 'all' ? both(...parts) : either(...parts)
}

/** What a list may be ordered by. */
export function orderSql(type: CrmEntityType, name: string): RawBuilder<unknown> | undefined {
  const field = fieldOf(type, name)
  if (field && (field.at === 'column' || field.at === 'extra') && field.type !== 'users')
    return termOf(type, field).expression
  return isCustomName(name) ? customTerm(type, name).expression : undefined
}

const both = (...parts: Sql[]): Sql => sql`(${sql.join(parts, sql` and `)})`
const either = (...parts: Sql[]): Sql => sql`(${sql.join(parts, sql` or `)})`
const not = (part: Sql): Sql => sql`not ${part}`

function compareSql(type: CrmEntityType, name: string, operator: Operator, values: readonly Operand[]): Sql {
  if (isMultifieldType(name)) return multifieldSql(type, name, operator, values)
  const field = fieldOf(type, name)
  if (field?.at === 'presence') return operator === 'in' ? presenceSql(type, field.of!, values) : NEVER
  if (field?.at === 'binding') return operator === 'in' ? bindingSql(type, field, values) : NEVER
  if (field) return termSql(termOf(type, field), operator, values)
  // Nothing tells the type of a custom field: numbers are compared as such, all else as text.
  const isNumeric = RANGES.has(operator) && values.every((value) => typeof value === 'number')
  return termSql(customTerm(type, name, isNumeric), operator, isNumeric ? values : values.map(customOperand))
}

const RANGES: ReadonlySet<Operator> = new Set(['>', '>=', '<', '<=', 'between'])

function customOperand(value: Operand): Operand {
  return typeof value === 'boolean' ? String(Number(value)) : value === null ? null : String(value)
}

function termOf(type: CrmEntityType, field: Field): Term {
  const column = sql.ref(`${type}.${field.name}`)
  const kept = sql`(${sql.ref(`${type}.extra`)} ->> ${sql.lit(field.name)})`
  const empty = emptyValue(field.type)
  const isInstant = field.type === 'instant'
  if (empty === '') {
    const expression = field.at === 'column' ? column : sql`coalesce(${kept}, '')`
    return { expression, absent: sql`${expression} = ''`, isInstant }
  }
  if (empty === 0 || empty === false) {
    const cast = empty === 0 ? sql`cast(${kept} as real)` : sql`cast(${kept} as integer)`
    return { expression: field.at === 'column' ? column : sql`coalesce(${cast}, 0)`, absent: undefined, isInstant }
  }
  const expression = field.at === 'column' ? column : sql`cast(${kept} as integer)`
  return { expression, absent: sql`${expression} is null`, isInstant }
}

function customTerm(type: CrmEntityType, name: string, isNumeric = false): Term {
  if (!isCustomName(name)) throw new Error(`${type} has no field ${name}`)
  const kept = sql`(${sql.ref(`${type}.extra`)} ->> ${sql.lit(name)})`
  const text = sql`coalesce(cast(${kept} as text), '')`
  return { expression: isNumeric ? sql`cast(${kept} as real)` : text, absent: sql`${text} = ''`, isInstant: false }
}

function termSql(term: Term, operator: Operator, values: readonly Operand[]): Sql {
  const { expression, absent, isInstant } = term
  const present = absent ? not(sql`(${absent})`) : undefined
  const when = (part: Sql): Sql => (present ? both(present, part) : part)
  if (operator === 'in') {
    const sought = values.filter((value) => value !== null)
    const parts = [
      ...(sought.length > 0 ? [when(isOneOf(term, sought))] : []),
      ...(absent && sought.length < values.length ? [sql<boolean>`(${absent})`] : []),
    ]
    return parts.length > 0 ? either(...parts) : NEVER
  }
  if (operator === 'like' || operator === 'contains') {
    const text = sql`lower(coalesce(cast(${expression} as text), ''))`
    const parts = values.map((value) => sql<boolean>`${text} like ${patternOf(operator, value)} escape '\\'`)
    return parts.length > 0 ? either(...parts) : NEVER
  }
  const [first, last = null] = values
  if (first === null || first === undefined) return NEVER
  if (operator === 'between' && last === null) return NEVER
  // A second has a first and a last millisecond: what is told by the second lies between them.
  const end = (value: Operand): Operand => (isInstant ? Number(value) + 999 : value)
  if (operator === '>') return when(sql`${expression} > ${end(first)}`)
  if (operator === '>=') return when(sql`${expression} >= ${first}`)
  if (operator === '<') return when(sql`${expression} < ${first}`)
  if (operator === '<=') return when(sql`${expression} <= ${end(first)}`)
  return when(both(sql`${expression} >= ${first}`, sql`${expression} <= ${end(last)}`))
}

function isOneOf({ expression, isInstant }: Term, values: readonly Operand[]): Sql {
  if (!isInstant) return sql`${expression} in (${sql.join(values)})`
  return sql`${expression} / 1000 in (${sql.join(values.map((value) => Math.floor(Number(value) / 1000)))})`
}

/** SQL also knows `_`, which is no special character to clients. */
function patternOf(operator: 'like' | 'contains', value: Operand): string {
  const text = String(value ?? '')
    .toLowerCase()
    .replaceAll('\\', '\\\\')
    .replaceAll('_', '\\_')
  return operator === 'like' ? text : `%${text.replaceAll('%', '\\%')}%`
}

function multifieldSql(
  type: CrmEntityType,
  typeId: MultifieldType,
  operator: Operator,
  values: readonly Operand[],
): Sql {
  const exists = (part: Sql): Sql => sql`exists (
    select 1 from multifield where multifield.entity_type = ${type} and multifield.entity_id = ${sql.ref(`${type}.id`)}
    and multifield.type_id = ${typeId} and ${part})`
  const texts = values.flatMap((value) => (value === null || value === '' ? [] : [String(value)]))
  if (operator === 'like' || operator === 'contains') {
    const parts = texts.map(
      (text) => sql<boolean>`lower(multifield.value) like ${patternOf(operator, text)} escape '\\'`,
    )
    return parts.length > 0 ? exists(either(...parts)) : NEVER
  }
  if (operator !== 'in') return NEVER
  const keys = texts.map((text) => matchKeyOf(typeId, text))
  const parts = [
    ...(keys.length > 0 ? [exists(sql`multifield.match_key in (${sql.join(keys)})`)] : []),
    ...(texts.length < values.length ? [not(exists(ALWAYS))] : []),
  ]
  return parts.length > 0 ? either(...parts) : NEVER
}

function presenceSql(type: CrmEntityType, of: PresenceOf, values: readonly Operand[]): Sql {
  const which =
    of === 'IMOL' ? sql`multifield.type_id = 'IM' and multifield.value like 'imol|%'` : sql`multifield.type_id = ${of}`
  const there: Sql = sql`exists (
    select 1 from multifield where multifield.entity_type = ${type}
    and multifield.entity_id = ${sql.ref(`${type}.id`)} and ${which})`
  const parts = [...new Set(values.map(Boolean))].map((wanted) => (wanted ? there : not(there)))
  return parts.length > 0 ? either(...parts) : NEVER
}

function bindingSql(type: CrmEntityType, field: Field, values: readonly Operand[]): Sql {
  const turned = type === 'company'
  const own = turned ? sql`crm_binding.bound_id` : sql`crm_binding.entity_id`
  const other = turned ? sql`crm_binding.entity_id` : sql`crm_binding.bound_id`
  const entityType = turned ? 'contact' : type
  const boundType = turned ? 'company' : field.target!
  const exists = (part: Sql): Sql => sql`exists (
    select 1 from crm_binding where crm_binding.entity_type = ${entityType} and crm_binding.bound_type = ${boundType}
    and ${own} = ${sql.ref(`${type}.id`)} and ${part})`
  const ids = values.filter((value) => value !== null)
  const parts = [
    ...(ids.length > 0 ? [exists(sql`${other} in (${sql.join(ids)})`)] : []),
    ...(ids.length < values.length ? [not(exists(ALWAYS))] : []),
  ]
  return parts.length > 0 ? either(...parts) : NEVER
}
