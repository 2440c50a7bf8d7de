import { z } from 'zod'
import { recentChats } from '../../domain/chats/recent.ts'
import type { ChatKind } from '../../storage/schema/chats.ts'
import { Page, method, optional } from '../method.ts'
import { wire } from '../wire.ts'
import { recentSchema, showRecent } from './recent-shape.ts'

/** The dialogs of the caller, by what was written last. */

const dateTime = z.preprocess(
  (value) => (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : value),
  z.int(),
)

const skipParams = {
  SKIP_OPENLINES: optional(wire.flag(), 'Whether open channel chats are left out.'),
  SKIP_CHAT: optional(wire.flag(), 'Whether group chats are left out.'),
  SKIP_DIALOG: optional(wire.flag(), 'Whether private chats are left out.'),
}

interface Skips {
  readonly SKIP_OPENLINES: boolean | undefined
  readonly SKIP_CHAT: boolean | undefined
  readonly SKIP_DIALOG: boolean | undefined
}

function kindsOf(params: Skips): ChatKind[] {
  const kinds: ChatKind[] = []
  if (!params.SKIP_OPENLINES) kinds.push('lines')
  if (!params.SKIP_CHAT) kinds.push('chat')
  if (!params.SKIP_DIALOG) kinds.push('private')
  return kinds
}

const WEEK = 7 * 24 * 3_600_000
/** A list without pages ends somewhere. */
const MOST_RECENT = 500

export const recentGet = method('im.recent.get', {
  doc: 'Lists the dialogs of the caller, those with the newest messages first.',
  scope: 'im',
  params: {
    ...skipParams,
    LAST_UPDATE: optional(dateTime, 'Only dialogs in which something was written since.'),
    ONLY_OPENLINES: optional(wire.flag(), 'Whether only open channel chats are listed.'),
    LAST_SYNC_DATE: optional(dateTime, 'Only what changed since; at most seven days back.'),
  },
  result: z.array(recentSchema),
  read: async ({ params, caller, settings, now }, read) => {
    const synced = params.LAST_SYNC_DATE === undefined ? undefined : Math.max(params.LAST_SYNC_DATE, now - WEEK)
    const rows = await recentChats(read, {
      userId: caller.userId,
      kinds: params.ONLY_OPENLINES ? ['lines'] : kindsOf(params),
      since: synced ?? params.LAST_UPDATE,
      limit: MOST_RECENT,
      offset: 0,
    })
    const { timeZone, memberId } = settings
    return showRecent(read, rows, { userId: caller.userId, timeZone, memberId, text: (text) => text })
  },
})

const DEFAULT_LIMIT = 50
const MOST_LIMIT = 200

/** A text without its BB codes. */
function plain(text: string): string {
  return text.replace(/\[\/?[a-z]+(?:=[^\]]*| [^\]]*)?\]/gi, '')
}

export const recentList = method('im.recent.list', {
  doc: 'Lists the dialogs of the caller in pages, those with the newest messages first.',
  scope: 'im',
  params: {
    ...skipParams,
    LAST_MESSAGE_DATE: optional(
      dateTime,
      'Only dialogs whose last message is older: the date of the last item of the page before.',
    ),
    UNREAD_ONLY: optional(wire.flag(), 'Whether only dialogs with unread messages are listed.'),
    PARSE_TEXT: optional(wire.flag(), 'Whether BB codes are taken out of the texts.'),
    GET_ORIGINAL_TEXT: optional(wire.flag(), 'Whether texts are answered as sent, whatever `PARSE_TEXT` says.'),
    SKIP_UNDISTRIBUTED_OPENLINES: optional(
      wire.flag(),
      'Whether open channel chats that nobody answers yet are left out.',
    ),
    ONLY_COPILOT: optional(wire.flag(), 'Whether only chats with an assistant are listed; there are none.'),
    ONLY_CHANNEL: optional(wire.flag(), 'Whether only channels are listed; there are none.'),
    CAN_MANAGE_MESSAGES: optional(
      wire.flag(),
      'Whether only chats are listed in which the caller may delete what others wrote.',
    ),
    OFFSET: optional(wire.integer(), 'How many to pass over.'),
    LIMIT: optional(wire.integer(), 'How many at most: 50 when left out, never more than 200.'),
  },
  result: z.strictObject({
    items: z.array(recentSchema),
    hasMorePages: z.boolean(),
    hasMore: z.boolean(),
    copilot: z.strictObject({
      chats: z.null(),
      messages: z.null(),
      roles: z.strictObject({}),
      recommendedRoles: z.array(z.never()),
    }),
    messagesAutoDeleteConfigs: z.array(z.never()),
  }),
  read: async ({ params, caller, settings }, read) => {
    const limit = Math.min(Math.max(params.LIMIT ?? DEFAULT_LIMIT, 1), MOST_LIMIT)
    const nothing = params.ONLY_COPILOT === true || params.ONLY_CHANNEL === true
    const rows = await recentChats(read, {
      userId: caller.userId,
      kinds: nothing ? [] : kindsOf(params),
      olderThan: params.LAST_MESSAGE_DATE,
      unreadOnly: params.UNREAD_ONLY ?? false,
      managedOnly: params.CAN_MANAGE_MESSAGES ?? false,
      withoutUnanswered: params.SKIP_UNDISTRIBUTED_OPENLINES ?? false,
      // One more than shown tells whether there is another page.
      limit: limit + 1,
      offset: Math.max(params.OFFSET ?? 0, 0),
    })
    const { timeZone, memberId } = settings
    const isPlain = params.PARSE_TEXT === true && params.GET_ORIGINAL_TEXT !== true
    const text = isPlain ? plain : (sent: string): string => sent
    const items = await showRecent(read, rows.slice(0, limit), { userId: caller.userId, timeZone, memberId, text })
    const hasMore = rows.length > limit
    return new Page(
      {
        items,
        hasMorePages: hasMore,
        hasMore,
        copilot: { chats: null, messages: null, roles: {}, recommendedRoles: [] },
        messagesAutoDeleteConfigs: [],
      },
      -1,
    )
  },
})
