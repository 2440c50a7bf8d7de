import type { Reader, Tx } from '../../storage/store.ts'
import { fullName } from '../people/names.ts'
import { Refusal } from '../refusal.ts'
import { createChat, setChatOwner } from './chats.ts'
import { type Participation, participation } from './dialogs.ts'
import { addMember, removeMember } from './members.ts'
import { addMessage } from './messages.ts'

export interface NewGroupChat {
  readonly ownerId: number
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** Hex; empty for the one that the id gives. */
  readonly color?: string | undefined
  readonly isOpen?: boolean
  readonly entityType?: string | undefined
  readonly entityId?: string | undefined
  readonly userIds: readonly number[]
  /** The first message, by the owner. */
  readonly message?: string | undefined
  readonly now: number
}

interface Colleague {
  readonly id: number
  readonly name: string
}

/** Which of these people can be in a group chat: active employees and bots. In the order given. */
async function colleagues(read: Reader, userIds: readonly number[]): Promise<Colleague[]> {
  if (userIds.length === 0) return []
  const rows = await read.db
    .selectFrom('user')
    .select(['id', 'name', 'lastName', 'email'])
    .where('id', 'in', [...new Set(userIds)])
    .where('active', '=', true)
    .where('kind', '!=', 'customer')
    .execute()
  const found = new Map(rows.map((row) => [row.id, { id: row.id, name: fullName(row) }]))
  return [...new Set(userIds)].flatMap((id) => found.get(id) ?? [])
}

function titleOf(people: readonly Colleague[]): string {
  return people
    .map((person) => person.name)
    .join(', ')
    .slice(0, 255)
    .toWellFormed()
}

/** Makes a group chat; its maker owns it. People who cannot be in one are passed over. Answers the id of the chat. */
export async function createGroupChat(tx: Tx, chat: NewGroupChat): Promise<number> {
  const { ownerId, now, title = '' } = chat
  const people = await colleagues(tx, [ownerId, ...chat.userIds])
  const chatId = await createChat(tx, {
    kind: 'chat',
    ownerId,
    title: title === '' ? titleOf(people) : title,
    description: chat.description ?? '',
    color: chat.color ?? '',
    isOpen: chat.isOpen ?? false,
    entityType: chat.entityType ?? '',
    entityId: chat.entityId ?? '',
    now,
  })
  for (const { id } of people) {
    await addMember(tx, { chatId, userId: id, invitedBy: ownerId, isManager: id === ownerId, now })
  }
  if (chat.message) await addMessage(tx, { chatId, authorId: ownerId, callerId: ownerId, text: chat.message, now })
  return chatId
}

/** A group chat as a participant of it stands in it. Refuses with `accessDenied`. */
async function groupChat(read: Reader, chatId: number, userId: number): Promise<Participation> {
  const chat = await participation(read, chatId, userId)
  if (chat?.kind !== 'chat') throw new Refusal('accessDenied')
  return chat
}

async function notice(
  tx: Tx,
  chatId: number,
  callerId: number,
  code: string,
  text: string,
  now: number,
): Promise<void> {
  await addMessage(tx, {
    chatId,
    authorId: 0,
    callerId,
    text,
    isSystem: true,
    params: { CODE: [code], NOTIFY: 'N' },
    now,
  })
}

function mention({ id, name }: Colleague): string {
  return `[USER=${id} REPLACE]${name}[/USER]`
}

export interface Invitation {
  readonly chatId: number
  /** The participant who invites. */
  readonly byId: number
  readonly userIds: readonly number[]
  readonly hideHistory: boolean
  readonly now: number
}

/** Lets people into a group chat. Refuses with `accessDenied`. Answers how many came in. */
export async function inviteToChat(tx: Tx, { chatId, byId, userIds, hideHistory, now }: Invitation): Promise<number> {
  await groupChat(tx, chatId, byId)
  const [by] = await colleagues(tx, [byId])
  const added: Colleague[] = []
  for (const person of await colleagues(tx, userIds)) {
    const member = { chatId, userId: person.id, invitedBy: byId, hideHistory, now }
    if (await addMember(tx, member)) added.push(person)
  }
  if (added.length > 0 && by) {
    const text = `${mention(by)} invited ${added.map(mention).join(', ')} to the chat`
    await notice(tx, chatId, byId, 'CHAT_JOIN', text, now)
  }
  return added.length
}

export interface Exclusion {
  readonly chatId: number
  /** The participant who wants it. */
  readonly byId: number
  readonly userId: number
  readonly now: number
}

/**
 * Takes somebody out of a group chat: himself, or another by its owner or a manager. An owner who leaves hands
 * the chat to its longest manager, else its longest participant. Refuses with `accessDenied`, `notMember`,
 * `kickDenied`.
 */
