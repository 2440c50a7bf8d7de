import type { Reader } from '../../storage/store.ts'
import type { Line, QueueMember } from './lines.ts'
import { queueMembers } from './lines.ts'

/** To whom a new conversation goes. */
export interface Offer {
  /** Who is responsible at once; 0 while whoever answers first takes it, or while nobody is there. */
  readonly operatorId: number
  /** All who see it. */
  readonly memberIds: readonly number[]
}

const NOBODY: Offer = { operatorId: 0, memberIds: [] }

/**
 * Chooses operators for a new conversation of a line. Whoever is responsible for the customer's CRM entity
 * comes first where the line forwards to him; else the queue decides: `all` offers to everybody, `strictly` to
 * the first, `evenly` to the one with the fewest open conversations, among equals to the one whose last one
 * is the longest ago.
 */
export async function chooseOperators(read: Reader, line: Line, responsibleId?: number): Promise<Offer> {
  if (responsibleId !== undefined && line.settings.crmForward && (await isActiveEmployee(read, responsibleId))) {
    return { operatorId: responsibleId, memberIds: [responsibleId] }
  }
  const members = await queueMembers(read, [line.id])
  if (members.length === 0) return NOBODY
  if (line.settings.queueType === 'all') return { operatorId: 0, memberIds: members.map((member) => member.userId) }
  const operatorId = line.settings.queueType === 'strictly' ? members[0]!.userId : await leastBusy(read, members)
  return { operatorId, memberIds: [operatorId] }
}

async function isActiveEmployee(read: Reader, userId: number): Promise<boolean> {
  const user = await read.db
    .selectFrom('user')
    .select('id')
    .where('id', '=', userId)
    .where('kind', '=', 'employee')
    .where('active', '=', true)
    .executeTakeFirst()
  return user !== undefined
}

async function leastBusy(read: Reader, members: readonly QueueMember[]): Promise<number> {
  const ids = members.map((member) => member.userId)
  const loads = await read.db
    .selectFrom('user')
    .select((eb) => [
      'user.id',
      eb
        .selectFrom('session')
        .select((count) => count.fn.countAll<number>().as('open'))
        .whereRef('session.operatorId', '=', 'user.id')
        .where('session.state', 'in', ['new', 'waiting', 'answered'])
        .as('open'),
      eb
        .selectFrom('session')
        .select((last) => last.fn.max('session.id').as('last'))
        .whereRef('session.operatorId', '=', 'user.id')
        .as('last'),
    ])
    .where('user.id', 'in', ids)
    .execute()
  const [first] = loads.toSorted(
    (a, b) => (a.open ?? 0) - (b.open ?? 0) || (a.last ?? 0) - (b.last ?? 0) || ids.indexOf(a.id) - ids.indexOf(b.id),
  )
  return first!.id
}
