import { z } from 'zod'
import { type Profile, createUser, findUser, updateUser } from '../../domain/people/users.ts'
import { readDay } from '../date-input.ts'
import { type Call, type Param, method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { userFields } from './fields.ts'

/** Longer than any field of a profile should be, and short enough for lists of fifty. */
const LONGEST_FIELD = 4_000

/** What `user.get` shows but nobody sets by these methods. */
const NOT_WRITTEN = new Set([
  'XML_ID',
  'TIME_ZONE',
  'UF_EMPLOYMENT_DATE',
  'UF_TIMEMAN',
  'PERSONAL_PHOTO',
  'WORK_LOGO',
  'EMAIL',
])

const writable = userFields.filter(
  ({ name, source }) => (source.kind === 'text' || source.kind === 'extra') && !NOT_WRITTEN.has(name),
)

const file = wire.json()
/** `profileOf` reads them by the table of fields. */
const profileParams = {
  ...Object.fromEntries(writable.map(({ name, label }) => [name, profileParam(name, label)])),
  PERSONAL_PHOTO: optional(file, 'Photo. This server keeps no files of profiles yet and refuses one.'),
  WORK_LOGO: optional(file, 'Logo of the company. This server keeps no files of profiles yet and refuses one.'),
}

function profileParam(name: string, label: string): Param {
  if (name === 'PERSONAL_GENDER') return optional(wire.oneOf('M', 'F', ''), 'Gender: `M`, `F` or empty.')
  if (name === 'PERSONAL_BIRTHDAY') return optional(wire.text(LONGEST_FIELD), `${label}, in ISO 8601.`)
  return optional(wire.text(LONGEST_FIELD), label === '' || label === name ? `Kept and shown as ${name}.` : `${label}.`)
}

const errors = {
  adminOnly: ['ERROR_CORE', 400, 'access_denied'],
  wrongEmail: ['ERROR_ARGUMENT', 400, 'wrong_email', { argument: '' }],
  emailTaken: ['ERROR_ARGUMENT', 400, 'A user with this email already exists', { argument: '' }],
  tooManyUsers: ['ERROR_ARGUMENT', 400, 'user_count_exceeded', { argument: '' }],
  departmentNotFound: ['ERROR_CORE', 400, ''],
  wrongDate: ['ERROR_CORE', 400, 'PERSONAL_BIRTHDAY is not a date'],
  fileRefused: [
    'ERROR_CORE',
    400,
    'This server keeps no files of profiles yet: leave PERSONAL_PHOTO and WORK_LOGO out',
  ],
} as const

interface WriteCall extends Pick<Call, 'settings'> {
  readonly params: object
  readonly fail: (reason: keyof typeof errors) => never
}

export const userAdd = method('user.add', {
  doc: 'Adds an employee. No invitation is sent by e-mail: give the person a way in yourself.',
  scope: 'user',
  auth: 'admin',
  params: {
    ...profileParams,
    EMAIL: required(wire.text(LONGEST_FIELD), 'E-mail; no other employee may have it.', {
      missing: 'wrongEmail',
      invalid: 'wrongEmail',
    }),
    UF_DEPARTMENT: optional(wire.list(wire.id()), 'The departments in which the employee works; one at least.'),
    EXTRANET: optional(wire.flag(), 'Asks for an outside person of workgroups, of which this server has none.'),
    SONET_GROUP_ID: optional(wire.list(wire.json()), 'Workgroups of an outside person.'),
  },
  result: z.int().positive().meta({ description: 'The id of the employee.' }),
  errors: {
    ...errors,
    noGroup: ['ERROR_GROUPID', 400, 'Group code not specified'],
    unknownGroup: ['ERROR_NO_GROUP', 400, 'Group is specified incorrectly'],
    noDepartment: ['ERROR_ARGUMENT', 400, 'no_extranet_field', { argument: '' }],
  },
  async write(call, tx) {
    const { params, fail, now } = call
    const departmentIds = params.UF_DEPARTMENT ?? []
    if (params.EXTRANET) fail((params.SONET_GROUP_ID ?? []).length === 0 ? 'noGroup' : 'unknownGroup')
    if (departmentIds.length === 0) fail('noDepartment')
    return createUser(tx, now, { ...profileOf(call), email: params.EMAIL.trim(), departmentIds })
  },
})

export const userUpdate = method('user.update', {
  doc: 'Changes an employee: what is named, the rest stays. `ACTIVE` lets go of one who leaves, or takes him back.',
  scope: 'user',
  auth: 'admin',
  params: {
    ID: required(wire.id(), 'The employee.', { missing: 'userNotFound', invalid: 'userNotFound' }),
    ACTIVE: optional(wire.flag(), 'Whether the employee works here.'),
    ...profileParams,
    EMAIL: optional(wire.text(LONGEST_FIELD), 'E-mail; no other employee may have it.', { invalid: 'wrongEmail' }),
    UF_DEPARTMENT: optional(wire.list(wire.id()), 'All departments of the employee from now on.'),
  },
  result: z.literal(true),
  errors: {
    ...errors,
    userNotFound: ['ERROR_CORE', 400, 'access_denied'],
    lastAdministrator: ['ERROR_CORE', 400, ''],
  },
  async write(call, tx) {
    const { params, fail, now } = call
    if ((await findUser(tx, params.ID))?.kind !== 'employee') fail('userNotFound')
    if (params.EMAIL === '') fail('wrongEmail')
    await updateUser(tx, now, params.ID, {
      ...profileOf(call),
      ...(params.ACTIVE === undefined ? {} : { active: params.ACTIVE }),
      ...(params.EMAIL === undefined ? {} : { email: params.EMAIL.trim() }),
      ...(params.UF_DEPARTMENT === undefined ? {} : { departmentIds: params.UF_DEPARTMENT }),
    })
    return true as const
  },
})

/** What a call says of the person, in the domain's words. */
function profileOf({ params: values, settings, fail }: WriteCall): Partial<Profile> {
  const params = values as Readonly<Record<string, unknown>>
  if (params['PERSONAL_PHOTO'] !== undefined || params['WORK_LOGO'] !== undefined) fail('fileRefused')
  const columns: Record<string, string> = {}
  const extra: Record<string, string> = {}
  for (const { name, source } of writable) {
    const value = params[name] as string | undefined
    if (value === undefined) continue
    if (source.kind === 'text') columns[source.column] = value
    else if (source.kind !== 'extra' || !source.date || value === '') extra[name] = value
    else extra[name] = readDay(value, settings.timeZone) ?? fail('wrongDate')
  }
  return { ...columns, extra }
}
