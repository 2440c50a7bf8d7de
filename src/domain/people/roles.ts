import type { AccessLevel, CrmAction } from '../../storage/schema/people.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'

const ENTITY_TYPES = ['lead', 'deal', 'contact', 'company'] as const

type Rights = Readonly<Record<CrmAction, AccessLevel>>

/** The roles of a new portal. Rights are the same on all four entities; administrators need no role. */
const DEFAULT_ROLES = {
  sales: { name: 'Sales', rights: { read: 'own', add: 'own', update: 'own', delete: 'none' } },
  operators: {
    name: 'Operators',
    rights: { read: 'department', add: 'department', update: 'department', delete: 'none' },
  },
  manager: {
    name: 'Head of department',
    rights: { read: 'department', add: 'department', update: 'department', delete: 'department' },
  },
  director: { name: 'Director', rights: { read: 'all', add: 'all', update: 'all', delete: 'all' } },
} as const satisfies Record<string, { name: string; rights: Rights }>

/** Gives a portal the default roles; those it has already stay as they are. */
export async function seedRoles(tx: Tx): Promise<void> {
  const present = new Set((await tx.db.selectFrom('role').select('code').execute()).map((role) => role.code))
  for (const [code, { name, rights }] of Object.entries(DEFAULT_ROLES)) {
    if (present.has(code)) continue
    const { id: roleId } = await tx.db
      .insertInto('role')
      .values({ code, name })
      .returning('id')
      .executeTakeFirstOrThrow()
    const actions = Object.entries(rights) as [CrmAction, AccessLevel][]
    await tx.db
      .insertInto('rolePermission')
      .values(
        ENTITY_TYPES.flatMap((entityType) => actions.map(([action, level]) => ({ roleId, entityType, action, level }))),
      )
      .execute()
  }
}

/** Every role, by its name. */
export function listRoles(read: Reader) {
  return read.db.selectFrom('role').selectAll().orderBy('name').orderBy('id').execute()
}

/** The codes of the roles that somebody has. */
export async function rolesOf(read: Reader, userId: number): Promise<string[]> {
  const rows = await read.db
    .selectFrom('userRole')
    .innerJoin('role', 'role.id', 'userRole.roleId')
    .select('role.code')
    .where('userRole.userId', '=', userId)
    .orderBy('role.code')
    .execute()
  return rows.map((row) => row.code)
}

/** Gives an employee a role; having it already is no error. Refuses with `roleNotFound`, `userNotFound`. */
export async function assignRole(tx: Tx, userId: number, code: string): Promise<void> {
  const roleId = await roleByCode(tx, code)
  const user = await tx.db.selectFrom('user').select('kind').where('id', '=', userId).executeTakeFirst()
  if (user?.kind !== 'employee') throw new Refusal('userNotFound', `There is no employee with id ${userId}`)
  const { numInsertedOrUpdatedRows } = await tx.db
    .insertInto('userRole')
    .values({ userId, roleId })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows) await emitChange(tx, userId)
}

/** Takes a role away; not having it is no error. Refuses with `roleNotFound`. */
export async function removeRole(tx: Tx, userId: number, code: string): Promise<void> {
  const roleId = await roleByCode(tx, code)
  const { numDeletedRows } = await tx.db
    .deleteFrom('userRole')
    .where('userId', '=', userId)
    .where('roleId', '=', roleId)
    .executeTakeFirstOrThrow()
  if (numDeletedRows) await emitChange(tx, userId)
}

async function roleByCode(read: Reader, code: string): Promise<number> {
  const role = await read.db.selectFrom('role').select('id').where('code', '=', code).executeTakeFirst()
  if (!role) throw new Refusal('roleNotFound', `There is no role "${code}"`)
  return role.id
}

async function emitChange(tx: Tx, userId: number): Promise<void> {
  await tx.emit({
    type: 'user.updated',
    subject: `user:${userId}`,
    payload: { userId, kind: 'employee', changed: ['roles'] },
  })
}
