import { z } from 'zod'
import { type UnreadChat, unreadChatsOf } from '../../domain/chats/reading.ts'
import { method } from '../method.ts'

const count = z.int().nonnegative()
/** By id of a chat or a person; PHP's empty array where there is nothing. */
const counts = z.union([z.record(z.string().regex(/^\d+$/), z.int().positive()), z.array(z.never()).length(0)])

function byId(chats: readonly UnreadChat[], key: 'chatId' | 'otherId'): z.output<typeof counts> {
  const entries = chats.map((chat) => [chat[key] ?? 0, chat.count] as const)
  return entries.length === 0 ? [] : Object.fromEntries(entries)
}

function sum(chats: readonly UnreadChat[]): number {
  return chats.reduce((total, chat) => total + chat.count, 0)
}

export const countersGet = method('im.counters.get', {
  doc: 'Counts the caller’s unread messages. Muted chats are told apart and counted in no total.',
  scope: 'im',
  params: {},
  result: z.strictObject({
    TYPE: z.strictObject({ ALL: count, NOTIFY: count, CHAT: count, LINES: count, DIALOG: count, MESSENGER: count }),
    CHAT: counts,
    CHAT_MUTED: counts,
    CHAT_UNREAD: z.array(z.never()),
    LINES: counts,
    DIALOG: counts,
    DIALOG_UNREAD: z.array(z.never()),
  }),
  read: async ({ caller }, read) => {
    const unread = await unreadChatsOf(read, caller.userId)
    const heard = unread.filter((chat) => !chat.muted)
    const of = (kind: UnreadChat['kind']): UnreadChat[] => heard.filter((chat) => chat.kind === kind)
    const [chats, lines, dialogs] = [of('chat'), of('lines'), of('private')]
    const all = sum(heard)
    return {
      TYPE: { ALL: all, NOTIFY: 0, CHAT: sum(chats), LINES: sum(lines), DIALOG: sum(dialogs), MESSENGER: all },
      CHAT: byId(chats, 'chatId'),
      CHAT_MUTED: byId(
        unread.filter((chat) => chat.muted),
        'chatId',
      ),
      CHAT_UNREAD: [],
      LINES: byId(lines, 'chatId'),
      DIALOG: byId(dialogs, 'otherId'),
      DIALOG_UNREAD: [],
    }
  },
})
