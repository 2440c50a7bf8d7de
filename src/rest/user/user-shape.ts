import { DateTime } from 'luxon'
import { z } from 'zod'
import { isOnline } from '../../domain/people/online.ts'
import type { User } from '../../domain/people/users.ts'
import { isoDate } from '../envelope.ts'
import { out, yesNo } from '../wire.ts'
import {
  type FieldSource,
  type UserFieldEntry,
  USER_TYPES,
  type UserType,
  fieldsSeenBy,
  userFields,
  userTypeOf,
} from './fields.ts'

const SCHEMAS: Readonly<Partial<Record<FieldSource['kind'], z.ZodType>>> = {
  id: out.idText(),
  active: z.boolean(),
  online: out.yesNo(),
  departments: z.array(z.int().positive()),
  type: z.enum(Object.keys(USER_TYPES) as UserType[]),
}

const nothing = z.strictObject({})

function schemaOf({ name, source }: UserFieldEntry): z.ZodType {
  if (EMPTY_IN_LISTS.has(name)) return z.union([nothing, z.string()])
  return SCHEMAS[source.kind] ?? z.string()
}

/** The page shows these two as `{}` wherever people are listed, and clients have learnt to expect it. */
const EMPTY_IN_LISTS = new Set(['TIMESTAMP_X', 'LAST_ACTIVITY_DATE'])

/** An employee with the fields that the caller may see and that are filled in or always shown. */
export const userSchema = z
  .strictObject(Object.fromEntries(userFields.map((field) => [field.name, schemaOf(field)])))
  .partial()

/** Shown even where they are empty; the other fields only where they hold something. */
const ALWAYS_IN_LISTS = new Set([
  'ID',
  'ACTIVE',
  'NAME',
  'LAST_NAME',
  'SECOND_NAME',
  'EMAIL',
  'LAST_LOGIN',
  'DATE_REGISTER',
  'TIME_ZONE',
  'IS_ONLINE',
  'TIMESTAMP_X',
  'LAST_ACTIVITY_DATE',
  'PERSONAL_GENDER',
  'PERSONAL_WWW',
  'PERSONAL_BIRTHDAY',
  'PERSONAL_MOBILE',
  'PERSONAL_CITY',
  'WORK_PHONE',
  'WORK_POSITION',
  'UF_EMPLOYMENT_DATE',
  'UF_DEPARTMENT',
  'USER_TYPE',
])

const ALWAYS_FOR_CURRENT = new Set([
  'ID',
  'ACTIVE',
  'NAME',
  'LAST_NAME',
  'EMAIL',
  'LAST_LOGIN',
  'DATE_REGISTER',
  'IS_ONLINE',
  'LAST_ACTIVITY_DATE',
  'PERSONAL_GENDER',
  'PERSONAL_BIRTHDAY',
  'WORK_POSITION',
  'UF_EMPLOYMENT_DATE',
  'UF_DEPARTMENT',
])

export interface ShowOptions {
  readonly scopes: readonly string[]
  /** Names and masks (`*`, `UF_*`) of the fields to show. */
  readonly select?: readonly string[] | undefined
  readonly timeZone: string
  readonly now: number
}

/** A person in a list. */
export function showListed(user: User, departments: readonly number[], options: ShowOptions): Record<string, unknown> {
  return show(user, departments, options, ALWAYS_IN_LISTS, () => ({}))
}

/** Whoever calls. */
export function showCurrent(user: User, departments: readonly number[], options: ShowOptions): Record<string, unknown> {
  return show(user, departments, options, ALWAYS_FOR_CURRENT, (time) =>
    time === null ? '' : DateTime.fromMillis(time, { zone: options.timeZone }).toFormat('yyyy-MM-dd HH:mm:ss'),
  )
}

function show(
  user: User,
  departments: readonly number[],
  options: ShowOptions,
  always: ReadonlySet<string>,
  special: (time: number | null) => unknown,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const field of fieldsSeenBy(options.scopes)) {
    const { name, source } = field
    const wanted = options.select === undefined ? always.has(name) : isSelected(name, options.select)
    if (!wanted && options.select !== undefined) continue
    if (wanted && source.kind === 'time' && EMPTY_IN_LISTS.has(name)) shown[name] = special(user[source.column])
    else if (source.kind === 'text' || source.kind === 'extra' || wanted) {
      const value = valueOf(field, user, departments, options)
      if (wanted || value !== '') shown[name] = value
    }
  }
  return shown
}

function isSelected(name: string, select: readonly string[]): boolean {
  return select.some((wanted) => wanted === '*' || wanted === name || (wanted === 'UF_*' && name.startsWith('UF_')))
}

function valueOf(
  { name, source }: UserFieldEntry,
  user: User,
  departments: readonly number[],
  options: ShowOptions,
): unknown {
  const { timeZone, now } = options
  switch (source.kind) {
    case 'id':
      return String(user.id)
    case 'active':
      return user.active
    case 'title':
      return ''
    case 'online':
      return yesNo(isOnline(user.lastActivityAt, now))
    case 'departments':
      return departments
    case 'type':
      return userTypeOf(user.kind)
    case 'text':
      return user[source.column]
    case 'time': {
      const time = user[source.column]
      return time === null ? '' : isoDate(time, timeZone)
    }
    case 'extra':
  }
  const value = user.extra[name] ?? ''
  return source.date ? dayOf(value, timeZone) : value
}

/** A day as its midnight, `2018-07-14T00:00:00+02:00`; anything else as it is kept. */
function dayOf(value: string, timeZone: string): string {
  const day = value === '' ? undefined : DateTime.fromISO(value, { zone: timeZone })
  return day?.isValid ? isoDate(day.toMillis(), timeZone) : value
}
