import { z } from 'zod'
import { ownerOf } from '../../domain/caller.ts'
import {
  type OfflineField,
  type OfflineQuery,
  clearOffline,
  countOffline,
  listOffline,
  markOffline,
  takeOffline,
} from '../../domain/delivery/offline-events.ts'
import type { JsonObject, JsonValue } from '../../kernel/json.ts'
import { isoDate } from '../envelope.ts'
import { method, optional, required } from '../method.ts'
import { pageFrom, startParam } from '../paging.ts'
import { out, wire } from '../wire.ts'
import { readOfflineFilter, readOfflineOrder } from './offline-query.ts'

/** Events that wait until the application asks for them. */

const LARGEST_TAKE = 500
const DEFAULT_TAKE = 50

const filterParam = optional(
  wire.fields(),
  'Conditions by field, the operator before its name (`=`, `!`, `>`, `>=`, `<`, `<=`): `ID`, `MESSAGE_ID`, `TIMESTAMP_X`, `EVENT_NAME`, `PROCESS_ID`, `ERROR`.',
)
const orderParam = optional(wire.fields(), '`ASC` or `DESC` by field.')
const connectorParam = optional(wire.text(255), 'The queue that was named when its events were bound.')
const processParam = required(wire.text(100), 'What `event.offline.get` called the reservation.')
const messagesParam = optional(wire.list(wire.id(), 1_000), 'Only these, by `MESSAGE_ID`.')

const waiting = {
  ID: out.idText(),
  TIMESTAMP_X: out.dateTime(),
  EVENT_NAME: z.string(),
  EVENT_DATA: z.json(),
  EVENT_ADDITIONAL: z.literal(false),
  MESSAGE_ID: out.idText(),
}

const errors = {
  accessDenied: ['ACCESS_DENIED', 403, 'Access denied!'],
  filterInvalid: ['ERROR_ARGUMENT', 400, "The value of an argument 'filter' has an invalid type"],
  orderInvalid: ['ERROR_ARGUMENT', 400, "The value of an argument 'order' has an invalid type"],
} as const

interface Waiting {
  readonly id: number
  readonly event: string
  readonly data: { readonly value: JsonValue }
  readonly createdAt: number
}

function shown({ id, event, data, createdAt }: Waiting, timeZone: string) {
  return {
    ID: String(id),
    TIMESTAMP_X: isoDate(createdAt, timeZone),
    EVENT_NAME: event,
    EVENT_DATA: data.value,
    EVENT_ADDITIONAL: false as const,
    MESSAGE_ID: String(id),
  }
}

interface Asked {
  readonly filter: JsonObject | undefined
  readonly order: JsonObject | undefined
  readonly auth_connector: string | undefined
}

function queryOf(
  owner: string,
  { filter, order, auth_connector }: Asked,
  byDefault: OfflineField,
  timeZone: string,
): OfflineQuery | 'filterInvalid' | 'orderInvalid' {
  const conditions = readOfflineFilter(filter ?? {}, timeZone)
  if (!conditions) return 'filterInvalid'
  const ordered = readOfflineOrder(order ?? {}, byDefault)
  if (!ordered) return 'orderInvalid'
  return { owner, authConnector: auth_connector ?? '', conditions, order: ordered }
}

export const offlineGet = method('event.offline.get', {
  doc: 'Takes the first events out of the queue, or reserves them until they are confirmed. Who asks at the same moment gets others.',
  scope: 'basic',
  auth: 'application',
  params: {
    filter: filterParam,
    order: orderParam,
    limit: optional(wire.integer(), `How many at the most, up to ${LARGEST_TAKE}; ${DEFAULT_TAKE} when left out.`),
    clear: optional(
      wire.flag(),
      'Whether they are gone (when left out); with 0 they are reserved under `process_id` until `event.offline.clear`.',
    ),
    process_id: optional(wire.text(100), 'Takes again what was reserved under this name and not confirmed.'),
    auth_connector: connectorParam,
    error: optional(wire.flag(), 'Also those that `event.offline.error` has marked; not when left out.'),
  },
  result: z.strictObject({ process_id: z.string().nullable(), events: z.array(z.strictObject(waiting)) }),
  errors,
  async write({ params, caller, portal, settings, now, fail }, tx) {
    if (!caller.isAdmin) fail('accessDenied')
    const query = queryOf(ownerOf(caller), params, 'createdAt', settings.timeZone)
    if (typeof query === 'string') return fail(query)
    const { processId, events } = await takeOffline(tx, portal.ids, now, {
      ...query,
      limit: Math.min(LARGEST_TAKE, Math.max(1, params.limit ?? DEFAULT_TAKE)),
      clear: params.clear ?? true,
      processId: params.process_id === '' ? undefined : params.process_id,
      withErrors: params.error ?? false,
    })
    return { process_id: processId, events: events.map((event) => shown(event, settings.timeZone)) }
  },
})

export const offlineList = method('event.offline.list', {
  doc: 'Shows the queue without changing anything in it, reserved events too.',
  scope: 'basic',
  auth: 'application',
  params: { filter: filterParam, order: orderParam, start: startParam, auth_connector: connectorParam },
  result: z.array(z.strictObject({ ...waiting, PROCESS_ID: z.string(), ERROR: z.enum(['0', '1']) })),
  errors,
  async read({ params, caller, settings, fail }, read) {
    if (!caller.isAdmin) fail('accessDenied')
    const query = queryOf(ownerOf(caller), params, 'id', settings.timeZone)
    if (typeof query === 'string') return fail(query)
    return pageFrom(params.start, {
      list: async (offset, limit) =>
        (await listOffline(read, query, offset, limit)).map((event) => ({
          ...shown(event, settings.timeZone),
          PROCESS_ID: event.processId,
          ERROR: event.error ? ('1' as const) : ('0' as const),
        })),
      count: () => countOffline(read, query),
    })
  },
})

export const offlineClear = method('event.offline.clear', {
  doc: 'Confirms reserved events: they are gone.',
  scope: 'basic',
  auth: 'application',
  params: {
    process_id: processParam,
    id: optional(wire.list(wire.id(), 1_000), 'Only these, by `ID`.'),
    message_id: messagesParam,
  },
  result: z.literal(true),
  errors: { accessDenied: errors.accessDenied },
  async write({ params, caller, fail }, tx) {
    if (!caller.isAdmin) fail('accessDenied')
    await clearOffline(tx, ownerOf(caller), params.process_id, some(params.id) ?? some(params.message_id))
    return true as const
  },
})

export const offlineError = method('event.offline.error', {
  doc: 'Marks reserved events as ones that could not be handled: they stay, and come only to who asks for such.',
  scope: 'basic',
  auth: 'application',
  params: { process_id: processParam, message_id: messagesParam },
  result: z.literal(true),
  errors: { accessDenied: errors.accessDenied },
  async write({ params, caller, fail }, tx) {
    if (!caller.isAdmin) fail('accessDenied')
    await markOffline(tx, ownerOf(caller), params.process_id, some(params.message_id))
    return true as const
  },
})

/** An empty list names nothing in particular. */
function some(ids: readonly number[] | undefined): readonly number[] | undefined {
  return ids?.length === 0 ? undefined : ids
}
