import { type Expression, expressionBuilder, sql } from 'kysely'
import type { Schema } from '../../storage/schema.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import { type Field, type PresenceOf, fieldOf } from './fields.ts'
import { MULTIFIELD_TYPES, type MultifieldType, matchKeyOf } from './multifields.ts'
import { type Operand, type Sql, type Term, customTerm, fitting, isCustomName, termOf, textOf } from './terms.ts'

/**
 * `contains` looks for the text as it is; `like` takes patterns in which `%` stands for any text and no other
 * character is special. Both pass over letter case.
 */
export type Operator = 'in' | '>' | '>=' | '<' | '<=' | 'contains' | 'like' | 'between'

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

const NEVER = sql<boolean>`1 = 0`
const ALWAYS = sql<boolean>`1 = 1`
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
export function orderTerm(type: CrmEntityType, name: string): Term | undefined {
  const field = fieldOf(type, name)
  if (field && (field.at === 'column' || field.at === 'extra') && field.type !== 'users') return termOf(type, field)
  return isCustomName(name) ? customTerm(type, name) : undefined
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
  return termSql(customTerm(type, name, isNumeric), operator, values)
}

const RANGES: ReadonlySet<Operator> = new Set(['>', '>=', '<', '<=', 'between'])

function termSql(term: Term, operator: Operator, values: readonly Operand[]): Sql {
  const { expression, absent, isInstant } = term
  const present = absent ? not(sql`(${absent})`) : undefined
  const when = (part: Sql): Sql => (present ? both(present, part) : part)
  if (operator === 'in') {
    const sought = values.flatMap((value) => fitting(term, value) ?? [])
    const parts = [
      ...(sought.length > 0 ? [when(isOneOf(term, sought))] : []),
      ...(absent && values.includes(null) ? [sql<boolean>`(${absent})`] : []),
    ]
    return parts.length > 0 ? either(...parts) : NEVER
  }
  if (operator === 'like' || operator === 'contains') {
    const text = textOf(term)
    const parts = values.map((value) => isLike(text, operator, value))
    return parts.length > 0 ? either(...parts) : NEVER
  }
  const [first, last] = values.map((value) => fitting(term, value))
  if (first === undefined) return NEVER
  // A second has a first and a last millisecond: what is told by the second lies between them.
  const end = (value: Operand): Operand => (isInstant ? Number(value) + 999 : value)
  if (operator === '>') return when(sql`${expression} > ${end(first)}`)
  if (operator === '>=') return when(sql`${expression} >= ${first}`)
  if (operator === '<') return when(sql`${expression} < ${first}`)
  if (operator === '<=') return when(sql`${expression} <= ${end(first)}`)
  if (last === undefined) return NEVER
  return when(both(sql`${expression} >= ${first}`, sql`${expression} <= ${end(last)}`))
}

function isOneOf({ expression, isInstant }: Term, values: readonly Operand[]): Sql {
  if (!isInstant) return sql`${expression} in (${sql.join(values)})`
  return sql`${expression} / 1000 in (${sql.join(values.map((value) => Math.floor(Number(value) / 1000)))})`
}

function isLike(text: Expression<unknown>, operator: 'like' | 'contains', value: Operand): Sql {
  return sql`lower(${text}) like ${patternOf(operator, value)} escape '\\'`
}

/** SQL also knows `_`, which is no special character to clients. */
function patternOf(operator: 'like' | 'contains', value: Operand): string {
  const text = String(value ?? '')
    .toLowerCase()
    .replaceAll('\\', '\\\\')
    .replaceAll('_', '\\_')
  return operator === 'like' ? text : `%${text.replaceAll('%', '\\%')}%`
}

/** Builds what stands inside a query on the table of an entity; tables get their schema with that query. */
const inside = expressionBuilder<Schema, CrmEntityType>()

function multifields(type: CrmEntityType, typeId: MultifieldType) {
  return inside
    .selectFrom('multifield')
    .select('multifield.id')
    .where('multifield.entityType', '=', type)
    .whereRef('multifield.entityId', '=', `${type}.id`)
    .where('multifield.typeId', '=', typeId)
}

function multifieldSql(
  type: CrmEntityType,
  typeId: MultifieldType,
  operator: Operator,
  values: readonly Operand[],
): Sql {
  const some = multifields(type, typeId)
  const texts = values.flatMap((value) => (value === null || value === '' ? [] : [String(value)]))
  if (operator === 'like' || operator === 'contains') {
    const parts = texts.map((text) => isLike(sql.ref('multifield.value'), operator, text))
    return parts.length > 0 ? inside.exists(some.where(either(...parts))) : NEVER
  }
  if (operator !== 'in') return NEVER
  const keys = texts.map((text) => matchKeyOf(typeId, text))
  const parts = [
    ...(keys.length > 0 ? [inside.exists(some.where('multifield.matchKey', 'in', keys))] : []),
    ...(texts.length < values.length ? [inside.not(inside.exists(some))] : []),
  ]
  return parts.length > 0 ? either(...parts) : NEVER
}

function presenceSql(type: CrmEntityType, of: PresenceOf, values: readonly Operand[]): Sql {
  const there = inside.exists(
    of === 'IMOL'
      ? multifields(type, 'IM').where(sql<boolean>`lower(${sql.ref('multifield.value')}) like 'imol|%'`)
      : multifields(type, of),
  )
  const parts = [...new Set(values.map(Boolean))].map((wanted) => (wanted ? there : inside.not(there)))
  return parts.length > 0 ? either(...parts) : NEVER
}

function bindingSql(type: CrmEntityType, field: Field, values: readonly Operand[]): Sql {
  const turned = type === 'company'
  const own = turned ? 'crmBinding.boundId' : 'crmBinding.entityId'
  const other = turned ? 'crmBinding.entityId' : 'crmBinding.boundId'
  const some = inside
    .selectFrom('crmBinding')
    .select('crmBinding.boundId')
    .where('crmBinding.entityType', '=', turned ? 'contact' : type)
    .where('crmBinding.boundType', '=', turned ? 'company' : field.target!)
    .whereRef(own, '=', `${type}.id`)
  const ids = values.filter((value): value is number => Number.isSafeInteger(value))
  const parts = [
    ...(ids.length > 0 ? [inside.exists(some.where(other, 'in', ids))] : []),
    ...(values.includes(null) ? [inside.not(inside.exists(some))] : []),
  ]
  return parts.length > 0 ? either(...parts) : NEVER
}
