import { type Expression, type SqlBool, sql } from 'kysely'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import { type Field, emptyValue } from './fields.ts'

/** A value to compare with; `null` stands for absent. Instants are epoch milliseconds. */
export type Operand = string | number | boolean | null

export type Sql = Expression<SqlBool>

/** A value of an entity in SQL: how it is written, when it is absent, and what it is compared with. */
export interface Term {
  readonly kind: 'text' | 'integer' | 'number' | 'boolean'
  readonly expression: Expression<unknown>
  readonly absent: Sql | undefined
  /** Whether the expression is null where the value is absent. */
  readonly nullable: boolean
  /** Dates and times are kept to the millisecond and compared by the second, as clients see them. */
  readonly isInstant: boolean
}

const CUSTOM = /^UF_[A-Z0-9_]{1,60}$/

export function isCustomName(name: string): boolean {
  return CUSTOM.test(name)
}

/** A field that is a column or a key of `extra`. */
export function termOf(type: CrmEntityType, field: Field): Term {
  const column = field.at === 'column' ? sql.ref(`${type}.${field.name}`) : undefined
  // Engines read JSON as different types: text is what all of them can be brought to.
  const kept = sql`cast(${sql.ref(`${type}.extra`)} ->> ${sql.lit(field.name)} as text)`
  const never = { absent: undefined, nullable: false, isInstant: false }
  const empty = emptyValue(field.type)
  if (empty === '') {
    const expression = column ?? sql`coalesce(${kept}, '')`
    return { ...never, kind: 'text', expression, absent: sql`${expression} = ''` }
  }
  // A kept boolean is 1 or nothing.
  if (empty === false) return { ...never, kind: 'boolean', expression: column ?? sql`(coalesce(${kept}, '0') = '1')` }
  if (empty === 0) {
    const kind = field.type === 'number' ? 'number' : 'integer'
    return { ...never, kind, expression: column ?? sql`coalesce(cast(${kept} as double precision), 0)` }
  }
  const expression = column ?? sql`cast(${kept} as bigint)`
  return {
    kind: 'integer',
    expression,
    absent: sql`${expression} is null`,
    nullable: true,
    isInstant: field.type === 'instant',
  }
}

/** A custom field. Nothing tells its type: it is text, or a number where it is compared with one. */
export function customTerm(type: CrmEntityType, name: string, isNumeric = false): Term {
  if (!isCustomName(name)) throw new Error(`${type} has no field ${name}`)
  const extra = sql.ref(`${type}.extra`)
  const json = sql`cast(${extra} -> ${sql.lit(name)} as text)`
  // Engines read booleans and large numbers out of JSON as different text: only what is text there is read.
  const text = sql`coalesce(case when substr(${json}, 1, 1) = '"' then cast(${extra} ->> ${sql.lit(name)} as text)
    when ${json} = 'true' then '1' when ${json} = 'false' then '0' when ${json} = 'null' then ''
    else ${json} end, '')`
  return {
    kind: isNumeric ? 'number' : 'text',
    expression: isNumeric ? numberOf(json, text) : text,
    absent: sql`${text} = ''`,
    nullable: false,
    isInstant: false,
  }
}

/**
 * What stands in JSON as a number; text that tells one without an exponent counts as well, all else is 0.
 * Strict engines fail at a cast of other text: it is looked at before.
 */
function numberOf(json: Expression<unknown>, text: Expression<unknown>): Expression<number> {
  const told = sql`trim(${text})`
  return sql<number>`case
    when substr(${json}, 1, 1) in ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')
      then cast(${json} as double precision)
    when length(${told}) <= 300 and trim(${told}, '+-.0123456789') = '' and trim(${told}, '+-.') <> ''
      and ${told} not like '_%-%' and ${told} not like '_%+%' and ${told} not like '%.%.%'
      then cast(${told} as double precision)
    else 0 end`
}

/** The value as text, for patterns. */
export function textOf({ kind, expression }: Term): Expression<string> {
  if (kind === 'text') return sql<string>`${expression}`
  if (kind === 'boolean') return sql<string>`case when ${expression} then '1' else '0' end`
  if (kind === 'integer') return sql<string>`coalesce(cast(${expression} as text), '')`
  // Engines differ in whether whole numbers end in `.0`.
  return sql<string>`case
    when abs(${expression}) >= 9e18 then cast(${expression} as text)
    when cast(${expression} as bigint) = ${expression} then cast(cast(${expression} as bigint) as text) || '.0'
    else cast(${expression} as text) end`
}

/** The value as one that the term can be compared with; `undefined` where it can be equal to none. */
export function fitting({ kind }: Pick<Term, 'kind'>, value: Operand): Exclude<Operand, null> | undefined {
  if (value === null) return undefined
  if (kind === 'text') return typeof value === 'boolean' ? String(Number(value)) : String(value)
  if (kind === 'boolean')
    return typeof value === 'boolean' ? value : value === 0 || value === 1 ? value === 1 : undefined
  const isFit = kind === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value)
  return isFit ? value : undefined
}
