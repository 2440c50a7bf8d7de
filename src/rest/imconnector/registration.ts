import { z } from 'zod'
import {
  type ConnectorOptions,
  DEFAULT_OPTIONS,
  type Icon,
  allConnectors,
  registerConnector,
  unregisterConnector,
} from '../../domain/connectors/connectors.ts'
import { Refusal } from '../../domain/refusal.ts'
import { type JsonValue, isJsonObject } from '../../kernel/json.ts'
import { method, optional } from '../method.ts'
import { isCleanText, wire } from '../wire.ts'
import { appOnly, appOnlyWithStop } from './errors.ts'

/** Registering connectors. What is wrong is told inside HTTP 200: `{ result: false, error, error_description }`. */

const outcome = z.union([
  z.strictObject({ result: z.literal(true) }),
  z.strictObject({ result: z.literal(false), error: z.string(), error_description: z.string() }),
])

type Told = readonly [code: string, text: string]

const TOLD = {
  idHasPoint: [
    'APPLICATION_REGISTRATION_ERROR_POINT',
    'Application registration error. Using a dot in the connector identifier is not allowed',
  ],
  idEmpty: ['CONNECTOR_ID_REQUIRED', 'Connector ID is not specified'],
  nameEmpty: ['NAME_REQUIRED', 'Connector name is not specified'],
  iconEmpty: ['ICON_REQUIRED', 'Connector icon is not specified'],
  handlerEmpty: ['NO_PLACEMENT_HANDLER', 'Failed to get embedding handler URL'],
  idTaken: ['APPLICATION_REGISTRATION_ERROR', 'Application registration error'],
  idInvalid: ['GENERAL_CONNECTOR_REGISTRATION_ERROR', 'General connector registration error'],
  notRegistered: ['APPLICATION_UNREGISTRATION_ERROR', 'Error unregistering the application'],
} as const satisfies Record<string, Told>

function told([error, error_description]: Told): z.input<typeof outcome> {
  return { result: false, error, error_description }
}

/** A text that is there; the page tells an empty one and one of another type alike. */
function textIn(value: unknown, max: number): string | undefined {
  return typeof value === 'string' && value.trim() !== '' && value.length <= max && isCleanText(value)
    ? value
    : undefined
}

const LONGEST_ICON = 200_000

