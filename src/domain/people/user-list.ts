import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { nullsLeast } from '../../storage/order.ts'
import type { Schema } from '../../storage/schema.ts'
import type { UserKind } from '../../storage/schema/people.ts'
import type { Reader } from '../../storage/store.ts'

type TextColumn =
  | 'name'
  | 'lastName'
  | 'secondName'
  | 'email'
  | 'phone'
  | 'workPosition'
  | 'gender'
  | 'avatarUrl'
  | 'timeZone'
  | 'xmlId'
type TimeColumn = 'createdAt' | 'updatedAt' | 'lastActivityAt'

/** A value that people can be sorted by and compared with; `extra` names a field of the profile without a column. */
export type UserValue =
  | { readonly kind: 'id' }
  | { readonly kind: 'active' }
  | { readonly kind: 'text'; readonly column: TextColumn }
  | { readonly kind: 'extra'; readonly name: string }
  | { readonly kind: 'time'; readonly column: TimeColumn }

export type Order = '=' | '!=' | '<' | '<=' | '>' | '>='

/** One condition on people; a list wants them all. Text is compared without regard to letter case. */
export type UserCondition =
  | { readonly test: 'number'; readonly value: UserValue; readonly op: Order; readonly than: number }
  | { readonly test: 'text'; readonly value: UserValue; readonly op: Order; readonly than: string }
  /** Any or none of some values. */
  | {
      readonly test: 'among'
      readonly value: UserValue
      readonly values: readonly (string | number)[]
      readonly not: boolean
    }
  /** `%` in the pattern stands for anything. */
  | { readonly test: 'like'; readonly value: UserValue; readonly pattern: string; readonly not: boolean }
  /** A moment within `from` up to, but without, `to`. */
  | {
      readonly test: 'during'
      readonly value: UserValue
      readonly from: number
      readonly to: number
      readonly not: boolean
    }
  | { readonly test: 'department'; readonly ids: readonly number[]; readonly not: boolean }
  /** Works in a department whose name begins so. */
  | { readonly test: 'departmentName'; readonly beginning: string }
  | { readonly test: 'active'; readonly is: boolean }
  | { readonly test: 'activeSince'; readonly moment: number; readonly not: boolean }
  /** Every word begins a word of his name, his position or his department. */
  | { readonly test: 'words'; readonly text: string }
  | { readonly test: 'nobody' }

export interface UserQuery {
  readonly kinds: readonly UserKind[]
  readonly conditions: readonly UserCondition[]
  readonly sort: UserValue
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
}

type Q = ExpressionBuilder<Schema, 'user'>

const NOBODY = sql<SqlBool>`1 = 0`
/** More words than anybody's name has; the others are passed over. */
const MOST_WORDS = 10
const LONGEST_PATTERN = 5_000

/** One page of people. */
export function listUsers(read: Reader, query: UserQuery) {
  const sort = expressionOf(query.sort)
  const direction = query.descending ? 'desc' : 'asc'
  return read.db
    .selectFrom('user')
    .selectAll()
    .where((q) => conditionsOf(q, query))
    .orderBy(sort, query.sort.kind === 'time' ? nullsLeast(direction) : direction)
    .orderBy('user.id', direction)
    .limit(query.limit)
    .offset(query.offset)
    .execute()
}

/** How many there are on all pages together. */
export async function countUsers(read: Reader, query: Pick<UserQuery, 'kinds' | 'conditions'>): Promise<number> {
  const { count } = await read.db
    .selectFrom('user')
    .select((q) => q.fn.countAll<number>().as('count'))
    .where((q) => conditionsOf(q, query))
    .executeTakeFirstOrThrow()
  return count
}

function conditionsOf(q: Q, { kinds, conditions }: Pick<UserQuery, 'kinds' | 'conditions'>): Expression<SqlBool> {
  // Engines differ in whether a list may be empty.
  if (kinds.length === 0) return NOBODY
  return q.and([q('user.kind', 'in', [...kinds]), ...conditions.map((condition) => conditionOf(q, condition))])
}

