import type { UserValue } from '../../domain/people/user-list.ts'
import type { User } from '../../domain/people/users.ts'

type TextColumn = (UserValue & { kind: 'text' })['column']
type TimeColumn = (UserValue & { kind: 'time' })['column']

/** Where the value of a field comes from. */
export type FieldSource =
  | { readonly kind: 'id' | 'active' | 'title' | 'online' | 'departments' | 'type' }
  | { readonly kind: 'text'; readonly column: TextColumn }
  | { readonly kind: 'time'; readonly column: TimeColumn }
  /** Kept among the fields without a column; a `date` as `YYYY-MM-DD`. */
  | { readonly kind: 'extra'; readonly date: boolean }

/** The narrowest scope that shows a field: `user_brief`, `user_basic` (which shows what `user_brief` does), or `user`. */
type Seen = 'brief' | 'basic' | 'full'

export interface UserFieldEntry {
  readonly name: string
  /** As `user.fields` names it. */
  readonly label: string
  readonly source: FieldSource
  readonly seen: Seen
}

const text = (column: TextColumn): FieldSource => ({ kind: 'text', column })
const time = (column: TimeColumn): FieldSource => ({ kind: 'time', column })
const extra: FieldSource = { kind: 'extra', date: false }
const date: FieldSource = { kind: 'extra', date: true }

const rows: readonly (readonly [name: string, label: string, seen: Seen, source: FieldSource])[] = [
  ['ID', 'ID', 'brief', { kind: 'id' }],
  ['XML_ID', 'External code', 'brief', text('xmlId')],
  ['ACTIVE', 'Activity', 'brief', { kind: 'active' }],
  ['NAME', 'First Name', 'brief', text('name')],
  ['LAST_NAME', 'Last Name', 'brief', text('lastName')],
  ['SECOND_NAME', 'Middle Name', 'brief', text('secondName')],
  ['TITLE', 'User List', 'brief', { kind: 'title' }],
  ['EMAIL', 'E-Mail', 'basic', text('email')],
  ['LAST_LOGIN', 'Last Authorization', 'full', time('lastActivityAt')],
  ['DATE_REGISTER', 'Registration Date', 'brief', time('createdAt')],
  ['TIME_ZONE', 'TIME_ZONE', 'brief', text('timeZone')],
  ['IS_ONLINE', 'IS_ONLINE', 'brief', { kind: 'online' }],
  ['TIMESTAMP_X', 'TIMESTAMP_X', 'brief', time('updatedAt')],
  ['LAST_ACTIVITY_DATE', 'LAST_ACTIVITY_DATE', 'brief', time('lastActivityAt')],
  ['PERSONAL_GENDER', 'Gender', 'brief', text('gender')],
  ['PERSONAL_PROFESSION', 'Profession', 'brief', extra],
  ['PERSONAL_WWW', 'Homepage', 'full', extra],
  ['PERSONAL_BIRTHDAY', 'Date of Birth', 'brief', date],
  ['PERSONAL_PHOTO', 'Photo', 'brief', text('avatarUrl')],
  ['PERSONAL_ICQ', 'ICQ', 'full', extra],
  ['PERSONAL_PHONE', 'Personal Phone', 'basic', extra],
  ['PERSONAL_FAX', 'Fax', 'basic', extra],
  ['PERSONAL_MOBILE', 'Personal Mobile', 'basic', text('phone')],
  ['PERSONAL_PAGER', 'Pager', 'basic', extra],
  ['PERSONAL_STREET', 'Residential Street', 'basic', extra],
  ['PERSONAL_CITY', 'Residential City', 'brief', extra],
  ['PERSONAL_STATE', 'State / Region', 'brief', extra],
  ['PERSONAL_ZIP', 'Zip Code', 'basic', extra],
  ['PERSONAL_COUNTRY', 'Country', 'brief', extra],
  ['PERSONAL_MAILBOX', 'P.O. Box', 'basic', extra],
  ['PERSONAL_NOTES', 'Additional Notes', 'basic', extra],
  ['WORK_PHONE', 'Company Phone', 'basic', extra],
  ['WORK_COMPANY', 'Company', 'basic', extra],
  ['WORK_POSITION', 'Job Title', 'brief', text('workPosition')],
  ['WORK_DEPARTMENT', 'Department', 'basic', extra],
  ['WORK_WWW', 'Company Website', 'basic', extra],
  ['WORK_FAX', 'WORK_FAX', 'basic', extra],
  ['WORK_PAGER', 'WORK_PAGER', 'basic', extra],
  ['WORK_STREET', 'WORK_STREET', 'basic', extra],
  ['WORK_MAILBOX', 'WORK_MAILBOX', 'basic', extra],
  ['WORK_CITY', 'Work City', 'brief', extra],
  ['WORK_STATE', 'WORK_STATE', 'brief', extra],
  ['WORK_ZIP', 'WORK_ZIP', 'basic', extra],
  ['WORK_COUNTRY', 'WORK_COUNTRY', 'brief', extra],
  ['WORK_PROFILE', 'WORK_PROFILE', 'basic', extra],
  ['WORK_LOGO', 'WORK_LOGO', 'basic', extra],
  ['WORK_NOTES', 'WORK_NOTES', 'basic', extra],
  ['UF_SKYPE_LINK', 'Skype Chat Link', 'basic', extra],
  ['UF_ZOOM', 'Zoom', 'basic', extra],
  ['UF_EMPLOYMENT_DATE', 'Hire Date', 'brief', date],
  ['UF_TIMEMAN', 'Time Tracking', 'brief', extra],
  ['UF_DEPARTMENT', 'Units', 'brief', { kind: 'departments' }],
  ['UF_INTERESTS', 'Interests', 'brief', extra],
  ['UF_SKILLS', 'Skills', 'brief', extra],
  ['UF_WEB_SITES', 'Other Websites', 'basic', extra],
  ['UF_XING', 'Xing', 'basic', extra],
  ['UF_LINKEDIN', 'LinkedIn', 'basic', extra],
  ['UF_TWITTER', 'Twitter', 'basic', extra],
  ['UF_SKYPE', 'Skype', 'basic', extra],
  ['UF_DISTRICT', 'District', 'basic', extra],
  ['UF_PHONE_INNER', 'Extension', 'brief', extra],
  // The page shows it wherever users are listed, whatever the scope.
  ['USER_TYPE', 'USER_TYPE', 'brief', { kind: 'type' }],
  // Taken and shown, but `user.fields` does not name it.
  ['UF_FACEBOOK', '', 'basic', extra],
]

