import { z } from 'zod'
import {
  type LineChange,
  createLine,
  deleteLine,
  loadLine,
  queueMembers,
  updateLine,
} from '../../domain/openlines/lines.ts'
import { isOnline } from '../../domain/people/online.ts'
import type { JsonObject } from '../../kernel/json.ts'
import { method, optional, required } from '../method.ts'
import { out, wire, yesNo } from '../wire.ts'
import { QUEUE_USER, lineFields, queueUser, readLine, showLine } from './line-shape.ts'

/** Open channels and their settings; only administrators change them. */

const configId = required(wire.integer(), 'The id of the open channel.', { missing: 'idEmpty', invalid: 'idEmpty' })
const idEmpty = ['CONFIG_ID_EMPTY', 400, "Config ID can't be empty"] as const
const params = optional(
  wire.fields(),
  'The settings: `LINE_NAME`, `ACTIVE`, `QUEUE` (a list of `ENTITY_TYPE`, `ENTITY_ID`) and all others by the names that `imopenlines.config.get` shows.',
)
const changeErrors = {
  denied: ['CONFIG_WRONG_USER_PERMISSION', 403, 'Permission denied'],
  settingInvalid: ['ERROR_ARGUMENT', 400, "The value of an argument 'PARAMS' has an invalid type"],
} as const

interface Changing {
  readonly given: JsonObject | undefined
  readonly byUserId: number
  readonly now: number
  readonly fail: (reason: 'settingInvalid', detail: string) => never
}

function changeOf({ given = {}, byUserId, now, fail }: Changing): LineChange {
  const invalid = (field: string) => fail('settingInvalid', `The value of an argument '${field}' has an invalid type`)
  return { ...readLine(given, invalid), byUserId, now }
}

export const configAdd = method('imopenlines.config.add', {
  doc: 'Adds an open channel.',
  scope: 'imopenlines',
  params: { PARAMS: params },
  result: z.int().positive().meta({ description: 'The id of the open channel.' }),
  errors: changeErrors,
  write: async ({ params: { PARAMS: given }, caller, now, fail }, tx) => {
    if (!caller.isAdmin) fail('denied')
    return createLine(tx, changeOf({ given, byUserId: caller.userId, now, fail }))
  },
})

export const configUpdate = method('imopenlines.config.update', {
  doc: 'Changes settings of an open channel and keeps those that are not named.',
  scope: 'imopenlines',
  params: { CONFIG_ID: configId, PARAMS: params },
  result: z.boolean().meta({ description: 'False when there is no such open channel.' }),
  errors: { idEmpty, ...changeErrors },
  write: async ({ params: { CONFIG_ID: id, PARAMS: given }, caller, now, fail }, tx) => {
    if (id <= 0) fail('idEmpty')
    if (!caller.isAdmin) fail('denied')
    return updateLine(tx, id, changeOf({ given, byUserId: caller.userId, now, fail }))
  },
})

export const configDelete = method('imopenlines.config.delete', {
  doc: 'Deletes an open channel. Its conversations close, its chats stay.',
  scope: 'imopenlines',
  params: { CONFIG_ID: configId },
  result: z.boolean().meta({ description: 'False when there is no such open channel.' }),
  errors: { idEmpty, denied: changeErrors.denied },
  write: async ({ params: { CONFIG_ID: id }, caller, now, fail }, tx) => {
    if (id <= 0) fail('idEmpty')
    if (!caller.isAdmin) fail('denied')
    return deleteLine(tx, id, caller.userId, now)
  },
})

const queueFull = queueUser.extend({
  ID: out.idText(),
  SORT: out.idText(),
  USER_ID: out.idText(),
  DEPARTMENT_ID: out.idText(),
})
/** By user; PHP's empty array where there is nobody. */
const byUser = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([z.record(z.string(), schema), z.array(z.never()).length(0)])

function keyed<Value>(entries: readonly (readonly [number, Value])[]): Record<string, Value> | never[] {
  return entries.length === 0 ? [] : Object.fromEntries(entries)
}

export const configGet = method('imopenlines.config.get', {
  doc: 'Tells the settings of an open channel, and who answers on it.',
  scope: 'imopenlines',
  params: {
    CONFIG_ID: configId,
    WITH_QUEUE: optional(wire.flag(), 'Whether the queue is told; yes when left out.'),
    SHOW_OFFLINE: optional(wire.flag(), 'Whether operators who are offline are among them; yes when left out.'),
  },
  result: z
    .union([
      z.strictObject({
        ...lineFields,
        QUEUE: z.array(out.idText()).optional(),
        QUEUE_FULL: byUser(queueFull).optional(),
        QUEUE_USERS_FIELDS: byUser(queueUser).optional(),
        QUEUE_ONLINE: out.yesNo().optional(),
      }),
      z.literal(false),
    ])
    .meta({ description: 'False when there is no such open channel.' }),
  errors: { idEmpty },
  read: async (
    { params: { CONFIG_ID: id, WITH_QUEUE: withQueue = true, SHOW_OFFLINE: showOffline = true }, now, fail },
    read,
  ) => {
    if (id <= 0) fail('idEmpty')
    const line = await loadLine(read, id)
    if (!line) return false as const
    if (!withQueue) return showLine(line)
    const all = await queueMembers(read, [id])
    const members = showOffline ? all : all.filter((member) => isOnline(member.lastActivityAt, now))
    return {
      ...showLine(line),
      QUEUE: members.map((member) => String(member.userId)),
      QUEUE_FULL: keyed(
        members.map((member) => [
          member.userId,
          {
            ID: String(member.entryId),
            SORT: String(member.sort),
            USER_ID: String(member.userId),
            DEPARTMENT_ID: String(member.departmentId),
            ...QUEUE_USER,
          },
        ]),
      ),
      QUEUE_USERS_FIELDS: keyed(members.map((member) => [member.userId, QUEUE_USER])),
      QUEUE_ONLINE: yesNo(all.some((member) => isOnline(member.lastActivityAt, now))),
    }
  },
})

export const configPathGet = method('imopenlines.config.path.get', {
  doc: 'Tells the address of the portal and the path of its open channels.',
  scope: 'imopenlines',
  params: {},
  result: z.strictObject({ SERVER_ADDRESS: z.string(), PUBLIC_PATH: z.string() }),
  read: ({ portal }) => Promise.resolve({ SERVER_ADDRESS: portal.baseUrl, PUBLIC_PATH: '/contact_center/' }),
})
