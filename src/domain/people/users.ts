import { sql } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { UserKind } from '../../storage/schema/people.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { loadSettings } from '../portals/settings.ts'
import { Refusal } from '../refusal.ts'

/** What is known of a person. `phone` is his mobile; other numbers are in `extra`. */
export interface Profile {
  readonly name: string
  readonly lastName: string
  readonly secondName: string
  readonly email: string
  readonly phone: string
  readonly workPosition: string
  /** `M`, `F` or empty. */
  readonly gender: string
  readonly avatarUrl: string
  /** Hex colour, `#4ba984`. */
  readonly color: string
  readonly timeZone: string
  readonly language: string
  readonly xmlId: string
  /** Fields without a column, by wire name. A change names only those it changes; an empty value removes one. */
  readonly extra: Readonly<Record<string, string>>
}

export interface NewUser extends Partial<Profile> {
  /** An employee where it is left out. */
  readonly kind?: UserKind
  readonly isAdmin?: boolean
  readonly active?: boolean
  readonly departmentIds?: readonly number[]
}

export interface UserChange extends Partial<Profile> {
  readonly isAdmin?: boolean
  readonly active?: boolean
  /** All departments of the person from now on. */
  readonly departmentIds?: readonly number[]
}

const EMAIL = /^[^\s@<>"(),:;\\[\]]{1,64}@[^\s@<>"(),:;\\[\]]{1,255}$/u

/** Whether it has the form of an e-mail address. */
export function isEmail(text: string): boolean {
  return EMAIL.test(text)
}

const byId = prepared<{ id: number }>()((db, p) => db.selectFrom('user').selectAll().where('id', '=', p.id))

/** The person with all his columns; `undefined` when there is none. */
export async function findUser(read: Reader, id: number) {
  return read.first(byId, { id })
}

export type User = NonNullable<Awaited<ReturnType<typeof findUser>>>

/**
 * Adds a person. An employee's e-mail, where he has one, must be his alone. Refuses with `wrongEmail`,
 * `emailTaken`, `tooManyUsers`, `departmentNotFound`. Answers the id.
 */
export async function createUser(tx: Tx, now: number, user: NewUser): Promise<number> {
  const { kind = 'employee', departmentIds = [], extra = {}, ...columns } = user
  const active = user.active ?? true
  if (kind === 'employee') {
    if (columns.email !== undefined && columns.email !== '') await checkEmail(tx, columns.email, undefined)
    if (active) await checkUserLimit(tx)
  }
  const { id: userId } = await tx.db
    .insertInto('user')
    .values({ ...columns, kind, active, extra: withoutEmpty(extra), createdAt: now, updatedAt: now })
    .returning('id')
    .executeTakeFirstOrThrow()
  if (departmentIds.length > 0) await setDepartments(tx, userId, departmentIds)
  await tx.emit({ type: 'user.added', subject: `user:${userId}`, payload: { userId, kind } })
  return userId
}

/**
 * Changes what is named and keeps the rest. Refuses with `userNotFound`, `wrongEmail`, `emailTaken`,
 * `tooManyUsers`, `departmentNotFound`, and with `lastAdministrator` when nobody could administer the portal any more.
 */
export async function updateUser(tx: Tx, now: number, userId: number, change: UserChange): Promise<void> {
  const user = await findUser(tx, userId)
  if (!user) throw new Refusal('userNotFound', `There is no user ${userId}`)
  const { departmentIds, extra, ...columns } = change
  if (user.kind === 'employee') {
    if (columns.email !== undefined && columns.email !== '' && columns.email !== user.email)
      await checkEmail(tx, columns.email, userId)
    if (columns.active === true && !user.active) await checkUserLimit(tx)
    const administered = (columns.active ?? user.active) && (columns.isAdmin ?? user.isAdmin)
    if (user.active && user.isAdmin && !administered) await checkOtherAdministrator(tx, userId)
  }
  const changed: string[] = Object.entries(columns).flatMap(([name, value]) =>
    user[name as keyof User] === value ? [] : [name],
  )
  const merged = extra === undefined ? user.extra : withoutEmpty({ ...user.extra, ...extra })
  for (const name of Object.keys(extra ?? {})) if (merged[name] !== user.extra[name]) changed.push(name)
  if (departmentIds !== undefined && (await setDepartments(tx, userId, departmentIds))) changed.push('departmentIds')
  if (changed.length === 0) return
  await tx.db
    .updateTable('user')
    .set({ ...columns, extra: merged, updatedAt: now })
    .where('id', '=', userId)
    .execute()
  await tx.emit({ type: 'user.updated', subject: `user:${userId}`, payload: { userId, kind: user.kind, changed } })
}