export const userFields: readonly UserFieldEntry[] = rows.map(([name, label, seen, source]) => ({
  name,
  label,
  seen,
  source,
}))

const byName = new Map(userFields.map((field) => [field.name, field]))

/** The scopes in which employees may be read. */
export const USER_SCOPES = ['user', 'user_brief', 'user_basic'] as const

/** Whether a caller with these scopes may see the field. */
function isSeen({ seen }: UserFieldEntry, scopes: readonly string[]): boolean {
  if (scopes.includes('user')) return true
  return seen === 'brief' || (seen === 'basic' && scopes.includes('user_basic'))
}

/** Every field that a caller with these scopes may see, in the order of `user.fields`. */
export function fieldsSeenBy(scopes: readonly string[]): readonly UserFieldEntry[] {
  return userFields.filter((field) => isSeen(field, scopes))
}

/** The field of that name, in any letter case, where these scopes show it. */
export function fieldSeen(name: string, scopes: readonly string[]): UserFieldEntry | undefined {
  const field = byName.get(name.toUpperCase())
  return field && isSeen(field, scopes) ? field : undefined
}

/** What people can be sorted and compared by; a few fields are made of others and cannot. */
export function valueOf({ name, source }: UserFieldEntry): UserValue | undefined {
  if (source.kind === 'extra') return { kind: 'extra', name }
  if (source.kind === 'text' || source.kind === 'time') return source
  return source.kind === 'id' || source.kind === 'active' ? { kind: source.kind } : undefined
}

/** The kinds of people by the words of `USER_TYPE`. Extranet and mail users do not exist here. */
export const USER_TYPES = { employee: 'employee', bot: 'bot', imconnector: 'customer' } as const satisfies Record<
  string,
  User['kind']
>

export type UserType = keyof typeof USER_TYPES

/** The word of `USER_TYPE` for a kind. */
export function userTypeOf(kind: User['kind']): UserType {
  return kind === 'customer' ? 'imconnector' : kind
}
