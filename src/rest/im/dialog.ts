import { z } from 'zod'
import type { Participation } from '../../domain/chats/dialogs.ts'
import { openDialog } from '../../domain/chats/dialogs.ts'
import { messagesOf } from '../../domain/chats/history.ts'
import { dialogMembers } from '../../domain/chats/member-list.ts'
import { isReachable } from '../../domain/chats/private-chats.ts'
import { markAllRead, markRead, markUnread } from '../../domain/chats/reading.ts'
import { Refusal } from '../../domain/refusal.ts'
import type { Reader } from '../../storage/store.ts'
import { Page, method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { chatSchema, nameOf, showChat } from './chat-shape.ts'
import { parseDialogId } from './dialog-id.ts'
import { messageSchema, showMessage } from './message-shape.ts'
import { showUsers, userSchema } from './user-shape.ts'

/** Dialogs: what is in them, who has read what. */

const dialogId = required(wire.text(30), 'The other person’s id, or `chat` and the id of a chat.', {
  missing: 'dialogIdEmpty',
  invalid: 'dialogIdEmpty',
})

const dialogErrors = {
  dialogIdEmpty: ['DIALOG_ID_EMPTY', 400, "Dialog ID can't be empty"],
  dialogDenied: ['ACCESS_ERROR', 403, 'You do not have access to the specified dialog'],
} as const

async function opened(read: Reader, userId: number, id: string): Promise<Participation> {
  const dialog = parseDialogId(id)
  if (!dialog) throw new Refusal('dialogIdEmpty')
  return openDialog(read, userId, dialog)
}

/** As {@link opened}; none for somebody whom the caller could write to but never did. */
async function openedIfAny(read: Reader, userId: number, id: string): Promise<Participation | undefined> {
  const dialog = parseDialogId(id)
  try {
    return await opened(read, userId, id)
  } catch (error) {
    const fresh = dialog?.kind === 'user' && (await isReachable(read, dialog.userId)) === 'yes'
    if (fresh && error instanceof Refusal && error.reason === 'dialogDenied') return undefined
    throw error
  }
}

const DEFAULT_MESSAGES = 20
const MOST_MESSAGES = 50

export const dialogMessagesGet = method('im.dialog.messages.get', {
  doc: 'Lists messages of a dialog in which the caller takes part: the latest, or those before or after one.',
  scope: 'im',
  params: {
    DIALOG_ID: dialogId,
    LAST_ID: optional(wire.integer(), 'Only messages older than this one, newest first.', { invalid: 'lastIdString' }),
    FIRST_ID: optional(wire.integer(), 'Only messages newer than this one, oldest first.', {
      invalid: 'firstIdString',
    }),
    LIMIT: optional(wire.integer(), 'How many at most: 20 when left out, never more than 50.'),
  },
  result: z.strictObject({
    chat_id: z.int().nonnegative().meta({ description: '0 for a person to whom nothing was ever written.' }),
    messages: z.array(messageSchema),
    users: z.array(userSchema).meta({ description: 'Everybody who wrote or reacted in these messages.' }),
    files: z.array(z.never()),
  }),
  errors: {
    ...dialogErrors,
    firstIdString: ['FIRST_ID_STRING', 400, "First ID can't be string"],
    lastIdString: ['LAST_ID_STRING', 400, "Last ID can't be string"],
  },
  read: async ({ params, caller, settings }, read) => {
    const dialog = await openedIfAny(read, caller.userId, params.DIALOG_ID)
    if (!dialog) return { chat_id: 0, messages: [], users: [], files: [] }
    const { chatId, hiddenUpToId, lastReadId } = dialog
    const limit =
      params.LIMIT !== undefined && params.LIMIT > 0 ? Math.min(params.LIMIT, MOST_MESSAGES) : DEFAULT_MESSAGES
    const rows = await messagesOf(read, {
      chatId,
      hiddenUpToId,
      // Clients send `LAST_ID=0` for the first page.
      olderThan: params.LAST_ID === 0 ? undefined : params.LAST_ID,
      newerThan: params.FIRST_ID,
      limit,
    })
    const { timeZone, memberId } = settings
    const viewer = { userId: caller.userId, lastReadId, timeZone, memberId }
    const people = rows.flatMap(({ authorId, params: { LIKE: likes } }) => [
      authorId,
      ...(Array.isArray(likes) ? (likes as number[]) : []),
    ])
    const users = await showUsers(read, people, timeZone)
    return {
      chat_id: chatId,
      messages: rows.map((row) => showMessage(row, viewer)),
      users: [...users.values()],
      files: [],
    }
  },
})

export const dialogGet = method('im.dialog.get', {
  doc: 'Shows a chat in which the caller takes part.',
  scope: 'im',
  params: { DIALOG_ID: dialogId },
  result: chatSchema.extend({
    description: z.string(),
    restrictions: chatSchema.shape.restrictions.extend({ path: z.string(), path_title: z.string() }),
  }),
  errors: dialogErrors,
  read: async ({ params, caller, settings, fail }, read) => {
    const { chatId } = await opened(read, caller.userId, params.DIALOG_ID)
    const chat = (await showChat(read, chatId, caller.userId, settings.timeZone)) ?? fail('dialogDenied')
    return {
      ...chat,
      name: nameOf(chat),
      description: chat.description ?? '',
      restrictions: { ...chat.restrictions, path: '', path_title: '' },
      dialog_id: params.DIALOG_ID,
    }
  },
})

export const dialogRead = method('im.dialog.read', {
  doc: 'Marks a dialog as read, up to a message or whole.',
  scope: 'im',
  params: {
    DIALOG_ID: dialogId,
    MESSAGE_ID: optional(wire.integer(), 'The last message that was read; all of them when left out.'),
  },
  result: z.union([
    z.strictObject({
      dialogId: z.string(),
      chatId: z.int().positive(),
      lastId: z.int().nonnegative(),
      counter: z.int().nonnegative().meta({ description: 'How many messages remain unread.' }),
    }),
    z.literal(false).meta({ description: 'The caller does not take part in the chat.' }),
  ]),
  errors: { dialogIdEmpty: dialogErrors.dialogIdEmpty },
  write: async ({ params, caller, now }, tx) => {
    try {
      const dialog = await opened(tx, caller.userId, params.DIALOG_ID)
      const upTo = params.MESSAGE_ID !== undefined && params.MESSAGE_ID > 0 ? params.MESSAGE_ID : undefined
      const { lastReadId, unread } = await markRead(tx, dialog, caller.userId, upTo, now)
      return { dialogId: params.DIALOG_ID, chatId: dialog.chatId, lastId: lastReadId, counter: unread }
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'dialogDenied') return false
      throw error
    }
  },
})

