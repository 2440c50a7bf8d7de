import { z } from 'zod'
import type { Caller } from '../../domain/caller.ts'
import { participation } from '../../domain/chats/dialogs.ts'
import { excludeFromChat, inviteToChat, memberIds, muteChat } from '../../domain/chats/group-chats.ts'
import { type ParamValues, method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import {
  MOST_MEMBERS,
  addChat,
  chatIdErrors,
  chatIdParam,
  chatOfEntity,
  colorErrors,
  colorParams,
  dialogIdEmpty,
  done,
  entityParams,
  foundChat,
  newChatId,
  newChatParams,
  ownerErrors,
  ownerParams,
  setOwner,
  titleErrors,
  titleParams,
  updateColor,
  updateTitle,
  userIdEmpty,
  userIdParam,
} from './chat-call.ts'
import { parseDialogId } from './dialog-id.ts'

/** Group chats: what they are, who is in them. */

/** The chat may be named as a dialog as well. */
const chatOrDialog = {
  CHAT_ID: optional(wire.id(), 'The id of the chat.', { invalid: 'chatIdEmpty' }),
  DIALOG_ID: optional(wire.text(30), 'The same as `chat` and the id.', { invalid: 'dialogIdEmpty' }),
}

interface ChatCall {
  readonly params: ParamValues<typeof chatOrDialog>
  readonly caller: Caller
  readonly fail: (reason: 'chatIdEmpty' | 'dialogIdEmpty') => never
}

function chatIdOf({ params, fail }: Pick<ChatCall, 'params' | 'fail'>): number {
  if (params.CHAT_ID !== undefined) return params.CHAT_ID
  if (params.DIALOG_ID === undefined) return fail('chatIdEmpty')
  const dialog = parseDialogId(params.DIALOG_ID)
  return dialog?.kind === 'chat' ? dialog.chatId : fail('dialogIdEmpty')
}

/** The caller acts in the chat that he names. */
function actOf(call: ChatCall): { chatId: number; byId: number } {
  return { chatId: chatIdOf(call), byId: call.caller.userId }
}

export const chatAdd = method('im.chat.add', {
  doc: 'Makes a group chat owned by the caller.',
  scope: 'im',
  params: {
    ...newChatParams,
    USERS: optional(wire.list(wire.id(), MOST_MEMBERS), 'Ids of the participants.'),
  },
  result: newChatId,
  write: (call, tx) => addChat(tx, call.caller.userId, call),
})

export const chatGet = method('im.chat.get', {
  doc: 'Finds a chat by what it stands for outside.',
  scope: 'im',
  params: entityParams,
  result: foundChat,
  read: async ({ params }, read) => {
    const chatId = await chatOfEntity(read, params)
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
  params: { CHAT_ID: chatIdParam, USER_ID: userIdParam },
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
    await muteChat(tx, chatIdOf({ params, fail }), caller.userId, params.MUTE ?? true)
    return true as const
  },
})

export const chatUpdateTitle = method('im.chat.updateTitle', {
  doc: 'Gives a chat another title.',
  scope: 'im',
  params: { ...chatOrDialog, ...titleParams },
  result: done,
  errors: { ...chatIdErrors, dialogIdEmpty, ...titleErrors },
  write: async (call, tx) => updateTitle(tx, actOf(call), call),
})

export const chatUpdateColor = method('im.chat.updateColor', {
  doc: 'Gives a chat another colour.',
  scope: 'im',
  params: { ...chatOrDialog, ...colorParams },
  result: done,
  errors: { ...chatIdErrors, dialogIdEmpty, ...colorErrors },
  write: async (call, tx) => updateColor(tx, actOf(call), call),
})

export const chatSetOwner = method('im.chat.setOwner', {
  doc: 'Hands a group chat of the caller to another participant.',
  scope: 'im',
  params: { ...chatOrDialog, ...ownerParams },
  result: done,
  errors: { ...chatIdErrors, dialogIdEmpty, ...ownerErrors },
  write: async (call, tx) => setOwner(tx, actOf(call), call),
})