function iconIn(value: JsonValue | undefined = null): Icon | undefined {
  if (!isJsonObject(value)) return undefined
  const dataImage = textIn(value['DATA_IMAGE'], LONGEST_ICON)
  if (dataImage === undefined) return undefined
  const [color, size, position] = ['COLOR', 'SIZE', 'POSITION'].map((name) => textIn(value[name], 100))
  return {
    dataImage,
    ...(color !== undefined && { color }),
    ...(size !== undefined && { size }),
    ...(position !== undefined && { position }),
  }
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

const flag = (doc: string) => optional(wire.flag(), doc)

export const register = method('imconnector.register', {
  doc: 'Registers a connector of the calling application, or changes the one it registered by the same id.',
  scope: 'imopenlines',
  auth: 'application',
  params: {
    ID: optional(wire.json(), 'The id of the connector: letters, digits and underscores. Needed.'),
    NAME: optional(wire.json(), 'Its name. Needed.'),
    ICON: optional(
      wire.json(),
      'Its icon: `DATA_IMAGE` (an SVG as a data URI, needed), `COLOR`, `SIZE`, `POSITION`. Needed.',
    ),
    PLACEMENT_HANDLER: optional(wire.json(), 'The address of the page of its settings. Needed.'),
    ICON_DISABLED: optional(wire.json(), 'Its icon while it is off, in the same form.'),
    DEL_EXTERNAL_MESSAGES: flag('Whether incoming messages may be deleted; yes when left out.'),
    EDIT_INTERNAL_MESSAGES: flag('Whether operators may change their messages; yes when left out.'),
    DEL_INTERNAL_MESSAGES: flag('Whether operators may delete their messages; yes when left out.'),
    NEWSLETTER: flag('Whether CRM newsletters may go over it; yes when left out.'),
    NEED_SYSTEM_MESSAGES: flag('Whether system messages go to the customer; yes when left out.'),
    NEED_SIGNATURE: flag('Whether messages bear the operator’s name; yes when left out.'),
    CHAT_GROUP: flag('Whether everybody of an outside chat shares one chat here; no when left out.'),
  },
  result: outcome,
  errors: appOnly,
  write: async ({ params, caller, now }, tx) => {
    const id = textIn(params.ID, 255)
    if (id === undefined) return told(TOLD.idEmpty)
    if (id.includes('.')) return told(TOLD.idHasPoint)
    const name = textIn(params.NAME, 255)
    if (name === undefined) return told(TOLD.nameEmpty)
    const icon = iconIn(params.ICON)
    if (!icon) return told(TOLD.iconEmpty)
    const placementHandler = textIn(params.PLACEMENT_HANDLER, 2000)
    if (placementHandler === undefined) return told(TOLD.handlerEmpty)
    if (!isAddress(placementHandler)) return told(TOLD.idInvalid)
    const iconDisabled = iconIn(params.ICON_DISABLED)
    const options: ConnectorOptions = {
      delExternalMessages: params.DEL_EXTERNAL_MESSAGES ?? DEFAULT_OPTIONS.delExternalMessages,
      editInternalMessages: params.EDIT_INTERNAL_MESSAGES ?? DEFAULT_OPTIONS.editInternalMessages,
      delInternalMessages: params.DEL_INTERNAL_MESSAGES ?? DEFAULT_OPTIONS.delInternalMessages,
      newsletter: params.NEWSLETTER ?? DEFAULT_OPTIONS.newsletter,
      needSystemMessages: params.NEED_SYSTEM_MESSAGES ?? DEFAULT_OPTIONS.needSystemMessages,
      needSignature: params.NEED_SIGNATURE ?? DEFAULT_OPTIONS.needSignature,
      chatGroup: params.CHAT_GROUP ?? DEFAULT_OPTIONS.chatGroup,
      ...(iconDisabled && { iconDisabled }),
    }
    try {
      await registerConnector(tx, caller, { id, name, icon, placementHandler, options, now })
      return { result: true as const }
    } catch (error) {
      if (error instanceof Refusal && error.reason in TOLD) return told(TOLD[error.reason as keyof typeof TOLD])
      throw error
    }
  },
})

export const unregister = method('imconnector.unregister', {
  doc: 'Takes a connector of the calling application away. Its chats stay.',
  scope: 'imopenlines',
  auth: 'application',
  params: { ID: optional(wire.json(), 'The id of the connector. Needed.') },
  result: outcome,
  errors: {
    wrongAuthType: [
      'WRONG_AUTH_TYPE',
      403,
      'Current authorization type is denied for this method. Application context required.',
    ],
  },
  write: async ({ params, caller }, tx) => {
    const id = textIn(params.ID, 255)
    if (id === undefined || !(await unregisterConnector(tx, caller, id))) return told(TOLD.notRegistered)
    return { result: true as const }
  },
})

export const list = method('imconnector.list', {
  doc: 'Lists the connectors of the portal: their names by their ids. For administrators.',
  scope: 'imopenlines',
  auth: 'application',
  params: {},
  result: z.record(z.string(), z.string()),
  errors: {
    ...appOnlyWithStop,
    accessDenied: ['ACCESS_DENIED', 400, "You don't have access to this action"],
    linesMissing: ['ACCESS_DENIED', 400, 'The ImOpenLines module is not installed'],
  },
  read: async ({ caller, fail }, read) => {
    if (!caller.isAdmin) fail('accessDenied')
    return Object.fromEntries((await allConnectors(read)).map((connector) => [connector.id, connector.name]))
  },
})
