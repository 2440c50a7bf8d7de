import { type Connector, findConnector } from '../../domain/connectors/connectors.ts'
import { type UserCode, parseUserCode } from '../../domain/openlines/conversations.ts'
import { prepared } from '../../storage/prepared.ts'
import type { Reader } from '../../storage/store.ts'

/** An open channel chat as the events about it need it. */
export interface LinesChat {
  readonly chatId: number
  /** Tells the line also after that is gone. */
  readonly code: UserCode
  readonly connector: Connector
}

const chatById = prepared<{ id: number }>()((db, p) =>
  db.selectFrom('chat').select('code').where('id', '=', p.id).where('kind', '=', 'lines'),
)

/** The chat, if it is one of an open channel; nothing once its connector is gone, since then nobody hears of it. */
export async function linesChat(read: Reader, chatId: number): Promise<LinesChat | undefined> {
  const code = parseUserCode((await read.first(chatById, { id: chatId }))?.code ?? '')
  const connector = code && (await findConnector(read, code.connectorId))
  return connector && { chatId, code, connector }
}

/** Who hears of a connector's conversations: its owner alone; of those of a built-in one, everybody. */
export function hearers({ owner }: Connector): { owners?: readonly string[] } {
  return owner === '' ? {} : { owners: [owner] }
}

/** An id of the outside messenger: a number where it reads the same as one, so that JSON has the documented type. */
export function outsideId(id: string): number | string {
  return /^(?:0|[1-9]\d{0,14})$/.test(id) ? Number(id) : id
}
