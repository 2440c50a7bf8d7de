import { NOOP_QUERY_EXECUTOR, QueryCreator, sql } from 'kysely'
import type { Schema } from '../../storage/schema.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { AccessLevel } from '../../storage/schema/people.ts'
import type { Accessor } from './access.ts'
import type { Sql } from './terms.ts'

/** Builds what stands inside another query; tables get their schema with that query. */
const inside = new QueryCreator<Schema>({ executor: NOOP_QUERY_EXECUTOR })

/** The condition that keeps the entities within somebody's reach, or `undefined` where all are. */
export function withinReach(type: CrmEntityType, level: AccessLevel, accessor: Accessor): Sql | undefined {
  const assigned = sql.ref(`${type}.assignedById`)
  const { userId } = accessor
  if (level === 'all') return undefined
  if (level === 'none') return sql<boolean>`1 = 0`
  if (level === 'own') return sql<boolean>`${assigned} = ${userId}`
  // His departments with all below them, as in `sharesDepartment`.
  const people = inside
    .withRecursive('reach(id)', (cte) =>
      cte
        .selectFrom('userDepartment')
        .select('departmentId as id')
        .where('userId', '=', userId)
        .union((all) =>
          all.selectFrom('department').innerJoin('reach', 'reach.id', 'department.parentId').select('department.id'),
        ),
    )
    .selectFrom('userDepartment')
    .innerJoin('reach', 'reach.id', 'userDepartment.departmentId')
    .select('userDepartment.userId')
  return sql<boolean>`(${assigned} = ${userId} or ${assigned} in ${people})`
}
