import { z } from 'zod'
import { type ChatFacts, chatFacts } from '../../domain/chats/chat-facts.ts'
import { chatType } from '../../domain/chats/chat-type.ts'
import { colorOf } from '../../domain/chats/colors.ts'
import { type EntityData, entityDataOf } from '../../domain/openlines/entity-data.ts'
import type { Reader } from '../../storage/store.ts'
import { isoDate } from '../envelope.ts'
import { out } from '../wire.ts'
import { colorSchema } from './color-schema.ts'

/** A chat on the wire: as `imopenlines.dialog.get` and `im.dialog.get` show it, and as `session.history.get` does. */

const viewer = z.strictObject({ user_id: z.int(), user_name: z.string(), date: out.dateTime().nullable() })

export const chatSchema = z.strictObject({
  id: z.int().positive(),
  parent_chat_id: z.int(),
  parent_message_id: z.int(),
  name: z.string(),
  description: z.string().nullable(),
  owner: z.int(),
  extranet: z.boolean(),
  avatar: z.string(),
  color: colorSchema,
  type: z
    .string()
    .meta({ description: '`lines`, `chat`, `open`, `private`, or what the chat is tied to, such as `crm`.' }),
  counter: z.int(),
  user_counter: z.int(),
  message_count: z.int(),
  unread_id: z.int(),
  restrictions: z.strictObject({
    avatar: z.boolean(),
    rename: z.boolean(),
    extend: z.boolean(),
    call: z.boolean(),
    mute: z.boolean(),
    leave: z.boolean(),
    leave_owner: z.boolean(),
    send: z.boolean(),
    user_list: z.boolean(),
  }),
  last_message_id: z.int(),
  last_id: z.int(),
  marked_id: z.int(),
  disk_folder_id: z.int(),
  entity_type: z.string(),
  entity_id: z.string(),
  entity_data_1: z.string(),
  entity_data_2: z.string(),
  entity_data_3: z.string(),
  mute_list: z.array(z.int()),
  date_create: out.dateTime(),
  message_type: z.enum(['L', 'C', 'O', 'P']),
  public: z.string(),
  role: z.enum(['owner', 'manager', 'member', 'guest']),
  entity_link: z.strictObject({ type: z.string(), url: z.string(), id: z.string() }),
  text_field_enabled: z.boolean(),
  background_id: z.null(),
  permissions: z.strictObject({
    manage_users_add: z.string(),
    manage_users_delete: z.string(),
    manage_ui: z.string(),
    manage_settings: z.string(),
    manage_messages: z.string(),
    can_post: z.string(),
  }),
  is_new: z.boolean(),
  readed_list: z.array(
    z.strictObject({ user_id: z.int(), user_name: z.string(), message_id: z.int(), date: out.dateTime().nullable() }),
  ),
  manager_list: z.array(z.int()),
  last_message_views: z.strictObject({
    message_id: z.int(),
    first_viewers: z.array(viewer),
    count_of_viewers: z.int(),
  }),
  dialog_id: z.string(),
})

export type WireChat = z.output<typeof chatSchema>

/** What a chat is called; a private one by the other person in it. */
export function nameOf(chat: Pick<WireChat, 'name' | 'type' | 'readed_list'>): string {
  return chat.type === 'private' ? (chat.readed_list[0]?.user_name ?? chat.name) : chat.name
}

/** What a chat stands for, as its type and its link name it: an open channel, or what an integration tied it to. */
function entityOf(chat: ChatFacts['chat']): Pick<WireChat, 'type' | 'entity_type' | 'entity_id' | 'entity_link'> {
  if (chat.kind === 'lines') {
    const id = chat.code ?? ''
    return { type: 'lines', entity_type: 'LINES', entity_id: id, entity_link: { type: 'LINES', url: '', id } }
  }
  const { entityType, entityId } = chat
  const named = { entity_type: entityType, entity_id: entityId }
  const crm = entityType === 'CRM' ? /^(LEAD|DEAL|CONTACT|COMPANY)\|(\d+)$/.exec(entityId) : null
  if (crm) {
    const [, kind = '', id] = crm
    const url = `/crm/${kind.toLowerCase()}/details/${id}/`
    return { type: 'crm', ...named, entity_link: { type: kind, url, id: entityId } }
  }
  const untied = chat.isOpen ? 'open' : chat.kind
  const type = entityType.toLowerCase().replace(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase()) || untied
  return { type, ...named, entity_link: { type: entityType, url: '', id: entityId } }
}

const ALL_ALLOWED = {
  avatar: true,
  rename: true,
  extend: true,
  call: true,
  mute: true,
  leave: true,
  leave_owner: true,
  send: true,
  user_list: true,
} as const
const PERMISSIONS = {
  manage_users_add: 'member',
  manage_users_delete: 'manager',
  manage_ui: 'member',
  manage_settings: 'owner',
  manage_messages: 'member',
  can_post: 'member',
} as const
const NO_DATA: EntityData = { data1: '', data2: '', data3: '' }

function roleOf({ chat, viewer: self }: ChatFacts): WireChat['role'] {
  if (!self) return 'guest'
  if (chat.ownerId === self.userId) return 'owner'
  return self.isManager ? 'manager' : 'member'
}

function lastMessageViews(
  { chat, members, lastAuthorId }: ChatFacts,
  timeZone: string,
): WireChat['last_message_views'] {
  const lastId = chat.lastMessageId ?? 0
  const readers = members
    .filter((member) => lastId > 0 && member.lastReadId >= lastId && member.userId !== lastAuthorId)
    .toSorted((a, b) => (a.lastReadAt ?? 0) - (b.lastReadAt ?? 0))
  const [first, ...others] = readers
  const date = first?.lastReadAt ?? null
  return {
    message_id: lastId,
    first_viewers: first
      ? [{ user_id: first.userId, user_name: first.name, date: date === null ? null : isoDate(date, timeZone) }]
      : [],
    count_of_viewers: others.length,
  }
}

