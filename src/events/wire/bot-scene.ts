import { chatType } from '../../domain/chats/chat-type.ts'
import { colorOf, nameOfColor } from '../../domain/chats/colors.ts'
import { memberIds } from '../../domain/chats/group-chats.ts'
import { entityDataOf } from '../../domain/openlines/entity-data.ts'
import { fullName } from '../../domain/people/names.ts'
import { loadSettings } from '../../domain/portals/settings.ts'
import type { JsonObject } from '../../kernel/json.ts'
import type { Reader } from '../../storage/store.ts'

/** The chat in which something happened, as bots are told of it. On the wire every value is a string. */

function loadChat(read: Reader, id: number) {
  return read.db
    .selectFrom('chat')
    .select(['id', 'kind', 'isOpen', 'title', 'ownerId', 'color', 'code', 'entityType', 'entityId'])
    .where('id', '=', id)
    .executeTakeFirst()
}

function loadBots(read: Reader, chatId: number) {
  return read.db
    .selectFrom('chatMember')
    .innerJoin('bot', 'bot.userId', 'chatMember.userId')
    .select(['bot.userId', 'bot.code', 'bot.owner', 'bot.type', 'bot.openLines', 'bot.handlers'])
    .select('chatMember.hiddenUpToId')
    .where('chatMember.chatId', '=', chatId)
    .orderBy('bot.userId')
    .execute()
}

function loadPerson(read: Reader, id: number) {
  return read.db
    .selectFrom('user')
    .select(['id', 'kind', 'name', 'lastName', 'email', 'workPosition', 'gender'])
    .where('id', '=', id)
    .executeTakeFirst()
}

export interface Scene {
  readonly chat: NonNullable<Awaited<ReturnType<typeof loadChat>>>
  readonly bots: Awaited<ReturnType<typeof loadBots>>
  readonly members: readonly number[]
  /** Who wrote, or brought the bot in; nobody for the system. */
  readonly person: Awaited<ReturnType<typeof loadPerson>>
  readonly language: string
}

export type BotInChat = Scene['bots'][number]

/** The chat with its bots and the person who did it; nothing where the chat is gone. */
export async function loadScene(read: Reader, chatId: number, personId: number): Promise<Scene | undefined> {
  const chat = await loadChat(read, chatId)
  if (!chat) return undefined
  return {
    chat,
    bots: await loadBots(read, chatId),
    members: await memberIds(read, chatId),
    person: personId === 0 ? undefined : await loadPerson(read, personId),
    language: (await loadSettings(read)).language,
  }
}

/** Cheaply, whether any bot could hear what is said in a chat: most chats have none. */
export async function hasBots(read: Reader, chatId: number): Promise<boolean> {
  const found = await read.db
    .selectFrom('chatMember')
    .innerJoin('bot', 'bot.userId', 'chatMember.userId')
    .select('bot.userId')
    .where('chatMember.chatId', '=', chatId)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** The dialog as the bot names it: two people by the other one's id, a chat as `chat12`. */
export function dialogOf({ chat }: Scene, otherId: number): string {
  return chat.kind === 'private' ? String(otherId) : `chat${chat.id}`
}

/** What the chat stands for: an open channel by its user code, a group by what an integration tied it to. */
export function entityOf({ chat }: Scene): { CHAT_ENTITY_TYPE: string; CHAT_ENTITY_ID: string } {
  return chat.kind === 'lines'
    ? { CHAT_ENTITY_TYPE: 'LINES', CHAT_ENTITY_ID: chat.code ?? '' }
    : { CHAT_ENTITY_TYPE: chat.entityType, CHAT_ENTITY_ID: chat.entityId }
}

/** The three fields with what is known of an open channel chat; empty in other chats. */
export async function entityData(read: Reader, { chat }: Scene) {
  const data = chat.kind === 'lines' ? (await entityDataOf(read, [chat.id])).get(chat.id) : undefined
  return {
    CHAT_ENTITY_DATA_1: data?.data1 ?? '',
    CHAT_ENTITY_DATA_2: data?.data2 ?? '',
    CHAT_ENTITY_DATA_3: data?.data3 ?? '',
  }
}

/** The fields of a chat that is not one of two people. */
export async function chatFields(read: Reader, scene: Scene, messageId: number, authorId: number): Promise<JsonObject> {
  const { chat } = scene
  const before = await read.db
    .selectFrom('message')
    .select((eb) => eb.fn.max('id').as('id'))
    .where('chatId', '=', chat.id)
    .where('id', '<', messageId)
    .executeTakeFirst()
  const member = await read.db
    .selectFrom('chatMember')
    .select('isManager')
    .where('chatId', '=', chat.id)
    .where('userId', '=', authorId)
    .executeTakeFirst()
  return {
    CHAT_ID: String(chat.id),
    CHAT_TITLE: chat.title,
    CHAT_AUTHOR_ID: String(chat.ownerId),
    CHAT_TYPE: chatType(chat),
    CHAT_AVATAR: '0',
    CHAT_COLOR: nameOfColor(colorOf(chat.id, chat.color)),
    ...entityOf(scene),
    ...(await entityData(read, scene)),
    CHAT_EXTRANET: 'N',
    CHAT_PREV_MESSAGE_ID: String(before?.id ?? 0),
    CHAT_CAN_POST: 'MEMBER',
    RID: String(authorId),
    IS_MANAGER: member?.isManager ? 'Y' : 'N',
  }
}

/** A person by his names; an empty object for the system. */
export function personNames({ person }: Scene): JsonObject {
  if (!person) return {}
  return {
    ID: String(person.id),
    NAME: fullName(person),
    FIRST_NAME: person.name,
    LAST_NAME: person.lastName,
    GENDER: person.gender === 'F' ? 'F' : 'M',
  }
}

export function personWithPosition(scene: Scene): JsonObject {
  return scene.person ? { ...personNames(scene), WORK_POSITION: scene.person.workPosition } : {}
}

/** A person with what kind of one he is. */
export function personWithKind(scene: Scene): JsonObject {
  const { person } = scene
  if (!person) return {}
  const isCustomer = person.kind === 'customer'
  return {
    ...personWithPosition(scene),
    IS_BOT: person.kind === 'bot' ? 'Y' : 'N',
    IS_CONNECTOR: isCustomer ? 'Y' : 'N',
    IS_NETWORK: 'N',
    // Whoever writes from outside sees nothing of the portal, as an extranet user.
    IS_EXTRANET: isCustomer ? 'Y' : 'N',
  }
}
