import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { AccessLevel, CrmAction } from '../../storage/schema/people.ts'
import type { Reader } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'
import { type Accessor, accessLevel, levelReaches } from './access.ts'
import { type Beside, type Entity, findEntity } from './entities.ts'

/** How far somebody's right reaches. Refuses with `accessDenied` who has none. */
export async function permittedLevel(
  read: Reader,
  accessor: Accessor,
  action: CrmAction,
  type: CrmEntityType,
): Promise<AccessLevel> {
  const level = await accessLevel(read, accessor, action, type)
  if (level === 'none') throw new Refusal('accessDenied')
  return level
}

/**
 * The entity, for somebody who may do this to it. Refuses with `accessDenied` who may not, and with
 * `entityNotFound` when it does not exist or he may not even see it: those two cannot be told apart.
 */
export async function openEntity(
  read: Reader,
  accessor: Accessor,
  action: Exclude<CrmAction, 'add'>,
  type: CrmEntityType,
  id: number,
  beside: Beside = {},
): Promise<Entity> {
  const level = await permittedLevel(read, accessor, action, type)
  const entity = await findEntity(read, type, id, beside)
  if (!entity) throw new Refusal('entityNotFound')
  const visible = action === 'read' ? level : await accessLevel(read, accessor, 'read', type)
  if (!(await levelReaches(read, visible, accessor, entity.assignedById))) throw new Refusal('entityNotFound')
  if (action !== 'read' && !(await levelReaches(read, level, accessor, entity.assignedById))) {
    throw new Refusal('accessDenied')
  }
  return entity
}
