import type { UserKind } from '../../storage/schema/people.ts'
import type { Reader } from '../../storage/store.ts'

export interface MemberQuery {
  readonly chatId: number
  readonly kinds: readonly UserKind[]
  readonly limit: number
  readonly offset: number
  /** Only people with an id above this one. */
  readonly afterId: number
}

/** A page of those who take part in a chat, by id, and how many there are in all. */
export async function dialogMembers(read: Reader, query: MemberQuery): Promise<{ ids: number[]; total: number }> {
  if (query.kinds.length === 0) return { ids: [], total: 0 }
  const members = read.db
    .selectFrom('chatMember')
    .innerJoin('user', 'user.id', 'chatMember.userId')
    .where('chatMember.chatId', '=', query.chatId)
    .where('user.kind', 'in', query.kinds)
    .where('user.id', '>', query.afterId)
  const { total } = await members.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const rows = await members.select('user.id').orderBy('user.id').limit(query.limit).offset(query.offset).execute()
  return { ids: rows.map((row) => row.id), total }
}
