import type { Defaulted, DefaultedJson, Id, Millis } from './columns.ts'

/** `employee` may log in and act; `bot` belongs to an application; `customer` came in by a connector. */
export type UserKind = 'employee' | 'bot' | 'customer'
/** How far a right reaches. */
export type AccessLevel = 'none' | 'own' | 'department' | 'all'
export type CrmAction = 'read' | 'add' | 'update' | 'delete'

/** Everybody who can stand in a chat. Written by `domain/people`. */
export interface UserTable {
  id: Id
  kind: UserKind
  active: Defaulted<boolean>
  isAdmin: Defaulted<boolean>
  name: Defaulted<string>
  lastName: Defaulted<string>
  secondName: Defaulted<string>
  email: Defaulted<string>
  /** The mobile; other numbers are in `extra`. */
  phone: Defaulted<string>
  workPosition: Defaulted<string>
  /** `M`, `F` or empty. */
  gender: Defaulted<string>
  avatarUrl: Defaulted<string>
  /** Hex colour shown behind the name, for example `#4ba984`. */
  color: Defaulted<string>
  /** IANA name; empty means the portal's zone. */
  timeZone: Defaulted<string>
  language: Defaulted<string>
  /** Application-side id of the same person, as imports name it. */
  xmlId: Defaulted<string>
  /** Fields of the profile that have no column of their own (addresses, links, birthday), by wire name; never empty values. */
  extra: DefaultedJson<Record<string, string>>
  createdAt: Millis
  updatedAt: Millis
  lastActivityAt: Millis | null
  /** What he chose to be shown as: `online`, `dnd`, `away`, `break`. */
  status: Defaulted<string>
  /** Since when his client says that nobody sits there. */
  idleSince: Millis | null
}

export interface DepartmentTable {
  id: Id
  name: string
  parentId: number | null
  headUserId: number | null
  sort: Defaulted<number>
}

export interface UserDepartmentTable {
  userId: number
  departmentId: number
}

/** A role bundles rights on CRM entities. Administrators need none. */
export interface RoleTable {
  id: Id
  code: string
  name: string
}

export interface UserRoleTable {
  userId: number
  roleId: number
}

export interface RolePermissionTable {
  roleId: number
  /** `lead`, `deal`, `contact`, `company`. */
  entityType: string
  action: CrmAction
  level: AccessLevel
}
