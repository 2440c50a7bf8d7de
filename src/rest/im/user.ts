import { z } from 'zod'
import { STATUSES, setIdle, setStatus } from '../../domain/people/presence.ts'
import { method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { showUser, showUsers, userSchema } from './user-shape.ts'

const avatarHr = optional(wire.flag(), 'Kept for clients: `avatar_hr` is always answered.')

export const userGet = method('im.user.get', {
  doc: 'Shows a user: the caller himself, or anybody by id.',
  scope: 'im',
  params: {
    ID: optional(wire.id(), 'The id of the user; the caller when left out.', { invalid: 'idEmpty' }),
    AVATAR_HR: avatarHr,
  },
  result: userSchema,
  errors: {
    idEmpty: ['ID_EMPTY', 400, "User ID can't be empty"],
    userNotExists: ['USER_NOT_EXISTS', 400, 'User does not exist'],
    accessDenied: ['ACCESS_DENIED', 400, 'You can request only users who are part of your extranet group'],
  },
  read: async ({ params, caller, settings, fail }, read) =>
    (await showUser(read, params.ID ?? caller.userId, settings.timeZone)) ?? fail('userNotExists'),
})

const MOST_USERS = 1_000

const listOfIds = z.preprocess(
  (value) => {
    if (typeof value !== 'string') return value
    try {
      return JSON.parse(value) as unknown
    } catch {
      return undefined
    }
  },
  wire.list(wire.id(), MOST_USERS),
)

export const userListGet = method('im.user.list.get', {
  doc: 'Shows several users; ids without a user are passed over.',
  scope: 'im',
  params: {
    ID: required(listOfIds, 'The ids: a list, or a list as JSON text; at most 1,000.', {
      missing: 'wrongFormat',
      invalid: 'wrongFormat',
    }),
    AVATAR_HR: avatarHr,
    RESULT_TYPE: optional(wire.text(20), '`array` answers a list; anything else an object by id.'),
  },
  result: z.union([z.array(userSchema), z.record(z.string().regex(/^\d+$/), userSchema)]),
  errors: { wrongFormat: ['INVALID_FORMAT', 400, 'A wrong format for the ID field is passed'] },
  read: async ({ params, settings }, read) => {
    const users = await showUsers(read, params.ID, settings.timeZone)
    return params.RESULT_TYPE === 'array' || users.size === 0 ? [...users.values()] : Object.fromEntries(users)
  },
})

export const userStatusGet = method('im.user.status.get', {
  doc: 'Tells what the caller chose to be shown as.',
  scope: 'im',
  params: {},
  result: z.string(),
  read: async ({ caller }, read) => {
    const { status } = await read.db
      .selectFrom('user')
      .select('status')
      .where('id', '=', caller.userId)
      .executeTakeFirstOrThrow()
    return status
  },
})

export const userStatusSet = method('im.user.status.set', {
  doc: 'Changes what the caller is shown as.',
  scope: 'im',
  params: {
    STATUS: required(z.enum(STATUSES), '`online`, `dnd`, `away` or `break`, in small letters.', {
      missing: 'wrongStatus',
      invalid: 'wrongStatus',
    }),
  },
  result: z.literal(true),
  errors: { wrongStatus: ['STATUS_ERROR', 400, 'Status is not available'] },
  write: async ({ params, caller }, tx) => {
    await setStatus(tx, caller.userId, params.STATUS)
    return true as const
  },
})

const MINUTE = 60_000

export const userStatusIdleStart = method('im.user.status.idle.start', {
  doc: 'Tells that nobody sits at the caller’s client.',
  scope: 'im',
  params: { AGO: optional(wire.integer(), 'Since how many minutes; 10 when left out, at least 1.') },
  result: z.literal(true),
  write: async ({ params, caller, now }, tx) => {
    // A year is long enough for anybody: more would leave the calendar.
    const minutes = Math.min(Math.max(params.AGO ?? 10, 1), 525_600)
    await setIdle(tx, caller.userId, now - minutes * MINUTE)
    return true as const
  },
})

export const userStatusIdleEnd = method('im.user.status.idle.end', {
  doc: 'Tells that the caller is back at his client.',
  scope: 'im',
  params: {},
  result: z.literal(true),
  write: async ({ caller }, tx) => {
    await setIdle(tx, caller.userId, null)
    return true as const
  },
})
