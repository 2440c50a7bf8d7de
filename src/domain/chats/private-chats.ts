import { prepared } from '../../storage/prepared.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'
import { createChat } from './chats.ts'
import { addMember } from './members.ts'

const personById = prepared<{ id: number }>()((db, p) =>
  db.selectFrom('user').select(['kind', 'active']).where('id', '=', p.id),
)

const privateByCode = prepared<{ code: string }>()((db, p) =>
  db.selectFrom('chat').select('id').where('kind', '=', 'private').where('code', '=', p.code),
)

/** The name that a pair has, whoever asks. */
function codeOf(userId: number, otherId: number): string {
  return `${Math.min(userId, otherId)}:${Math.max(userId, otherId)}`
}

/** The chat of two people, if they ever wrote to each other. */
export async function findPrivateChat(read: Reader, userId: number, otherId: number): Promise<number | undefined> {
  return (await read.first(privateByCode, { code: codeOf(userId, otherId) }))?.id
}

/** Whether somebody can be written to in private at all; customers are talked to in open channel chats only. */
export async function isReachable(read: Reader, userId: number): Promise<'yes' | 'left' | 'unknown'> {
  const person = await read.first(personById, { id: userId })
  if (!person || person.kind === 'customer') return 'unknown'
  return person.active ? 'yes' : 'left'
}

/**
 * The chat of two people; made when they had none. With oneself it is a chat for notes. Refuses with
 * `userNotFound`, and with `accessDenied` when the other one has left.
 */
export async function ensurePrivateChat(tx: Tx, userId: number, otherId: number, now: number): Promise<number> {
  const reachable = await isReachable(tx, otherId)
  if (reachable === 'unknown') throw new Refusal('userNotFound')
  if (reachable === 'left') throw new Refusal('accessDenied')
  const code = codeOf(userId, otherId)
  const found = await tx.first(privateByCode, { code })
  if (found) return found.id
  const chatId = await createChat(tx, { kind: 'private', title: '', code, now })
  for (const member of new Set([userId, otherId])) {
    await addMember(tx, { chatId, userId: member, invitedBy: userId, now })
  }
  return chatId
}