function showFacts(facts: ChatFacts, viewerId: number, data: EntityData, timeZone: string): WireChat {
  const { chat, members, viewer: self } = facts
  return {
    id: chat.id,
    parent_chat_id: 0,
    parent_message_id: 0,
    name: chat.title,
    description: chat.description || null,
    owner: chat.ownerId,
    extranet: false,
    avatar: chat.avatarUrl,
    color: colorOf(chat.id, chat.color),
    ...entityOf(chat),
    counter: facts.unreadCount,
    user_counter: members.length,
    message_count: chat.messageCount,
    unread_id: facts.firstUnreadId,
    restrictions: ALL_ALLOWED,
    last_message_id: chat.lastMessageId ?? 0,
    last_id: self?.lastReadId ?? 0,
    marked_id: 0,
    disk_folder_id: 0,
    entity_data_1: data.data1,
    entity_data_2: data.data2,
    entity_data_3: data.data3,
    mute_list: members.filter((member) => member.muted).map((member) => member.userId),
    date_create: isoDate(chat.createdAt, timeZone),
    message_type: chatType(chat),
    public: '',
    role: roleOf(facts),
    text_field_enabled: true,
    background_id: null,
    permissions: PERMISSIONS,
    is_new: false,
    readed_list: members
      .filter((member) => member.userId !== viewerId)
      .map((member) => ({
        user_id: member.userId,
        user_name: member.name,
        message_id: member.lastReadId,
        date: member.lastReadAt === null ? null : isoDate(member.lastReadAt, timeZone),
      })),
    manager_list: members.filter((member) => member.isManager).map((member) => member.userId),
    last_message_views: lastMessageViews(facts, timeZone),
    dialog_id: `chat${chat.id}`,
  }
}

/** Chats as the viewer sees them, in the order of their ids; whether he may is decided before. Unknown ids are left out. */
export async function showChats(
  read: Reader,
  chatIds: readonly number[],
  viewerId: number,
  timeZone: string,
): Promise<WireChat[]> {
  const all = await chatFacts(read, chatIds, viewerId)
  const data = await entityDataOf(
    read,
    all.flatMap(({ chat }) => (chat.kind === 'lines' ? chat.id : [])),
  )
  return all.map((facts) => showFacts(facts, viewerId, data.get(facts.chat.id) ?? NO_DATA, timeZone))
}

/** One chat as the viewer sees it. */
export async function showChat(
  read: Reader,
  chatId: number,
  viewerId: number,
  timeZone: string,
): Promise<WireChat | undefined> {
  return (await showChats(read, [chatId], viewerId, timeZone))[0]
}

/** The chat of `session.history.get`: camelCase, ids as strings, what is muted by member. */
export const historyChatSchema = z.strictObject({
  id: out.idText(),
  parentChatId: z.int(),
  parentMessageId: z.int(),
  name: z.string(),
  owner: out.idText(),
  color: z.string(),
  extranet: z.boolean(),
  avatar: z.string(),
  call: z.string(),
  callNumber: z.string(),
  entityType: z.string(),
  entityId: z.string(),
  entityData1: z.string(),
  entityData2: z.string(),
  entityData3: z.string(),
  messageCount: z.int(),
  public: z.string(),
  muteList: z.record(z.string(), z.boolean()),
  managerList: z.array(z.int()),
  dateCreate: out.dateTime(),
  type: chatSchema.shape.type,
  entityLink: chatSchema.shape.entity_link,
  permissions: z.strictObject({
    manageUsersAdd: z.string(),
    manageUsersDelete: z.string(),
    manageUi: z.string(),
    manageSettings: z.string(),
    manageMessages: z.string(),
    canPost: z.string(),
  }),
  textFieldEnabled: z.boolean(),
  backgroundId: z.null(),
  messageType: chatSchema.shape.message_type,
  isNew: z.boolean(),
})

/** The camelCase form of a chat already shown; `memberIds` are all who take part. */
export function historyChat(chat: WireChat, memberIds: readonly number[]): z.output<typeof historyChatSchema> {
  return {
    id: String(chat.id),
    parentChatId: chat.parent_chat_id,
    parentMessageId: chat.parent_message_id,
    name: chat.name,
    owner: String(chat.owner),
    color: chat.color,
    extranet: chat.extranet,
    avatar: chat.avatar,
    call: '0',
    callNumber: '',
    entityType: chat.entity_type,
    entityId: chat.entity_id,
    entityData1: chat.entity_data_1,
    entityData2: chat.entity_data_2,
    entityData3: chat.entity_data_3,
    messageCount: chat.message_count,
    public: chat.public,
    muteList: Object.fromEntries(memberIds.map((id) => [id, chat.mute_list.includes(id)])),
    managerList: chat.manager_list,
    dateCreate: chat.date_create,
    type: chat.type,
    entityLink: chat.entity_link,
    permissions: {
      manageUsersAdd: chat.permissions.manage_users_add,
      manageUsersDelete: chat.permissions.manage_users_delete,
      manageUi: chat.permissions.manage_ui,
      manageSettings: chat.permissions.manage_settings,
      manageMessages: chat.permissions.manage_messages,
      canPost: chat.permissions.can_post,
    },
    textFieldEnabled: chat.text_field_enabled,
    backgroundId: chat.background_id,
    messageType: chat.message_type,
    isNew: chat.is_new,
  }
}