/** Lets somebody who has left no longer in. His webhooks and tokens are refused from this moment on. */
export async function deactivateUser(tx: Tx, now: number, userId: number): Promise<void> {
  await updateUser(tx, now, userId, { active: false })
}

const noteActive = prepared<{ userId: number; now: number }>()((db, p) =>
  db.updateTable('user').set({ lastActivityAt: p.now }).where('id', '=', p.userId),
)

/** Notes that somebody was active. No event: it happens all the time. */
export async function noteActivity(tx: Tx, userId: number, now: number): Promise<void> {
  await tx.run(noteActive, { userId, now })
}

/** The departments of several people, in the order of their ids; people without any are left out. */
export async function departmentsOf(read: Reader, userIds: readonly number[]): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>()
  if (userIds.length === 0) return found
  const rows = await read.db
    .selectFrom('userDepartment')
    .select(['userId', 'departmentId'])
    .where('userId', 'in', [...userIds])
    .orderBy('userId')
    .orderBy('departmentId')
    .execute()
  for (const { userId, departmentId } of rows) found.set(userId, [...(found.get(userId) ?? []), departmentId])
  return found
}

function withoutEmpty(extra: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(extra).filter(([, value]) => value !== ''))
}

async function checkEmail(read: Reader, email: string, userId: number | undefined): Promise<void> {
  if (!isEmail(email)) throw new Refusal('wrongEmail')
  const taken = await read.db
    .selectFrom('user')
    .select('id')
    .where('kind', '=', 'employee')
    .where(sql`lower(${sql.ref('user.email')})`, '=', email.toLowerCase())
    .where('id', '!=', userId ?? 0)
    .executeTakeFirst()
  if (taken) throw new Refusal('emailTaken')
}

async function checkUserLimit(tx: Tx): Promise<void> {
  const { userLimit } = await loadSettings(tx)
  if (userLimit === 0) return
  const { count } = await tx.db
    .selectFrom('user')
    .select((q) => q.fn.countAll<number>().as('count'))
    .where('kind', '=', 'employee')
    .where('active', '=', true)
    .executeTakeFirstOrThrow()
  if (count >= userLimit) throw new Refusal('tooManyUsers')
}

async function checkOtherAdministrator(read: Reader, userId: number): Promise<void> {
  const other = await read.db
    .selectFrom('user')
    .select('id')
    .where('kind', '=', 'employee')
    .where('active', '=', true)
    .where('isAdmin', '=', true)
    .where('id', '!=', userId)
    .executeTakeFirst()
  if (!other) throw new Refusal('lastAdministrator', 'The last administrator stays: make somebody else one first')
}

/** Puts the person into exactly these departments; answers whether that changed anything. */
async function setDepartments(tx: Tx, userId: number, departmentIds: readonly number[]): Promise<boolean> {
  const wanted = new Set(departmentIds)
  const present = new Set((await departmentsOf(tx, [userId])).get(userId) ?? [])
  const missing = [...wanted].filter((id) => !present.has(id))
  const left = [...present].filter((id) => !wanted.has(id))
  if (missing.length > 0) {
    const known = await tx.db.selectFrom('department').select('id').where('id', 'in', missing).execute()
    const unknown = missing.find((id) => !known.some((department) => department.id === id))
    if (unknown !== undefined) throw new Refusal('departmentNotFound', `There is no department ${unknown}`)
    await tx.db
      .insertInto('userDepartment')
      .values(missing.map((departmentId) => ({ userId, departmentId })))
      .execute()
  }
  if (left.length > 0) {
    await tx.db.deleteFrom('userDepartment').where('userId', '=', userId).where('departmentId', 'in', left).execute()
  }
  return missing.length > 0 || left.length > 0
}
