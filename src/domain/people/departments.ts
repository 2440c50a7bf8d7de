import { sql } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { leaveQueues } from '../openlines/lines.ts'
import { Refusal } from '../refusal.ts'

/** The departments of the first person with all below them, kept where the second one stands. */
const sharedDepartment = prepared<{ userId: number; otherId: number }>()((db, p) =>
  db
    .withRecursive('reach(id)', (cte) =>
      cte
        .selectFrom('userDepartment')
        .select('departmentId as id')
        .where('userId', '=', p.userId)
        .union((all) =>
          all.selectFrom('department').innerJoin('reach', 'reach.id', 'department.parentId').select('department.id'),
        ),
    )
    .selectFrom('userDepartment')
    .innerJoin('reach', 'reach.id', 'userDepartment.departmentId')
    .select(sql<number>`1`.as('found'))
    .where('userDepartment.userId', '=', p.otherId)
    .limit(1),
)

/** Whether the other one works in a department of his or in one below it. */
export async function sharesDepartment(read: Reader, userId: number, otherId: number): Promise<boolean> {
  return (await read.first(sharedDepartment, { userId, otherId })) !== undefined
}

/** A department and all above it, up to the top. */
const pathToTop = prepared<{ id: number }>()((db, p) =>
  db
    .withRecursive('path(id, parentId)', (cte) =>
      cte
        .selectFrom('department')
        .select(['department.id', 'department.parentId'])
        .where('department.id', '=', p.id)
        .union((all) =>
          all
            .selectFrom('department')
            .innerJoin('path', 'path.parentId', 'department.id')
            .select(['department.id', 'department.parentId']),
        ),
    )
    .selectFrom('path')
    .select('path.id'),
)

/** The ids of the department and of all above it; empty when there is no such department. */
export async function departmentPath(read: Reader, id: number): Promise<number[]> {
  return (await read.all(pathToTop, { id })).map((row) => row.id)
}

export interface DepartmentFields {
  readonly name: string
  readonly parentId: number | null
  readonly headUserId: number | null
  readonly sort: number
}

export type NewDepartment = Pick<DepartmentFields, 'name'> & Partial<DepartmentFields>

/**
 * Adds a department; its head joins it. Without a parent it is the top of the company, of which there is one.
 * Refuses with `emptyName`, `secondTop`, `headNotFound`. Answers the id.
 */
export async function createDepartment(tx: Tx, department: NewDepartment): Promise<number> {
  const { name, parentId = null, headUserId = null } = department
  if (name.trim() === '') throw new Refusal('emptyName')
  await checkParent(tx, parentId, undefined)
  await checkHead(tx, headUserId)
  const sort = department.sort === undefined ? {} : { sort: department.sort }
  const { id: departmentId } = await tx.db
    .insertInto('department')
    .values({ name, parentId, headUserId, ...sort })
    .returning('id')
    .executeTakeFirstOrThrow()
  await joinAsHead(tx, departmentId, headUserId)
  await tx.emit({ type: 'department.added', subject: `department:${departmentId}`, payload: { departmentId } })
  return departmentId
}

/**
 * Changes what is named. Refuses with `departmentNotFound`, `emptyName`, `secondTop`, `headNotFound`, and with
 * `circle` when the department would stand below itself.
 */
export async function updateDepartment(tx: Tx, departmentId: number, change: Partial<DepartmentFields>): Promise<void> {
  const present = await departmentById(tx, departmentId)
  if (change.name?.trim() === '') throw new Refusal('emptyName')
  if (change.parentId !== undefined && change.parentId !== present.parentId) {
    await checkParent(tx, change.parentId, departmentId)
    if (change.parentId !== null && (await departmentPath(tx, change.parentId)).includes(departmentId))
      throw new Refusal('circle')
  }
  if (change.headUserId !== undefined && change.headUserId !== present.headUserId) {
    await checkHead(tx, change.headUserId)
    await joinAsHead(tx, departmentId, change.headUserId)
  }
  const changed = Object.entries(change).filter(([name, value]) => present[name as keyof DepartmentFields] !== value)
  if (changed.length === 0) return
  await tx.db.updateTable('department').set(Object.fromEntries(changed)).where('id', '=', departmentId).execute()
  await tx.emit({
    type: 'department.updated',
    subject: `department:${departmentId}`,
    payload: { departmentId, changed: changed.map(([name]) => name) },
  })
}

/**
 * Deletes a department; its people and the departments below it move to the one above. Refuses with
 * `departmentNotFound`, and with `topStays` for the top of the company.
 */
export async function deleteDepartment(tx: Tx, departmentId: number): Promise<void> {
  const { parentId } = await departmentById(tx, departmentId)
  if (parentId === null) throw new Refusal('topStays')
  const { db } = tx
  await db.updateTable('department').set({ parentId }).where('parentId', '=', departmentId).execute()
  await db
    .updateTable('userDepartment')
    .set({ departmentId: parentId })
    .where('departmentId', '=', departmentId)
    .where(
      'userId',
      'not in',
      db.selectFrom('userDepartment as above').select('above.userId').where('above.departmentId', '=', parentId),
    )
    .execute()
  await db.deleteFrom('userDepartment').where('departmentId', '=', departmentId).execute()
  await db.deleteFrom('department').where('id', '=', departmentId).execute()
  await leaveQueues(tx, departmentId)
  await tx.emit({
    type: 'department.deleted',
    subject: `department:${departmentId}`,
    payload: { departmentId, parentId },
  })
}

async function departmentById(read: Reader, id: number) {
  const department = await read.db.selectFrom('department').selectAll().where('id', '=', id).executeTakeFirst()
  if (!department) throw new Refusal('departmentNotFound')
  return department
}

/** The parent must exist; without one the department must be the only top. */
async function checkParent(read: Reader, parentId: number | null, departmentId: number | undefined): Promise<void> {
  const found = await read.db
    .selectFrom('department')
    .select('id')
    .where((q) => (parentId === null ? q('parentId', 'is', null) : q('id', '=', parentId)))
    .where('id', '!=', departmentId ?? 0)
    .executeTakeFirst()
  if (parentId === null ? found !== undefined : found === undefined) throw new Refusal('secondTop')
}

async function checkHead(read: Reader, headUserId: number | null): Promise<void> {
  if (headUserId === null) return
  const head = await read.db
    .selectFrom('user')
    .select(['kind', 'active'])
    .where('id', '=', headUserId)
    .executeTakeFirst()
  if (!head?.active || head.kind !== 'employee') throw new Refusal('headNotFound')
}

async function joinAsHead(tx: Tx, departmentId: number, userId: number | null): Promise<void> {
  if (userId === null) return
  await tx.db
    .insertInto('userDepartment')
    .values({ userId, departmentId })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
