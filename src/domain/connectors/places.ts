import { prepared } from '../../storage/prepared.ts'
import type { Reader, Tx } from '../../storage/store.ts'

const placeOf = prepared<{ connectorId: string; lineId: number }>()((db, p) =>
  db.selectFrom('connectorLine').selectAll().where('connectorId', '=', p.connectorId).where('lineId', '=', p.lineId),
)

/** A connector's place on a line, if it has one. */
export function connectorOnLine(read: Reader, connectorId: string, lineId: number) {
  return read.first(placeOf, { connectorId, lineId })
}

/** Where somebody reaches the line over the connector, as the connector says. Empty means that it does not say. */
export interface ChannelData {
  readonly id: string
  readonly url: string
  readonly urlIm: string
  readonly name: string
}

/** What `connector.activated` and `connector.deactivated` tell. */
export interface PlaceChanged {
  readonly connectorId: string
  readonly lineId: number
}

export interface Place {
  readonly active?: boolean
  readonly configured?: boolean
  readonly data?: ChannelData
}

/** Changes a connector's place on a line, or gives it one. */
export async function setPlace(tx: Tx, connectorId: string, lineId: number, place: Place, now: number): Promise<void> {
  const present = await connectorOnLine(tx, connectorId, lineId)
  const { data, ...flags } = place
  const change = { ...flags, ...(data && { data: { ...data } }), updatedAt: now }
  if (present) {
    await tx.db
      .updateTable('connectorLine')
      .set(change)
      .where('connectorId', '=', connectorId)
      .where('lineId', '=', lineId)
      .execute()
  } else
    await tx.db
      .insertInto('connectorLine')
      .values({ connectorId, lineId, data: {}, ...change })
      .execute()
}

/** Switches a connector on or off on a line, after everything about who may was decided. Tells only of a change. */
export async function switchConnector(
  tx: Tx,
  connectorId: string,
  lineId: number,
  active: boolean,
  now: number,
): Promise<void> {
  const wasActive = (await connectorOnLine(tx, connectorId, lineId))?.active ?? false
  await setPlace(tx, connectorId, lineId, { active, configured: active }, now)
  if (active === wasActive) return
  const type = active ? 'connector.activated' : 'connector.deactivated'
  await tx.emit({ type, subject: `line:${lineId}`, payload: { connectorId, lineId } satisfies PlaceChanged })
}

/** Takes all connectors off a line that goes. Answers which they were. */
export async function clearLine(tx: Tx, lineId: number): Promise<string[]> {
  const places = await tx.db
    .selectFrom('connectorLine')
    .select('connectorId')
    .where('lineId', '=', lineId)
    .orderBy('connectorId')
    .execute()
  await tx.db.deleteFrom('connectorLine').where('lineId', '=', lineId).execute()
  return places.map((place) => place.connectorId)
}

/** Takes a connector that goes off all lines. */
export async function clearConnector(tx: Tx, connectorId: string): Promise<void> {
  await tx.db.deleteFrom('connectorLine').where('connectorId', '=', connectorId).execute()
}
