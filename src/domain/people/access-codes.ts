import type { Reader } from '../../storage/store.ts'
import { departmentPath } from './departments.ts'
import { fullName } from './names.ts'

/** Whom an access code names; ids are those of the table that the kind says. */
type AccessCode =
  | { readonly kind: 'user' | 'department' | 'departmentTree'; readonly id: number }
  | { readonly kind: 'administrators' | 'everybody' | 'authorized' }

/** What is told of an access code. */
export interface AccessCodeName {
  readonly name: string
  /** What hands out the code, for people to read; empty for codes of the system. */
  readonly provider: string
  readonly providerId: 'other' | 'user' | 'intranet'
}

function parse(code: string): AccessCode | undefined {
  switch (code) {
    case 'AU':
      return { kind: 'authorized' }
    case 'G1':
      return { kind: 'administrators' }
    case 'G2':
      return { kind: 'everybody' }
    default: {
      const found = /^(U|D|DR)([1-9]\d{0,14})$/.exec(code)
      if (!found) return undefined
      return {
        kind: found[1] === 'U' ? 'user' : found[1] === 'D' ? 'department' : 'departmentTree',
        id: Number(found[2]),
      }
    }
  }
}

/** Whether one of the codes stands for this person. Codes that name nothing are passed over. */
export async function hasAnyAccessCode(
  read: Reader,
  person: { readonly userId: number; readonly isAdmin: boolean },
  codes: readonly string[],
): Promise<boolean> {
  const parsed = codes.flatMap((code) => parse(code) ?? [])
  for (const code of parsed) {
    if (code.kind === 'authorized' || code.kind === 'everybody') return true
    if (code.kind === 'administrators' && person.isAdmin) return true
    if (code.kind === 'user' && code.id === person.userId) return true
  }
  const rows = await read.db
    .selectFrom('userDepartment')
    .select('departmentId')
    .where('userId', '=', person.userId)
    .execute()
  const own = new Set(rows.map((row) => row.departmentId))
  if (own.size === 0) return false
  if (parsed.some((code) => code.kind === 'department' && own.has(code.id))) return true
  if (!parsed.some((code) => code.kind === 'departmentTree')) return false
  // Upwards from his few departments, however many codes there are.
  const above = new Set<number>()
  for (const id of own) for (const department of await departmentPath(read, id)) above.add(department)
  return parsed.some((code) => code.kind === 'departmentTree' && above.has(code.id))
}

/** The names of those codes that stand for something, by code. */
export async function nameAccessCodes(read: Reader, codes: readonly string[]): Promise<Map<string, AccessCodeName>> {
  const parsed = new Map(codes.flatMap((code) => (parse(code) ? [[code, parse(code)!] as const] : [])))
  const users = await namesOf(read, 'user', parsed)
  const departments = await namesOf(read, 'department', parsed)
  const named = new Map<string, AccessCodeName>()
  for (const [text, code] of parsed) {
    const told = tell(code, users, departments)
    if (told) named.set(text, told)
  }
  return named
}

type Names = ReadonlyMap<number, string>

const SYSTEM_NAMES = {
  authorized: 'All authorized users',
  everybody: 'All visitors',
  administrators: 'Administrators',
} as const

function tell(code: AccessCode, users: Names, departments: Names): AccessCodeName | undefined {
  if (!('id' in code)) return { name: SYSTEM_NAMES[code.kind], provider: '', providerId: 'other' }
  const name = (code.kind === 'user' ? users : departments).get(code.id)
  if (name === undefined) return undefined
  if (code.kind === 'user') return { name, provider: 'Users', providerId: 'user' }
  const below = code.kind === 'departmentTree' ? `${name} (with subdepartments)` : name
  return { name: below, provider: 'Departments', providerId: 'intranet' }
}

async function namesOf(
  read: Reader,
  table: 'user' | 'department',
  codes: ReadonlyMap<string, AccessCode>,
): Promise<Names> {
  const ids = new Set<number>()
  for (const code of codes.values()) if ('id' in code && (code.kind === 'user') === (table === 'user')) ids.add(code.id)
  if (ids.size === 0) return new Map()
  if (table === 'department') {
    const rows = await read.db
      .selectFrom('department')
      .select(['id', 'name'])
      .where('id', 'in', [...ids])
      .execute()
    return new Map(rows.map((row) => [row.id, row.name]))
  }
  const rows = await read.db
    .selectFrom('user')
    .select(['id', 'name', 'lastName', 'email'])
    .where('id', 'in', [...ids])
    .execute()
  return new Map(rows.map((row) => [row.id, fullName(row)]))
}
