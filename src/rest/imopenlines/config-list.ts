import { z } from 'zod'
import type { Caller } from '../../domain/caller.ts'
import { type Line, allLines, queueEntries, queueMembers } from '../../domain/openlines/lines.ts'
import type { JsonObject } from '../../kernel/json.ts'
import type { Reader } from '../../storage/store.ts'
import { method, optional } from '../method.ts'
import { out, wire } from '../wire.ts'
import { readQuery, selectLines } from './line-query.ts'
import { lineFields, listedUser, showListedUser } from './line-shape.ts'

/** What may be asked of a line: to see it, to change it, to work on it. */
const PERMISSIONS = ['VIEW', 'MODIFY', 'PERFORM'] as const
type Permission = (typeof PERMISSIONS)[number]

interface ListOptions {
  readonly queue: boolean
  readonly configQueue: boolean
  readonly permission: Permission
}

const OPTIONS = new Set(['QUEUE', 'CONFIG_QUEUE', 'CHECK_PERMISSION'])

function readOptions(options: JsonObject, invalid: (text: string) => never): ListOptions {
  const unsupported = Object.keys(options).filter((name) => !OPTIONS.has(name))
  if (unsupported.length > 0) invalid(`Unsupported OPTIONS fields are passed: ${unsupported.join(', ')}`)
  const flag = (name: 'QUEUE' | 'CONFIG_QUEUE') => {
    const value = options[name] ?? 'N'
    if (typeof value === 'object') invalid(`A wrong format for the OPTIONS field '${name}' is passed`)
    return value === 'Y' || value === 'y' || value === true || value === 1 || value === '1'
  }
  const asked = options['CHECK_PERMISSION'] ?? 'VIEW'
  const permission = PERMISSIONS.find((name) => typeof asked === 'string' && name === asked.toUpperCase())
  return {
    queue: flag('QUEUE'),
    configQueue: flag('CONFIG_QUEUE'),
    permission: permission ?? invalid("An unknown value for the OPTIONS field 'CHECK_PERMISSION' is passed"),
  }
}

/** The lines with which somebody may do this: everybody sees all, operators work on theirs, administrators change them. */
async function permitted(
  read: Reader,
  lines: readonly Line[],
  caller: Caller,
  permission: Permission,
): Promise<readonly Line[]> {
  if (caller.isAdmin || permission === 'VIEW') return lines
  if (permission === 'MODIFY') return []
  const members = await queueMembers(
    read,
    lines.map((line) => line.id),
  )
  const own = new Set(members.filter((member) => member.userId === caller.userId).map((member) => member.lineId))
  return lines.filter((line) => own.has(line.id))
}

async function queueOf(read: Reader, lineIds: readonly number[]) {
  const members = await queueMembers(read, lineIds)
  return (lineId: number) => {
    const own = members.filter((member) => member.lineId === lineId)
    const users = Object.fromEntries(own.map((member) => [member.userId, showListedUser(member)]))
    return { QUEUE: own.map((member) => member.userId), QUEUE_USERS_FIELDS: own.length === 0 ? [] : users }
  }
}

async function configQueueOf(read: Reader, lineIds: readonly number[]) {
  const entries = await queueEntries(read, lineIds)
  return (lineId: number) => ({
    CONFIG_QUEUE: entries
      .filter((entry) => entry.lineId === lineId)
      .map(({ userId, departmentId }) =>
        userId === 0
          ? { ENTITY_ID: String(departmentId), ENTITY_TYPE: 'department' as const }
          : { ENTITY_ID: String(userId), ENTITY_TYPE: 'user' as const },
      ),
  })
}

const row = z
  .object({
    ...lineFields,
    QUEUE: z.array(z.int()),
    QUEUE_USERS_FIELDS: z.union([z.record(z.string(), listedUser), z.array(z.never()).length(0)]),
    CONFIG_QUEUE: z.array(z.strictObject({ ENTITY_ID: out.idText(), ENTITY_TYPE: z.enum(['user', 'department']) })),
  })
  .partial()
  // Fields may be asked for by other names.
  .catchall(z.unknown())

export const configListGet = method('imopenlines.config.list.get', {
  doc: 'Lists open channels.',
  scope: 'imopenlines',
  params: {
    PARAMS: optional(wire.fields(), '`select`, `order`, `filter`, `limit` (50, at most 200), `offset`.'),
    OPTIONS: optional(
      wire.fields(),
      '`QUEUE`, `CONFIG_QUEUE`: whether queues are told; `CHECK_PERMISSION`: `VIEW`, `MODIFY` or `PERFORM`.',
    ),
  },
  result: z.array(row),
  errors: {
    invalidFormat: ['INVALID_FORMAT', 400, 'Unsupported PARAMS fields are passed'],
  },
  read: async ({ params, caller, fail }, read) => {
    const invalid = (text: string) => fail('invalidFormat', text)
    const query = readQuery(params.PARAMS ?? {}, invalid)
    const options = readOptions(params.OPTIONS ?? {}, invalid)
    const selected = selectLines(await permitted(read, await allLines(read), caller, options.permission), query)
    const ids = selected.map(({ line }) => line.id)
    const queue = options.queue ? await queueOf(read, ids) : undefined
    const configQueue = options.configQueue ? await configQueueOf(read, ids) : undefined
    return selected.map(({ line, fields }) => ({ ...fields, ...queue?.(line.id), ...configQueue?.(line.id) }))
  },
})
