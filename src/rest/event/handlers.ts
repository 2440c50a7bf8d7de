import { z } from 'zod'
import { bindHandler, handlersOf, unbindHandlers } from '../../domain/delivery/handlers.ts'
import { ownerOf } from '../../domain/caller.ts'
import { findUser } from '../../domain/people/users.ts'
import { addressProblem } from '../../kernel/outgoing.ts'
import { method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'

/** Which address is called when something happens. */

const LONGEST_ADDRESS = 2_000
const LONGEST_KEY = 255
const LONGEST_TIMEOUT = 24 * 60 * 60

const eventParam = required(wire.text(255), 'The name of the event, in any letter case; `events` lists them.')
const typeParam = optional(
  wire.oneOf('online', 'offline'),
  '`online` (when left out): the address is called. `offline`: events wait for `event.offline.get`. For administrators.',
)

/** A text that was sent empty is told apart from one that was not sent. */
const userOrNobody = z.union([wire.integer(), z.literal('')])

export const eventBind = method('event.bind', {
  doc: 'Binds an address to an event; the same binding once more changes nothing but its options.',
  scope: 'basic',
  auth: 'application',
  params: {
    event: eventParam,
    handler: optional(wire.text(LONGEST_ADDRESS), 'The address to call, http or https. Needed unless `offline`.'),
    auth_type: optional(
      wire.integer(),
      'Whom the handler acts for; whoever caused the event when left out or 0. An employee who is no administrator binds for himself.',
    ),
    event_type: typeParam,
    auth_connector: optional(
      wire.text(LONGEST_KEY),
      'For `offline`: the name of a queue of its own. Changes by calls that name it in `auth_connector` do not come into it.',
    ),
    options: optional(wire.fields(), 'For `ONOFFLINEEVENT`: `minTimeout`, seconds between two calls; 1 when left out.'),
  },
  result: z.literal(true),
  errors: {
    eventNotFound: ['ERROR_EVENT_NOT_FOUND', 400, 'Event not found'],
    offlineOfAdministrators: [
      'ACCESS_DENIED',
      403,
      'Access denied! Offline events binding requires administrator access rights',
    ],
    authTypeOfAdministrators: [
      'ACCESS_DENIED',
      403,
      'Access denied! Event binding with AUTH_TYPE requires administrator access rights',
    ],
    handlerEmpty: ['ERROR_ARGUMENT', 400, "Argument 'handler' is null or empty"],
    handlerInvalid: ['ERROR_ARGUMENT', 400, "The value of an argument 'handler' has an invalid type"],
    userNotFound: ['ERROR_ARGUMENT', 400, "The value of an argument 'auth_type' is the id of no active employee"],
    timeoutInvalid: ['ERROR_ARGUMENT', 400, "The value of 'minTimeout' must be a number of seconds up to a day"],
  },
  async write({ params, caller, portal, catalogue, now, fail }, tx) {
    const name = params.event.trim().toUpperCase()
    const event = catalogue.events().find((known) => known.name === name)
    const offline = params.event_type === 'offline'
    if (!event || (event.scope !== 'basic' && !caller.scopes.includes(event.scope))) return fail('eventNotFound')
    if (offline && event.offline === false) fail('eventNotFound', `${name} cannot be kept: bind an address to it`)
    if (offline && !caller.isAdmin) fail('offlineOfAdministrators')
    const named = params.auth_type ?? 0
    if (!caller.isAdmin && named !== 0 && named !== caller.userId) fail('authTypeOfAdministrators')
    const userId = caller.isAdmin ? named : caller.userId
    const address = offline ? '' : (params.handler ?? '').trim()
    if (!offline) {
      if (address === '') fail('handlerEmpty')
      const problem = addressProblem(address)
      if (problem !== undefined) fail('handlerInvalid', `The handler cannot be called: ${problem}`)
    }
    const user = userId === 0 || userId === caller.userId ? undefined : await findUser(tx, userId)
    if (userId !== 0 && userId !== caller.userId && (!user?.active || user.kind !== 'employee')) fail('userNotFound')
    const minTimeout = Object.entries(params.options ?? {}).find(([key]) => key.toLowerCase() === 'mintimeout')?.[1]
    const seconds = minTimeout === undefined ? undefined : wire.integer().safeParse(minTimeout).data
    if (minTimeout !== undefined && !(seconds !== undefined && seconds >= 0 && seconds <= LONGEST_TIMEOUT))
      fail('timeoutInvalid')
    await bindHandler(tx, portal.ids, now, {
      owner: ownerOf(caller),
      event: name,
      address,
      offline,
      userId: offline ? 0 : userId,
      authConnector: offline ? (params.auth_connector ?? '') : '',
      options: seconds === undefined ? {} : { minTimeout: seconds },
    })
    return true as const
  },
})

export const eventUnbind = method('event.unbind', {
  doc: 'Unbinds an address from an event; tells how many bindings that were.',
  scope: 'basic',
  auth: 'application',
  params: {
    event: eventParam,
    handler: optional(wire.text(LONGEST_ADDRESS), 'The address. Needed unless `offline`.'),
    auth_type: optional(
      userOrNobody,
      'Only bindings that act for this person; 0 or empty: for whoever caused the event.',
    ),
    event_type: typeParam,
  },
  result: z.strictObject({ count: z.int() }),
  errors: {
    offlineOfAdministrators: [
      'ACCESS_DENIED',
      403,
      'Access denied! Offline events unbinding requires administrator access rights',
    ],
    authTypeOfAdministrators: [
      'ACCESS_DENIED',
      403,
      'Access denied! Event unbinding with AUTH_TYPE requires administrator access rights',
    ],
    handlerEmpty: ['ERROR_ARGUMENT', 400, "Argument 'handler' is null or empty"],
  },
  async write({ params, caller, now, fail }, tx) {
    const offline = params.event_type === 'offline'
    if (offline && !caller.isAdmin) fail('offlineOfAdministrators')
    if (!offline && (params.handler ?? '').trim() === '') fail('handlerEmpty')
    const named = params.auth_type === '' ? 0 : params.auth_type
    if (!caller.isAdmin && named !== undefined && named !== 0 && named !== caller.userId)
      fail('authTypeOfAdministrators')
    const count = await unbindHandlers(tx, now, {
      owner: ownerOf(caller),
      event: params.event.trim().toUpperCase(),
      offline,
      address: offline ? undefined : params.handler?.trim(),
      userId: offline ? undefined : caller.isAdmin ? named : caller.userId,
    })
    return { count }
  },
})

export const eventGet = method('event.get', {
  doc: 'The bindings of the application; somebody who is no administrator sees those that act for him.',
  scope: 'basic',
  auth: 'application',
  params: {},
  result: z.array(
    z.strictObject({
      event: z.string(),
      handler: z.string(),
      auth_type: z.string(),
      offline: z.union([z.literal(0), z.literal(1)]),
    }),
  ),
  async read({ caller }, read) {
    const handlers = await handlersOf(read, ownerOf(caller))
    return handlers
      .filter(({ userId }) => caller.isAdmin || userId === caller.userId)
      .map(({ event, address, userId, offline }) => ({
        event,
        handler: address,
        auth_type: String(userId),
        offline: offline ? (1 as const) : (0 as const),
      }))
  },
})

export const events = method('events', {
  doc: 'The names of the events that the caller’s scopes let him bind to.',
  scope: 'basic',
  auth: 'application',
  params: {
    SCOPE: optional(wire.text(100), 'Only the events of this scope.'),
    FULL: optional(wire.flag(), 'All events, whatever the scopes.'),
  },
  result: z.array(z.string()),
  async read({ params, caller, catalogue }) {
    const inScope = params.SCOPE === '' ? 'basic' : params.SCOPE?.toLowerCase()
    return catalogue
      .events()
      .filter(({ scope }) =>
        inScope === undefined
          ? params.FULL === true || scope === 'basic' || caller.scopes.includes(scope)
          : scope === inScope,
      )
      .map(({ name }) => name)
  },
})