export const dialogUnread = method('im.dialog.unread', {
  doc: 'Marks a message and all after it as unread.',
  scope: 'im',
  params: {
    DIALOG_ID: dialogId,
    MESSAGE_ID: required(wire.id(), 'The first message to be unread.', {
      missing: 'messageIdEmpty',
      invalid: 'messageIdEmpty',
    }),
  },
  result: z.boolean().meta({ description: 'False where the caller takes no part, or the dialog has no such message.' }),
  errors: {
    dialogIdEmpty: dialogErrors.dialogIdEmpty,
    messageIdEmpty: ['MESSAGE_ID_ERROR', 400, "First unread message id can't be empty"],
  },
  write: async ({ params, caller }, tx) => {
    try {
      const dialog = await opened(tx, caller.userId, params.DIALOG_ID)
      return await markUnread(tx, dialog, caller.userId, params.MESSAGE_ID)
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'dialogDenied') return false
      throw error
    }
  },
})

export const dialogReadAll = method('im.dialog.read.all', {
  doc: 'Marks every dialog of the caller as read.',
  scope: 'im',
  params: {},
  result: z.literal(true),
  write: async ({ caller, now }, tx) => {
    await markAllRead(tx, caller.userId, now)
    return true as const
  },
})

export const dialogWriting = method('im.dialog.writing', {
  doc: 'Tells the others in a dialog that the caller is writing.',
  scope: 'im',
  params: { DIALOG_ID: dialogId },
  result: z.literal(true),
  errors: {
    dialogIdEmpty: dialogErrors.dialogIdEmpty,
    dialogDenied: ['ACCESS_ERROR', 400, 'Action unavailable'],
  },
  write: async ({ params, caller }, tx) => {
    const { chatId } = await opened(tx, caller.userId, params.DIALOG_ID)
    await tx.emit({ type: 'chat.writing', subject: `chat:${chatId}`, payload: { chatId, userId: caller.userId } })
    return true as const
  },
})

const DEFAULT_USERS = 50
const MOST_USERS = 200

export const dialogUsersList = method('im.dialog.users.list', {
  doc: 'Lists the people who take part in a dialog of the caller.',
  scope: 'im',
  params: {
    DIALOG_ID: dialogId,
    SKIP_EXTERNAL: optional(wire.flag(), 'Whether bots and customers are left out.'),
    SKIP_EXTERNAL_EXCEPT_TYPES: optional(
      wire.text(200),
      'Which of them stay nevertheless, by commas: `bot`, `imconnector`.',
    ),
    LIMIT: optional(wire.integer(), 'How many at most: 50 when left out, never more than 200.'),
    LAST_ID: optional(wire.integer(), 'Only people with an id above this one.'),
    OFFSET: optional(wire.integer(), 'How many to pass over.'),
  },
  result: z.array(userSchema),
  errors: { ...dialogErrors, dialogDenied: ['ACCESS_ERROR', 400, 'You do not have access to the specified dialog'] },
  read: async ({ params, caller, settings }, read) => {
    const { chatId } = await opened(read, caller.userId, params.DIALOG_ID)
    const kept = (params.SKIP_EXTERNAL_EXCEPT_TYPES ?? '').split(',').map((type) => type.trim())
    const skipped = params.SKIP_EXTERNAL ?? false
    const kinds = (['employee', 'bot', 'customer'] as const).filter(
      (kind) => kind === 'employee' || !skipped || kept.includes(kind === 'bot' ? 'bot' : 'imconnector'),
    )
    const limit = Math.min(Math.max(params.LIMIT ?? DEFAULT_USERS, 1), MOST_USERS)
    const offset = Math.max(params.OFFSET ?? 0, 0)
    const { ids, total } = await dialogMembers(read, { chatId, kinds, limit, offset, afterId: params.LAST_ID ?? 0 })
    const users = await showUsers(read, ids, settings.timeZone)
    return new Page(
      [...users.values()],
      total,
      offset + ids.length < total && ids.length === limit ? offset + limit : undefined,
    )
  },
})