export async function excludeFromChat(tx: Tx, { chatId, byId, userId, now }: Exclusion): Promise<void> {
  const chat = await groupChat(tx, chatId, byId)
  if (userId !== byId) {
    if (!(await participation(tx, chatId, userId))) throw new Refusal('notMember')
    const mayKick = chat.ownerId === byId || (chat.isManager && userId !== chat.ownerId)
    if (!mayKick) throw new Refusal('kickDenied')
  }
  const [by, person] = [(await colleagues(tx, [byId]))[0], (await colleagues(tx, [userId]))[0]]
  await removeMember(tx, { chatId, userId, removedBy: byId })
  if (chat.ownerId === userId) await handOver(tx, chatId, now)
  if (!by) return
  const text =
    userId === byId
      ? `${mention(by)} left the chat`
      : `${mention(by)} removed ${person ? mention(person) : `[USER=${userId}][/USER]`} from the chat`
  await notice(tx, chatId, byId, 'CHAT_LEAVE', text, now)
}

async function handOver(tx: Tx, chatId: number, now: number): Promise<void> {
  const heir = await tx.db
    .selectFrom('chatMember')
    .innerJoin('user', 'user.id', 'chatMember.userId')
    .select('chatMember.userId')
    .where('chatMember.chatId', '=', chatId)
    .where('user.kind', '=', 'employee')
    .where('user.active', '=', true)
    .orderBy('chatMember.isManager', 'desc')
    .orderBy('chatMember.joinedAt')
    .orderBy('chatMember.userId')
    .limit(1)
    .executeTakeFirst()
  await setChatOwner(tx, chatId, heir?.userId ?? 0, now)
}

/** Hands a group chat to another participant. Refuses with `accessDenied`, and with `notOwner`. */
export async function changeOwner(
  tx: Tx,
  { chatId, byId, userId, now }: { chatId: number; byId: number; userId: number; now: number },
): Promise<void> {
  const chat = await groupChat(tx, chatId, byId)
  if (chat.ownerId !== byId || !(await participation(tx, chatId, userId))) throw new Refusal('notOwner')
  await setChatOwner(tx, chatId, userId, now)
}

/** Makes a participant a manager of a group chat, or no longer one. Refuses with `notOwner`. */
export async function changeManager(
  tx: Tx,
  { chatId, byId, userId, isManager }: { chatId: number; byId: number; userId: number; isManager: boolean },
): Promise<void> {
  const chat = await participation(tx, chatId, byId)
  if (chat?.kind !== 'chat' || chat.ownerId !== byId || !(await participation(tx, chatId, userId))) {
    throw new Refusal('notOwner')
  }
  await tx.db
    .updateTable('chatMember')
    .set({ isManager: isManager || userId === chat.ownerId })
    .where('chatId', '=', chatId)
    .where('userId', '=', userId)
    .execute()
  await tx.emit({ type: 'chat.updated', subject: `chat:${chatId}`, payload: { chatId } })
}

export interface ChatLook {
  readonly title?: string
  /** Hex. */
  readonly color?: string
}

/** Changes how a group or open channel chat looks; any participant may. Refuses with `accessDenied`. Answers whether it changed. */
export async function changeLook(
  tx: Tx,
  { chatId, byId, look, now }: { chatId: number; byId: number; look: ChatLook; now: number },
): Promise<boolean> {
  const chat = await participation(tx, chatId, byId)
  if (!chat || chat.kind === 'private') throw new Refusal('accessDenied')
  const old = await tx.db
    .selectFrom('chat')
    .select(['title', 'color'])
    .where('id', '=', chatId)
    .executeTakeFirstOrThrow()
  const changed = (look.title ?? old.title) !== old.title || (look.color ?? old.color) !== old.color
  if (!changed) return false
  await tx.db
    .updateTable('chat')
    .set({ ...look, updatedAt: now })
    .where('id', '=', chatId)
    .execute()
  await tx.emit({ type: 'chat.updated', subject: `chat:${chatId}`, payload: { chatId } })
  return true
}

/** Mutes a chat for one participant, or no longer. Refuses with `accessDenied`. */
export async function muteChat(tx: Tx, chatId: number, userId: number, muted: boolean): Promise<void> {
  const { numUpdatedRows } = await tx.db
    .updateTable('chatMember')
    .set({ muted })
    .where('chatId', '=', chatId)
    .where('userId', '=', userId)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw new Refusal('accessDenied')
  await tx.emit({ type: 'chat.muted', subject: `chat:${chatId}`, payload: { chatId, userId, muted } })
}

/** Who takes part in a chat, by id. */
export async function memberIds(read: Reader, chatId: number): Promise<number[]> {
  const rows = await read.db
    .selectFrom('chatMember')
    .select('userId')
    .where('chatId', '=', chatId)
    .orderBy('userId')
    .execute()
  return rows.map((row) => row.userId)
}

/** The chat that stands for something outside: `LINES` and a user code, or what an integration tied it to. */
export async function findByEntity(read: Reader, entityType: string, entityId: string): Promise<number | undefined> {
  const query =
    entityType === 'LINES'
      ? read.db.selectFrom('chat').select('id').where('kind', '=', 'lines').where('code', '=', entityId)
      : read.db.selectFrom('chat').select('id').where('entityType', '=', entityType).where('entityId', '=', entityId)
  return (await query.orderBy('id').limit(1).executeTakeFirst())?.id
}
