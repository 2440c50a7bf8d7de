import { z } from 'zod'
import { activateConnector, ownConnector, setChannelData } from '../../domain/connectors/connectors.ts'
import { connectorOnLine } from '../../domain/connectors/places.ts'
import { method, optional, required } from '../method.ts'
import { isCleanText, wire } from '../wire.ts'
import { appOnly, appOnlyWithStop } from './errors.ts'

/** A connector on a line. */

const connector = required(wire.text(255), 'The id with which the connector was registered.', { invalidIsEmpty: true })
const line = required(wire.integer(), 'The id of the open channel.')
const done = z
  .boolean()
  .meta({ description: 'False when there is no such line, or no such connector of the application.' })

/** Any value that is not empty switches on; `0`, `N` and nothing switch off. */
const switchValue = z.preprocess(
  (value) => (typeof value === 'string' || typeof value === 'number' ? String(value).trim().toUpperCase() : value),
  z.union([z.boolean(), z.string().max(255).refine(isCleanText)]),
)
const OFF = new Set<unknown>([false, '', '0', 'N', 'FALSE'])

export const activate = method('imconnector.activate', {
  doc: 'Switches a connector of the calling application on or off on a line.',
  scope: 'imopenlines',
  auth: 'application',
  params: {
    CONNECTOR: connector,
    LINE: line,
    ACTIVE: required(switchValue, 'Anything that is not empty switches on; `0` and `N` switch off.', {
      invalidIsEmpty: true,
    }),
  },
  result: done,
  errors: appOnly,
  write: ({ params, caller, now }, tx) =>
    activateConnector(tx, caller, { connectorId: params.CONNECTOR, lineId: params.LINE, now }, !OFF.has(params.ACTIVE)),
})

export const status = method('imconnector.status', {
  doc: 'Tells whether a connector works on a line.',
  scope: 'imopenlines',
  auth: 'application',
  params: {
    CONNECTOR: connector,
    LINE: optional(wire.integer(), 'The id of the open channel; without it nothing is active.'),
  },
  result: z.strictObject({
    LINE: z.int(),
    CONNECTOR: z.string(),
    ERROR: z.boolean(),
    CONFIGURED: z.boolean(),
    STATUS: z.boolean(),
  }),
  errors: appOnlyWithStop,
  read: async ({ params, caller }, read) => {
    const lineId = params.LINE ?? 0
    const own = await ownConnector(read, caller, params.CONNECTOR)
    const place = own && (await connectorOnLine(read, own.id, lineId))
    const error = place?.hasError ?? false
    const configured = place?.configured ?? false
    return {
      LINE: lineId,
      CONNECTOR: params.CONNECTOR,
      ERROR: error,
      CONFIGURED: configured,
      STATUS: configured && !error && (place?.active ?? false),
    }
  },
})

const text = (max: number) =>
  wire
    .text(max)
    .nullish()
    .transform((value) => value ?? '')

export const connectorDataSet = method('imconnector.connector.data.set', {
  doc: 'Sets what a connector of the calling application tells about its channel on a line, as a whole.',
  scope: 'imopenlines',
  auth: 'application',
  params: {
    CONNECTOR: connector,
    LINE: line,
    DATA: required(
      wire.object({ ID: text(255), URL: text(2000), URL_IM: text(2000), NAME: text(255) }),
      'The channel outside: `ID`, `URL`, `URL_IM` for operators, `NAME`.',
      { invalidIsEmpty: true },
    ),
  },
  result: done,
  errors: appOnly,
  write: ({ params, caller, now }, tx) => {
    const { ID: id, URL: url, URL_IM: urlIm, NAME: name } = params.DATA
    return setChannelData(
      tx,
      caller,
      { connectorId: params.CONNECTOR, lineId: params.LINE, now },
      { id, url, urlIm, name },
    )
  },
})
