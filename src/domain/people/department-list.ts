import type { SelectQueryBuilder } from 'kysely'
import { nullsLeast } from '../../storage/order.ts'
import type { Schema } from '../../storage/schema.ts'
import type { Reader } from '../../storage/store.ts'

/** Conditions on departments; a list wants all that are named. */
export interface DepartmentFilter {
  readonly ids?: readonly number[]
  /** The whole name. */
  readonly name?: string
  readonly sort?: number
  readonly parentIds?: readonly number[]
  readonly headUserIds?: readonly number[]
}

export interface DepartmentPage {
  readonly sort: 'id' | 'name' | 'sort' | 'parentId' | 'headUserId'
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
}

type Query<Row> = SelectQueryBuilder<Schema, 'department', Row>

function filtered<Row>(query: Query<Row>, filter: DepartmentFilter): Query<Row> {
  let narrowed = query
  const among = (column: 'id' | 'parentId' | 'headUserId', ids: readonly number[]) =>
    // Engines differ in whether a list may be empty.
    narrowed.where((q) => (ids.length === 0 ? q.lit(false) : q(column, 'in', ids)))
  if (filter.ids) narrowed = among('id', filter.ids)
  if (filter.name !== undefined) narrowed = narrowed.where('name', '=', filter.name)
  if (filter.sort !== undefined) narrowed = narrowed.where('sort', '=', filter.sort)
  if (filter.parentIds) narrowed = among('parentId', filter.parentIds)
  if (filter.headUserIds) narrowed = among('headUserId', filter.headUserIds)
  return narrowed
}

/** One page of departments. */
export function listDepartments(read: Reader, filter: DepartmentFilter, page: DepartmentPage) {
  const direction = page.descending ? 'desc' : 'asc'
  return filtered(read.db.selectFrom('department').selectAll(), filter)
    .orderBy(page.sort, nullsLeast(direction))
    .orderBy('id', direction)
    .limit(page.limit)
    .offset(page.offset)
    .execute()
}

/** How many there are on all pages together. */
export async function countDepartments(read: Reader, filter: DepartmentFilter): Promise<number> {
  const query = read.db.selectFrom('department').select((q) => q.fn.countAll<number>().as('count'))
  return (await filtered(query, filter).executeTakeFirstOrThrow()).count
}