function expressionOf(value: UserValue): Expression<unknown> {
  if (value.kind === 'id' || value.kind === 'active') return sql.ref(`user.${value.kind}`)
  // Nobody without the field stands apart from those who have it empty.
  if (value.kind === 'extra')
    return sql`coalesce(cast(${sql.ref('user.extra')} ->> ${sql.lit(value.name)} as text), '')`
  return sql.ref(`user.${value.column}`)
}

function conditionOf(q: Q, condition: UserCondition): Expression<SqlBool> {
  switch (condition.test) {
    case 'number':
      return sql<SqlBool>`${expressionOf(condition.value)} ${sql.raw(condition.op)} ${condition.than}`
    case 'text':
      return sql<SqlBool>`lower(${expressionOf(condition.value)}) ${sql.raw(condition.op)} ${condition.than.toLowerCase()}`
    case 'among':
      return among(condition)
    case 'like':
      return negated(like(expressionOf(condition.value), condition.pattern), condition.not)
    case 'during': {
      const value = expressionOf(condition.value)
      return negated(
        sql<SqlBool>`coalesce(${value} >= ${condition.from} and ${value} < ${condition.to}, false)`,
        condition.not,
      )
    }
    case 'department':
      return negated(
        q.exists(
          q
            .selectFrom('userDepartment')
            .select('userDepartment.userId')
            .whereRef('userDepartment.userId', '=', 'user.id')
            .where('userDepartment.departmentId', 'in', [...condition.ids]),
        ),
        condition.not,
      )
    case 'departmentName':
      return inDepartmentNamed(q, [`${escapeLike(condition.beginning)}%`])
    case 'active':
      return q('user.active', '=', condition.is)
    case 'activeSince':
      return negated(sql<SqlBool>`coalesce(${sql.ref('user.lastActivityAt')}, 0) >= ${condition.moment}`, condition.not)
    case 'words':
      return wordsFound(q, condition.text)
    case 'nobody':
  }
  return NOBODY
}

function negated(condition: Expression<SqlBool>, not: boolean): Expression<SqlBool> {
  return not ? sql<SqlBool>`not (${condition})` : condition
}

function among({ value, values, not }: UserCondition & { test: 'among' }): Expression<SqlBool> {
  if (values.length === 0) return negated(NOBODY, not)
  const text = value.kind === 'text' || value.kind === 'extra'
  const wanted = values.map((each) => (text ? String(each).toLowerCase() : each))
  const expression = text ? sql`lower(${expressionOf(value)})` : expressionOf(value)
  return negated(sql<SqlBool>`${expression} in (${sql.join(wanted)})`, not)
}

function like(expression: Expression<unknown>, pattern: string): Expression<SqlBool> {
  // Engines refuse patterns of tens of thousands of characters; no field is so long.
  if (pattern.length > LONGEST_PATTERN) return NOBODY
  return sql<SqlBool>`lower(${expression}) like ${pattern.toLowerCase()} escape '\\'`
}

/** The text as a part of a pattern in which it stands for itself. */
export function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}

function inDepartmentNamed(q: Q, patterns: readonly string[]): Expression<SqlBool> {
  return q.exists(
    q
      .selectFrom('userDepartment')
      .innerJoin('department', 'department.id', 'userDepartment.departmentId')
      .select('department.id')
      .whereRef('userDepartment.userId', '=', 'user.id')
      .where((inner) => inner.or(patterns.map((pattern) => like(sql.ref('department.name'), pattern)))),
  )
}

const SEARCHED = ['name', 'lastName', 'secondName', 'workPosition'] as const

function wordsFound(q: Q, text: string): Expression<SqlBool> {
  const words = text
    .split(/\s+/u)
    .filter((word) => word !== '')
    .slice(0, MOST_WORDS)
  if (words.length === 0) return NOBODY
  return q.and(
    words.map((word) => {
      const patterns = [`${escapeLike(word)}%`, `% ${escapeLike(word)}%`]
      const columns = SEARCHED.flatMap((column) => patterns.map((pattern) => like(sql.ref(`user.${column}`), pattern)))
      return q.or([...columns, inDepartmentNamed(q, patterns)])
    }),
  )
}
