import { z } from 'zod'
import { type RecentChat, lastSessions } from '../../domain/chats/recent.ts'
import type { SessionState } from '../../storage/schema/openlines.ts'
import type { Reader } from '../../storage/store.ts'
import { isoDate } from '../envelope.ts'
import { out } from '../wire.ts'
import { type WireChat, chatSchema, nameOf, showChats } from './chat-shape.ts'
import { messageUuid, textOf } from './message-shape.ts'
import { type WireUser, showUsers, userSchema } from './user-shape.ts'

/** An item of the list of recent dialogs. */

const muteList = z.union([z.record(z.string(), z.literal(true)), z.array(z.never()).length(0)])
const {
  description: _description,
  counter: _counter,
  message_count: _messageCount,
  unread_id: _unreadId,
  last_message_id: _lastMessageId,
  last_id: _lastId,
  marked_id: _markedId,
  disk_folder_id: _diskFolderId,
  is_new: _isNew,
  readed_list: _readedList,
  last_message_views: _views,
  dialog_id: _dialogId,
  ...shared
} = chatSchema.shape

const recentChatSchema = z.strictObject({
  ...shared,
  contains_collaber: z.literal(false),
  mute_list: muteList,
  role: z.enum(['OWNER', 'MANAGER', 'MEMBER', 'GUEST']),
})

const commonShape = {
  chat_id: z.int().positive(),
  avatar: z.strictObject({ url: z.string(), color: z.string() }),
  title: z.string(),
  message: z.strictObject({
    id: z.int().positive(),
    text: z.string(),
    file: z.boolean(),
    author_id: z.int().nonnegative(),
    attach: z.boolean(),
    sticker: z.null(),
    date: out.dateTime(),
    status: z.enum(['received', 'delivered']),
    uuid: z.uuid().nullable(),
  }),
  counter: z.int().nonnegative(),
  last_id: z.int().nonnegative(),
  pinned: z.boolean(),
  unread: z.literal(false),
  has_reminder: z.literal(false),
  date_update: out.dateTime(),
  date_last_activity: out.dateTime(),
  options: z.array(z.never()),
}

export const recentSchema = z.union([
  z.strictObject({
    ...commonShape,
    id: z.int().positive(),
    type: z.literal('user'),
    user: userSchema,
    chat: z.strictObject({ text_field_enabled: z.boolean(), background_id: z.null(), mute_list: muteList }),
  }),
  z.strictObject({
    ...commonShape,
    id: z.string().regex(/^chat\d+$/),
    type: z.literal('chat'),
    user: z.union([userSchema, z.strictObject({ id: z.literal(0) })]),
    chat: recentChatSchema,
    lines: z.strictObject({ id: z.int().positive(), status: z.int(), date_create: out.dateTime() }).optional(),
  }),
])

export type WireRecent = z.output<typeof recentSchema>

/** How answers number what a session has come to. */
const SESSION_STATUS = { new: 0, waiting: 0, answered: 40, closed: 60 } as const satisfies Record<SessionState, number>

function mutedBy(chat: WireChat): z.output<typeof muteList> {
  return chat.mute_list.length === 0 ? [] : Object.fromEntries(chat.mute_list.map((id) => [id, true as const]))
}

const ROLES = { owner: 'OWNER', manager: 'MANAGER', member: 'MEMBER', guest: 'GUEST' } as const

function showChatOf(chat: WireChat): z.output<typeof recentChatSchema> {
  const {
    description: _1,
    counter: _2,
    message_count: _3,
    unread_id: _4,
    last_message_id: _5,
    last_id: _6,
    marked_id: _7,
    disk_folder_id: _8,
    is_new: _9,
    readed_list: _10,
    last_message_views: _11,
    dialog_id: _12,
    ...kept
  } = chat
  return { ...kept, contains_collaber: false, mute_list: mutedBy(chat), role: ROLES[chat.role] }
}

export interface RecentViewer {
  readonly userId: number
  readonly timeZone: string
  readonly memberId: string
  /** What becomes of the text of a last message. */
  readonly text: (text: string) => string
}

function messageOf(row: RecentChat, viewer: RecentViewer, isRead: boolean): WireRecent['message'] {
  return {
    id: row.id,
    text: viewer.text(textOf(row)),
    file: false,
    author_id: row.authorId,
    attach: row.params['ATTACH'] !== undefined,
    sticker: null,
    date: isoDate(row.createdAt, viewer.timeZone),
    status: isRead ? 'delivered' : 'received',
    uuid: row.isSystem ? null : messageUuid(viewer.memberId, row.id),
  }
}

/** The items of recent chats, in a handful of queries however many they are. */
export async function showRecent(
  read: Reader,
  rows: readonly RecentChat[],
  viewer: RecentViewer,
): Promise<WireRecent[]> {
  const { userId, timeZone } = viewer
  const ids = rows.map((row) => row.chatId)
  const chats = new Map((await showChats(read, ids, userId, timeZone)).map((chat) => [chat.id, chat]))
  const people = rows.flatMap((row) => [row.authorId, row.kind === 'private' ? (row.otherId ?? userId) : 0])
  const users = await showUsers(read, people, timeZone)
  const lines = rows.flatMap((row) => (row.kind === 'lines' ? row.chatId : []))
  const sessions = new Map((await lastSessions(read, lines)).map((session) => [session.chatId, session]))
  return rows.flatMap((row): WireRecent[] => {
    const chat = chats.get(row.chatId)
    if (!chat) return []
    const date = isoDate(row.createdAt, timeZone)
    const common: Common = {
      chat_id: chat.id,
      message: messageOf(row, viewer, chat.last_message_views.first_viewers.length > 0),
      counter: chat.counter,
      last_id: chat.last_id,
      pinned: row.pinned,
      unread: false,
      has_reminder: false,
      date_update: date,
      date_last_activity: date,
      options: [],
    }
    if (row.kind !== 'private')
      return [groupItem(chat, users.get(row.authorId), sessions.get(chat.id), common, timeZone)]
    const other = users.get(row.otherId ?? userId)
    if (!other) return []
    return [
      {
        ...common,
        id: other.id,
        type: 'user',
        avatar: { url: other.avatar, color: other.color },
        title: other.name,
        user: other,
        chat: { text_field_enabled: chat.text_field_enabled, background_id: null, mute_list: mutedBy(chat) },
      },
    ]
  })
}

type Session = Awaited<ReturnType<typeof lastSessions>>[number]
type Common = Omit<WireRecent, 'id' | 'type' | 'avatar' | 'title' | 'user' | 'chat' | 'lines'>

function groupItem(
  chat: WireChat,
  author: WireUser | undefined,
  session: Session | undefined,
  common: Common,
  timeZone: string,
): WireRecent {
  return {
    ...common,
    id: `chat${chat.id}`,
    type: 'chat',
    avatar: { url: chat.avatar, color: chat.color },
    title: nameOf(chat),
    user: author ?? { id: 0 },
    chat: showChatOf(chat),
    ...(session
      ? {
          lines: {
            id: session.id,
            status: SESSION_STATUS[session.state],
            date_create: isoDate(session.createdAt, timeZone),
          },
        }
      : {}),
  }
}
