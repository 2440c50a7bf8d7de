import { type RawBuilder, sql } from 'kysely'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { AccessLevel } from '../../storage/schema/people.ts'
import type { Accessor } from './access.ts'

/** The condition that keeps the entities within somebody's reach, or `undefined` where all are. */
export function withinReach(
  type: CrmEntityType,
  level: AccessLevel,
  accessor: Accessor,
): RawBuilder<boolean> | undefined {
  const assigned = sql.ref(`${type}.assignedById`)
  const { userId } = accessor
  if (level === 'all') return undefined
  if (level === 'none') return sql<boolean>`1 = 0`
  if (level === 'own') return sql<boolean>`${assigned} = ${userId}`
  // His departments with all below them, as in `sharesDepartment`.
  return sql<boolean>`(${assigned} = ${userId} or ${assigned} in (
    with recursive reach(id) as (
      select department_id from user_department where user_id = ${userId}
      union select department.id from department join reach on reach.id = department.parent_id)
    select user_department.user_id from user_department join reach on reach.id = user_department.department_id))`
}
