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

type MessageForEdit = NonNullable<Awaited<ReturnType<typeof find>>>

function find(read: Reader, messageId: number, userId: number) {
  return read.first(messageForEdit, { messageId, userId })
}

/** A notice of the system belongs to whoever had it written. */
function isAuthor({ authorId, callerId }: MessageForEdit, userId: number): boolean {
  return authorId === userId || (authorId === 0 && callerId === userId)
}

/** The message, if this participant may change it: his own and recent ones. Refuses with `cantEdit`. */
export async function editableMessage(
  read: Reader,
  messageId: number,
  userId: number,
  now: number,
): Promise<MessageForEdit> {
  const message = await find(read, messageId, userId)
  if (!message || message.isDeleted || !isAuthor(message, userId) || now - message.createdAt > EDITABLE_FOR) {
    throw new Refusal('cantEdit')
  }
  return message
}

/** The message, if this participant may delete it: his own recent ones; in a group chat its managers any. Refuses with `cantEdit`. */
export async function deletableMessage(
  read: Reader,
  messageId: number,
  userId: number,
  now: number,
): Promise<MessageForEdit> {
  const message = await find(read, messageId, userId)
  if (!message || message.isDeleted) throw new Refusal('cantEdit')
  if (message.kind === 'chat' && (message.isManager || message.ownerId === userId)) return message
  if (!isAuthor(message, userId) || now - message.createdAt > EDITABLE_FOR) throw new Refusal('cantEdit')
  return message
}
