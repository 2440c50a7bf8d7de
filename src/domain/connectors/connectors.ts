import type { Selectable } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { ConnectorTable } from '../../storage/schema/openlines.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { type Caller, ownerOf } from '../caller.ts'
import { Refusal } from '../refusal.ts'
import { loadLine } from '../openlines/lines.ts'
import { type ChannelData, clearConnector, setPlace, switchConnector } from './places.ts'

export interface Icon {
  readonly dataImage: string
  readonly color?: string
  readonly size?: string
  readonly position?: string
}

/** What a connector can do, as it said when it was registered. */
export interface ConnectorOptions {
  readonly delExternalMessages: boolean
  readonly editInternalMessages: boolean
  readonly delInternalMessages: boolean
  readonly newsletter: boolean
  readonly needSystemMessages: boolean
  readonly needSignature: boolean
  /** Everybody of one outside chat writes into one chat here; else each person has a chat of his own. */
  readonly chatGroup: boolean
  readonly iconDisabled?: Icon
}

export const DEFAULT_OPTIONS: ConnectorOptions = {
  delExternalMessages: true,
  editInternalMessages: true,
  delInternalMessages: true,
  newsletter: true,
  needSystemMessages: true,
  needSignature: true,
  chatGroup: false,
}

export interface Connector {
  readonly id: string
  readonly name: string
  /** The application or webhook that registered it; empty for the built-in ones. */
  readonly owner: string
  readonly options: ConnectorOptions
}

/** Connectors that every portal has. */
const BUILT_IN: readonly Connector[] = [{ id: 'livechat', name: 'Live Chat', owner: '', options: DEFAULT_OPTIONS }]

const connectorById = prepared<{ id: string }>()((db, p) =>
  db.selectFrom('connector').selectAll().where('id', '=', p.id),
)

function toConnector(row: Selectable<ConnectorTable>): Connector {
  return { id: row.id, name: row.name, owner: row.owner, options: { ...DEFAULT_OPTIONS, ...row.options } }
}

/** A connector, whoever asks. */
export async function findConnector(read: Reader, id: string): Promise<Connector | undefined> {
  const builtIn = BUILT_IN.find((connector) => connector.id === id)
  if (builtIn) return builtIn
  const row = await read.first(connectorById, { id })
  return row && toConnector(row)
}

/** All connectors of the portal: the built-in ones, then those registered, in order. */
export async function allConnectors(read: Reader): Promise<Connector[]> {
  const rows = await read.db.selectFrom('connector').selectAll().orderBy('createdAt').orderBy('id').execute()
  return [...BUILT_IN, ...rows.map(toConnector)]
}

/**
 * The connector, when the caller may speak for it: the application that registered it, for a built-in one an
 * administrator. Others cannot tell it from one that is not there.
 */
export async function ownConnector(read: Reader, caller: Caller, id: string): Promise<Connector | undefined> {
  const connector = await findConnector(read, id.toLowerCase())
  if (!connector) return undefined
  return connector.owner === ''
    ? caller.isAdmin
      ? connector
      : undefined
    : connector.owner === ownerOf(caller)
      ? connector
      : undefined
}

export interface Registration {
  readonly id: string
  readonly name: string
  readonly icon: Icon
  readonly placementHandler: string
  readonly options: ConnectorOptions
  readonly now: number
}

const ID = /^[a-z0-9_-]{1,50}$/

/**
 * Registers a connector, or changes the one that the caller registered by this id. Refuses with `idHasPoint`,
 * `idInvalid`, and with `idTaken` when it is somebody else's.
 */
export async function registerConnector(tx: Tx, caller: Caller, registration: Registration): Promise<string> {
  const { name, icon, placementHandler, options, now } = registration
  const id = registration.id.toLowerCase()
  if (id.includes('.')) throw new Refusal('idHasPoint')
  if (!ID.test(id)) throw new Refusal('idInvalid')
  const present = await findConnector(tx, id)
  const owner = ownerOf(caller)
  if (present && present.owner !== owner) throw new Refusal('idTaken')
  const values = { name, owner, icon: { ...icon }, placementHandler, options: { ...options } }
  if (present) await tx.db.updateTable('connector').set(values).where('id', '=', id).execute()
  else
    await tx.db
      .insertInto('connector')
      .values({ id, ...values, createdAt: now })
      .execute()
  await tx.emit({ type: 'connector.registered', subject: `connector:${id}`, payload: { connectorId: id, owner } })
  return id
}

/** Takes a connector of the caller away, and with it its places on lines; chats stay. Answers false when it has none by this id. */
export async function unregisterConnector(tx: Tx, caller: Caller, id: string): Promise<boolean> {
  const connector = await ownConnector(tx, caller, id)
  if (!connector || connector.owner === '') return false
  await takeAway(tx, connector.id)
  return true
}

/** Takes every connector of an owner that goes away. */
export async function unregisterConnectorsOf(tx: Tx, owner: string): Promise<void> {
  const connectors = await tx.db.selectFrom('connector').select('id').where('owner', '=', owner).orderBy('id').execute()
  for (const { id } of connectors) await takeAway(tx, id)
}

async function takeAway(tx: Tx, connectorId: string): Promise<void> {
  await clearConnector(tx, connectorId)
  await tx.db.deleteFrom('connector').where('id', '=', connectorId).execute()
  await tx.emit({ type: 'connector.unregistered', subject: `connector:${connectorId}`, payload: { connectorId } })
}

export interface OnLine {
  readonly connectorId: string
  readonly lineId: number
  readonly now: number
}

/** Switches a caller's connector on or off on a line. Answers false when there is no such line or connector of his. */
export async function activateConnector(
  tx: Tx,
  caller: Caller,
  { connectorId, lineId, now }: OnLine,
  active: boolean,
): Promise<boolean> {
  const connector = await ownConnector(tx, caller, connectorId)
  if (!connector || !(await loadLine(tx, lineId))) return false
  await switchConnector(tx, connector.id, lineId, active, now)
  return true
}

/** Sets what a caller's connector says about itself on a line, as a whole. Answers as {@link activateConnector}. */
export async function setChannelData(
  tx: Tx,
  caller: Caller,
  { connectorId, lineId, now }: OnLine,
  data: ChannelData,
): Promise<boolean> {
  const connector = await ownConnector(tx, caller, connectorId)
  if (!connector || !(await loadLine(tx, lineId))) return false
  await setPlace(tx, connector.id, lineId, { data }, now)
  return true
}
