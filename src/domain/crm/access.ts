import { prepared } from '../../storage/prepared.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { AccessLevel, CrmAction } from '../../storage/schema/people.ts'
import type { Reader } from '../../storage/store.ts'
import { sharesDepartment } from '../people/departments.ts'

export const CRM_ENTITY_TYPES = ['lead', 'deal', 'contact', 'company'] as const satisfies readonly CrmEntityType[]

/** Who wants access: an administrator needs no role. */
export interface Accessor {
  readonly userId: number
  readonly isAdmin: boolean
}

const LEVELS: readonly AccessLevel[] = ['none', 'own', 'department', 'all']

const levelsOf = prepared<{ userId: number; entityType: string; action: CrmAction }>()((db, p) =>
  db
    .selectFrom('userRole')
    .innerJoin('rolePermission', 'rolePermission.roleId', 'userRole.roleId')
    .select('rolePermission.level')
    .where('userRole.userId', '=', p.userId)
    .where('rolePermission.entityType', '=', p.entityType)
    .where('rolePermission.action', '=', p.action),
)

const ownerQuery = (entityType: CrmEntityType) =>
  prepared<{ id: number }>()((db, p) => db.selectFrom(entityType).select('assignedById').where('id', '=', p.id))
const ownerQueries = {
  lead: ownerQuery('lead'),
  deal: ownerQuery('deal'),
  contact: ownerQuery('contact'),
  company: ownerQuery('company'),
} as const

/** How far somebody's right reaches: the widest of all his roles. */
export async function accessLevel(
  read: Reader,
  accessor: Accessor,
  action: CrmAction,
  entityType: CrmEntityType,
): Promise<AccessLevel> {
  if (accessor.isAdmin) return 'all'
  const rows = await read.all(levelsOf, { userId: accessor.userId, entityType, action })
  return LEVELS.findLast((level) => rows.some((row) => row.level === level)) ?? 'none'
}

/** Whether a level reaches an entity for which somebody else, or he himself, is responsible. */
export async function levelReaches(
  read: Reader,
  level: AccessLevel,
  accessor: Accessor,
  assignedById: number,
): Promise<boolean> {
  if (level === 'all') return true
  if (level === 'none') return false
  if (assignedById === accessor.userId) return true
  return level === 'department' && sharesDepartment(read, accessor.userId, assignedById)
}

/** Whether the accessor may do this to an entity of the kind for which somebody is responsible. */
export async function reaches(
  read: Reader,
  accessor: Accessor,
  action: CrmAction,
  entityType: CrmEntityType,
  assignedById: number,
): Promise<boolean> {
  return levelReaches(read, await accessLevel(read, accessor, action, entityType), accessor, assignedById)
}

/** Whether the entity exists and the accessor may do this to it: the two cannot be told apart. */
export async function mayAccess(
  read: Reader,
  accessor: Accessor,
  action: CrmAction,
  entityType: CrmEntityType,
  id: number,
): Promise<boolean> {
  const entity = await read.first(ownerQueries[entityType], { id })
  return entity !== undefined && reaches(read, accessor, action, entityType, entity.assignedById)
}
