import { z } from 'zod'
import {
  changeLook,
  changeOwner,
  createGroupChat,
  excludeFromChat,
  findByEntity,
  inviteToChat,
  memberIds,
  muteChat,
} from '../../domain/chats/group-chats.ts'
import { participation } from '../../domain/chats/dialogs.ts'
import { LONGEST_MESSAGE } from '../../domain/chats/messages.ts'
import { method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { colorByName } from './colors.ts'
import { parseDialogId } from './dialog-id.ts'

/** Group chats: what they are, who is in them. */

export const chatIdErrors = {
  chatIdEmpty: ['CHAT_ID_EMPTY', 400, "Chat ID can't be empty"],
  accessDenied: ['ACCESS_ERROR', 400, 'Action unavailable'],
} as const

export const chatIdParam = required(wire.id(), 'The id of the chat.', {
  missing: 'chatIdEmpty',
  invalid: 'chatIdEmpty',
})
export const MOST_MEMBERS = 1_000
const userId = required(wire.id(), 'The id of the user.', { missing: 'userIdEmpty', invalid: 'userIdEmpty' })
const userIdEmpty = ['USER_ID_EMPTY', 400, "User ID can't be empty"] as const
const done = z.literal(true)

/** The chat may be named as a dialog as well. */
const chatOrDialog = {
  CHAT_ID: optional(wire.id(), 'The id of the chat.', { invalid: 'chatIdEmpty' }),
  DIALOG_ID: optional(wire.text(30), 'The same as `chat` and the id.', { invalid: 'dialogIdEmpty' }),
}
const dialogIdEmpty = ['DIALOG_ID_EMPTY', 400, "Dialog ID can't be empty"] as const

function chatIdOf(
  params: { CHAT_ID: number | undefined; DIALOG_ID: string | undefined },
  fail: (reason: 'chatIdEmpty' | 'dialogIdEmpty') => never,
): number {
  if (params.CHAT_ID !== undefined) return params.CHAT_ID
  if (params.DIALOG_ID === undefined) return fail('chatIdEmpty')
  const dialog = parseDialogId(params.DIALOG_ID)
  return dialog?.kind === 'chat' ? dialog.chatId : fail('dialogIdEmpty')
}

export const newChatParams = {
  TYPE: optional(
    wire.oneOf('CHAT', 'OPEN'),
    '`OPEN` for a chat that every employee may find, `CHAT` for a closed one.',
  ),
  TITLE: optional(wire.text(255), 'The title; the names of the participants when left out.'),
  DESCRIPTION: optional(wire.text(2_000), 'What the chat is about.'),
  COLOR: optional(wire.text(20), 'A colour by its name, `MINT`; an unknown one is passed over.'),
  MESSAGE: optional(wire.text(LONGEST_MESSAGE), 'The first message.'),
  ENTITY_TYPE: optional(wire.text(100), 'What the chat is tied to outside: its kind.'),
  ENTITY_ID: optional(wire.text(255), 'What the chat is tied to outside: its id.'),
}

export const chatAdd = method('im.chat.add', {
  doc: 'Makes a group chat owned by the caller.',
  scope: 'im',
  params: {
    ...newChatParams,
    USERS: optional(wire.list(wire.id(), MOST_MEMBERS), 'Ids of the participants.'),
  },
  result: z.int().positive().meta({ description: 'The id of the chat.' }),
  write: ({ params, caller, now }, tx) =>
    createGroupChat(tx, {
      ownerId: caller.userId,
      title: params.TITLE,
      description: params.DESCRIPTION,
      color: colorByName(params.COLOR ?? ''),
      isOpen: params.TYPE === 'OPEN',
      entityType: params.ENTITY_TYPE,
      entityId: params.ENTITY_ID,
      userIds: params.USERS ?? [],
      message: params.MESSAGE,
      now,
    }),
})

export const chatGet = method('im.chat.get', {
  doc: 'Finds a chat by what it stands for outside.',
  scope: 'im',
  params: {
    ENTITY_TYPE: optional(wire.text(100), '`LINES` for open channel chats, or what `im.chat.add` was told.'),
    ENTITY_ID: optional(
      wire.text(500),
      'For `LINES` the user code: connector, line, outside chat and customer, with `|` between.',
    ),
  },
  result: z
    .strictObject({ ID: z.int().positive() })
    .nullable()
    .meta({ description: 'Null where there is no such chat.' }),
  read: async ({ params }, read) => {
    const { ENTITY_TYPE: type = '', ENTITY_ID: id = '' } = params
    const chatId = type === '' || id === '' ? undefined : await findByEntity(read, type, id)
    return chatId === undefined ? null : { ID: chatId }
  },
})

export const chatUserList = method('im.chat.user.list', {
  doc: 'Lists the ids of those who take part in a chat of the caller.',
  scope: 'im',
  params: { CHAT_ID: chatIdParam },
  result: z.array(z.int().positive()).meta({ description: 'Empty where the caller takes no part.' }),
  errors: chatIdErrors,
  read: async ({ params, caller, fail }, read) => {
    const chat = await participation(read, params.CHAT_ID, caller.userId)
    if (chat?.kind === 'private') fail('accessDenied')
    return chat ? memberIds(read, chat.chatId) : []
  },
})

export const chatUserAdd = method('im.chat.user.add', {
  doc: 'Lets people into a group chat of the caller.',
  scope: 'im',
  params: {
    CHAT_ID: chatIdParam,
    USERS: required(wire.list(wire.id(), MOST_MEMBERS), 'Ids of the new participants.'),
    HIDE_HISTORY: optional(wire.flag(), 'Whether earlier messages are kept from them; `N` when left out.'),
  },
  result: done,
  errors: {
    ...chatIdErrors,
    extendDenied: ['ACCESS_DENIED_EXTEND', 400, 'Insufficient permissions to add participants to the chat'],
  },
  write: async ({ params, caller, now }, tx) => {
    await inviteToChat(tx, {
      chatId: params.CHAT_ID,
      byId: caller.userId,
      userIds: params.USERS,
      hideHistory: params.HIDE_HISTORY ?? false,
      now,
    })
    return true as const
  },
})

export const chatUserDelete = method('im.chat.user.delete', {
  doc: 'Takes somebody out of a group chat: its owner anybody, a manager anybody but the owner.',
  scope: 'im',
  params: { CHAT_ID: chatIdParam, USER_ID: userId },
  result: done,
  errors: {
    ...chatIdErrors,
    userIdEmpty,
    kickDenied: ['ACCESS_DENIED_KICK', 400, 'Insufficient rights to exclude participants from the chat'],
    notMember: ['USER_NOT_FOUND', 400, 'The specified user is not in the chat'],
  },
  write: async ({ params, caller, now }, tx) => {
    await excludeFromChat(tx, { chatId: params.CHAT_ID, byId: caller.userId, userId: params.USER_ID, now })
    return true as const
  },
})

export const chatLeave = method('im.chat.leave', {
  doc: 'Takes the caller out of a group chat; an owner hands it to its longest manager or participant.',
  scope: 'im',
  params: { CHAT_ID: chatIdParam },
  result: done,
  errors: { ...chatIdErrors, kickDenied: ['ACCESS_DENIED_KICK', 400, 'Access denied to kick user from chat'] },
  write: async ({ params, caller, now }, tx) => {
    await excludeFromChat(tx, { chatId: params.CHAT_ID, byId: caller.userId, userId: caller.userId, now })
    return true as const
  },
})

export const chatMute = method('im.chat.mute', {
  doc: 'Mutes a chat for the caller, or no longer.',
  scope: 'im',
  params: { ...chatOrDialog, MUTE: optional(wire.flag(), '`Y` mutes, `N` no longer; `Y` when left out.') },
  result: done,
  errors: {
    chatIdEmpty: chatIdErrors.chatIdEmpty,
    dialogIdEmpty,
    accessDenied: ['ACCESS_ERROR', 403, 'This chat cannot be muted'],
  },
  write: async ({ params, caller, fail }, tx) => {
    await muteChat(tx, chatIdOf(params, fail), caller.userId, params.MUTE ?? true)
    return true as const
  },
})

export const chatUpdateTitle = method('im.chat.updateTitle', {
  doc: 'Gives a chat another title.',
  scope: 'im',
  params: {
    ...chatOrDialog,
    TITLE: required(wire.text(255), 'The title.', { missing: 'titleEmpty', invalid: 'titleEmpty' }),
  },
  result: done,
  errors: { ...chatIdErrors, dialogIdEmpty, titleEmpty: ['TITLE_EMPTY', 400, "Title can't be empty"] },
  write: async ({ params, caller, now, fail }, tx) => {
    await changeLook(tx, { chatId: chatIdOf(params, fail), byId: caller.userId, look: { title: params.TITLE }, now })
    return true as const
  },
})

export const chatUpdateColor = method('im.chat.updateColor', {
  doc: 'Gives a chat another colour.',
  scope: 'im',
  params: {
    ...chatOrDialog,
    COLOR: required(wire.text(20), 'A colour by its name, `MINT`.', { missing: 'wrongColor', invalid: 'wrongColor' }),
  },
  result: done,
  errors: {
    ...chatIdErrors,
    dialogIdEmpty,
    wrongColor: ['WRONG_COLOR', 400, 'This color currently unavailable'],
    sameColor: ['WRONG_REQUEST', 400, "This color currently set or chat doesn't exist"],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const chatId = chatIdOf(params, fail)
    const color = colorByName(params.COLOR) ?? fail('wrongColor')
    if (!(await changeLook(tx, { chatId, byId: caller.userId, look: { color }, now }))) fail('sameColor')
    return true as const
  },
})

export const chatSetOwner = method('im.chat.setOwner', {
  doc: 'Hands a group chat of the caller to another participant.',
  scope: 'im',
  params: { ...chatOrDialog, USER_ID: userId },
  result: done,
  errors: {
    ...chatIdErrors,
    dialogIdEmpty,
    userIdEmpty,
    notOwner: ['WRONG_REQUEST', 400, 'Change owner can only owner and user must be member in chat'],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    await changeOwner(tx, { chatId: chatIdOf(params, fail), byId: caller.userId, userId: params.USER_ID, now })
    return true as const
  },
})
