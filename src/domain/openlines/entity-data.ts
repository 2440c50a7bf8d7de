import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Reader } from '../../storage/store.ts'

/** An open channel chat's session and CRM entities as integrations read them: three strings with fields between bars. */
export interface EntityData {
  /** `Y|LEAD|1209|N|N|343|1773682918|0|0|0`: tied or not, the main entity, paused, waits, session, its start in seconds, three unused. */
  readonly data1: string
  /** `LEAD|1209|COMPANY|0|CONTACT|0|DEAL|0`. */
  readonly data2: string
  /** `Y` while operators talk among themselves, `N` else; empty before the first session. */
  readonly data3: string
}

/** Which of several tied entities is the main one. */
const MAIN: readonly CrmEntityType[] = ['deal', 'lead', 'contact', 'company']
/** In which order `data2` names them. */
const SHOWN: readonly CrmEntityType[] = ['lead', 'company', 'contact', 'deal']

interface LastSession {
  readonly id: number
  readonly silent: boolean
  readonly createdAt: number
}

function format(session: LastSession | undefined, ties: ReadonlyMap<string, number>): EntityData {
  const main = MAIN.find((type) => ties.has(type))
  const entity = main === undefined ? 'N|NONE|0' : `Y|${main.toUpperCase()}|${ties.get(main)}`
  const seconds = session ? Math.floor(session.createdAt / 1000) : 0
  return {
    data1: `${entity}|N|N|${session?.id ?? 0}|${seconds}|0|0|0`,
    data2: SHOWN.map((type) => `${type.toUpperCase()}|${ties.get(type) ?? 0}`).join('|'),
    data3: session ? (session.silent ? 'Y' : 'N') : '',
  }
}

/** The entity data of open channel chats, by chat; the newest session and the newest tie of each kind count. */
export async function entityDataOf(read: Reader, chatIds: readonly number[]): Promise<Map<number, EntityData>> {
  if (chatIds.length === 0) return new Map()
  const sessions = await read.db
    .selectFrom('session')
    .select(['id', 'chatId', 'silent', 'createdAt'])
    .where('id', 'in', (query) =>
      query
        .selectFrom('session')
        .select((eb) => eb.fn.max('id').as('id'))
        .where('chatId', 'in', chatIds)
        .groupBy('chatId'),
    )
    .execute()
  const ties = await read.db
    .selectFrom('chatCrm')
    .select(['chatId', 'entityType', 'entityId'])
    .where('chatId', 'in', chatIds)
    .where('removedAt', 'is', null)
    .orderBy('id')
    .execute()
  const sessionOf = new Map(sessions.map((session) => [session.chatId, session]))
  const tiesOf = new Map<number, Map<string, number>>(chatIds.map((id) => [id, new Map()]))
  for (const tie of ties) tiesOf.get(tie.chatId)?.set(tie.entityType, tie.entityId)
  return new Map(chatIds.map((id) => [id, format(sessionOf.get(id), tiesOf.get(id) ?? new Map())]))
}
