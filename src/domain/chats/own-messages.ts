import { prepared } from '../../storage/prepared.ts'
import type { Reader } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'

/** How long a message can be changed or deleted. */
const EDITABLE_FOR = 3 * 24 * 60 * 60 * 1000

const messageForEdit = prepared<{ messageId: number; userId: number }>()((db, p) =>
  db
    .selectFrom('message')
    .innerJoin('chat', 'chat.id', 'message.chatId')
    .innerJoin('chatMember', 'chatMember.chatId', 'message.chatId')
    .select(['message.authorId', 'message.callerId', 'message.isDeleted', 'message.createdAt', 'message.params'])
    .select(['message.text', 'chat.kind', 'chat.ownerId', 'chatMember.isManager'])
    .where('message.id', '=', p.messageId)
    .where('chatMember.userId', '=', p.userId),
)

/** A message that is still there, to one who takes part in its chat. Refuses with `cantEdit`. */
async function find(read: Reader, messageId: number, userId: number) {
  const message = await read.first(messageForEdit, { messageId, userId })
  if (!message || message.isDeleted) throw new Refusal('cantEdit')
  return message
}

type Found = Awaited<ReturnType<typeof find>>

/** Whether it is his own and recent. A notice of the system belongs to whoever had it written. */
function isEditable({ authorId, callerId, createdAt }: Found, userId: number, now: number): boolean {
  const isAuthor = authorId === userId || (authorId === 0 && callerId === userId)
  return isAuthor && now - createdAt <= EDITABLE_FOR
}

/** The message, if this participant may change it: his own and recent ones. Refuses with `cantEdit`. */
export async function editableMessage(read: Reader, messageId: number, userId: number, now: number): Promise<Found> {
  const message = await find(read, messageId, userId)
  if (!isEditable(message, userId, now)) throw new Refusal('cantEdit')
  return message
}

/** The message, if this participant may delete it: his own recent ones; in a group chat its managers any. Refuses with `cantEdit`. */
export async function deletableMessage(read: Reader, messageId: number, userId: number, now: number): Promise<Found> {
  const message = await find(read, messageId, userId)
  const isModerator = message.kind === 'chat' && (message.isManager || message.ownerId === userId)
  if (!isModerator && !isEditable(message, userId, now)) throw new Refusal('cantEdit')
  return message
}
