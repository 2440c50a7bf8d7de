import { z } from 'zod'
import { hasBotIn } from '../../domain/bots/bots.ts'
import type { Caller } from '../../domain/caller.ts'
import { chatOfDialog, participation } from '../../domain/chats/dialogs.ts'
import { changeManager, excludeFromChat, inviteToChat, memberIds } from '../../domain/chats/group-chats.ts'
import type { Reader } from '../../storage/store.ts'
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
} from '../im/chat-call.ts'
import { chatSchema, nameOf, showChat } from '../im/chat-shape.ts'
import { parseDialogId } from '../im/dialog-id.ts'
import { type ParamValues, method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { actingBot, botErrors, botParams } from './bot-call.ts'

/** Chats in which bots take part. */

/** A bot, and the chat in which it acts. */
const botChatParams = { ...botParams, CHAT_ID: chatIdParam }
const chatErrors = { ...chatIdErrors, ...botErrors } as const
const dialogIdParam = required(wire.text(30), 'A person’s id, or `chat` and the id of a chat.', {
  missing: 'dialogIdEmpty',
  invalid: 'dialogIdEmpty',
})

interface BotChatCall {
  readonly caller: Caller
  readonly params: ParamValues<typeof botChatParams>
}

/** The bot acts in the chat that is named. */
async function actOf(read: Reader, call: BotChatCall): Promise<{ chatId: number; byId: number }> {
  return { chatId: call.params.CHAT_ID, byId: (await actingBot(read, call)).userId }
}

/** Whether the caller or one of his bots takes part. */
async function isSeen(read: Reader, caller: Caller, chatId: number): Promise<boolean> {
  return (await participation(read, chatId, caller.userId)) !== undefined || hasBotIn(read, caller, chatId)
}

export const chatAdd = method('imbot.chat.add', {
  doc: 'Makes a group chat owned by a bot.',
  scope: 'imbot',
  params: {
    ...botParams,
    ...newChatParams,
    USERS: optional(wire.list(wire.id(), MOST_MEMBERS), 'Ids of the participants.', { invalid: 'wrongUsers' }),
  },
  result: newChatId,
  errors: {
    wrongUsers: ['INVALID_FORMAT', 400, 'Parameter USERS has wrong type'],
    ...botErrors,
    notCreated: ['WRONG_REQUEST', 400, "Chat can't be created"],
  },
  write: async (call, tx) => addChat(tx, (await actingBot(tx, call)).userId, call),
})

export const chatGet = method('imbot.chat.get', {
  doc: 'Finds a chat by what it stands for outside.',
  scope: 'imbot',
  params: entityParams,
  result: foundChat,
  errors: { dialogDenied: ['ACCESS_ERROR', 400, "You don't have access to this chat"] },
  read: async ({ params, caller, fail }, read) => {
    const chatId = await chatOfEntity(read, params)
    if (chatId === undefined) return null
    return (await isSeen(read, caller, chatId)) ? { ID: chatId } : fail('dialogDenied')
  },
})

export const dialogGet = method('imbot.dialog.get', {
  doc: 'Shows a chat in which the caller or one of his bots takes part.',
  scope: 'imbot',
  params: { DIALOG_ID: dialogIdParam },
  result: chatSchema.extend({ description: z.string() }),
  errors: { dialogIdEmpty, dialogDenied: ['ACCESS_ERROR', 400, 'You do not have access to the specified dialog'] },
  read: async ({ params, caller, settings, fail }, read) => {
    const dialog = parseDialogId(params.DIALOG_ID) ?? fail('dialogIdEmpty')
    const chatId = (await chatOfDialog(read, caller.userId, dialog)) ?? fail('dialogDenied')
    if (!(await isSeen(read, caller, chatId))) fail('dialogDenied')
    const chat = (await showChat(read, chatId, caller.userId, settings.timeZone)) ?? fail('dialogDenied')
    return { ...chat, name: nameOf(chat), description: chat.description ?? '', dialog_id: params.DIALOG_ID }
  },
})

export const chatLeave = method('imbot.chat.leave', {
  doc: 'Takes a bot out of a group chat that it does not own.',
  scope: 'imbot',
  params: botChatParams,
  result: done,
  errors: {
    ...chatErrors,
    ownerStays: ['ACCESS_ERROR', 400, 'LEAVE_OWNER_FORBIDDEN'],
    notMember: ['WRONG_REQUEST', 400, "You don't have access or user isn't a member in chat"],
    kickDenied: ['WRONG_REQUEST', 400, "You don't have access or user isn't a member in chat"],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const { chatId, byId } = await actOf(tx, { caller, params })
    const chat = (await participation(tx, chatId, byId)) ?? fail('notMember')
    if (chat.kind === 'chat' && chat.ownerId === byId) fail('ownerStays')
    await excludeFromChat(tx, { chatId, byId, userId: byId, now })
    return true as const
  },
})

export const chatUserList = method('imbot.chat.user.list', {
  doc: 'Lists the ids of those who take part in a chat of a bot.',
  scope: 'imbot',
  params: botChatParams,
  result: z.array(z.int().positive()),
  errors: chatErrors,
  read: async ({ params, caller, fail }, read) => {
    const { chatId, byId } = await actOf(read, { caller, params })
    const chat = await participation(read, chatId, byId)
    if (!chat || chat.kind === 'private') return fail('accessDenied')
    return memberIds(read, chatId)
  },
})

export const chatUserAdd = method('imbot.chat.user.add', {
  doc: 'Lets people into a group chat of a bot.',
  scope: 'imbot',
  params: {
    ...botChatParams,
    USERS: required(wire.list(wire.id(), MOST_MEMBERS), 'Ids of the new participants.', {
      missing: 'wrongUsers',
      invalid: 'wrongUsers',
    }),
    HIDE_HISTORY: optional(wire.flag(), 'Whether earlier messages are kept from them; `Y` when left out.'),
  },
  result: done,
  errors: {
    ...chatErrors,
    wrongUsers: ['WRONG_REQUEST', 400, 'User IDs must be passed in array format'],
    nobodyAdded: ['WRONG_REQUEST', 400, "You don't have access or user already member in chat"],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const act = await actOf(tx, { caller, params })
    const hideHistory = params.HIDE_HISTORY ?? true
    const added = await inviteToChat(tx, { ...act, userIds: params.USERS, hideHistory, now })
    if (added === 0) fail('nobodyAdded')
    return true as const
  },
})

export const chatUserDelete = method('imbot.chat.user.delete', {
  doc: 'Takes somebody out of a group chat that a bot owns or manages.',
  scope: 'imbot',
  params: { ...botChatParams, USER_ID: userIdParam },
  result: done,
  errors: {
    ...chatErrors,
    userIdEmpty,
    ownerStays: ['ACCESS_ERROR', 400, 'LEAVE_OWNER_FORBIDDEN'],
    notMember: ['WRONG_REQUEST', 400, "You don't have access or user isn't a member of the chat"],
    kickDenied: ['WRONG_REQUEST', 400, "You don't have access or user isn't a member of the chat"],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const { chatId, byId } = await actOf(tx, { caller, params })
    const chat = await participation(tx, chatId, byId)
    if (chat?.kind === 'chat' && chat.ownerId === params.USER_ID) fail('ownerStays')
    await excludeFromChat(tx, { chatId, byId, userId: params.USER_ID, now })
    return true as const
  },
})

export const chatSendTyping = method('imbot.chat.sendTyping', {
  doc: 'Tells the others in a dialog that a bot is writing.',
  scope: 'imbot',
  params: { ...botParams, DIALOG_ID: dialogIdParam },
  result: done,
  errors: { ...botErrors, dialogIdEmpty },
  write: async ({ params, caller, fail }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    const dialog = parseDialogId(params.DIALOG_ID) ?? fail('dialogIdEmpty')
    const chatId = await chatOfDialog(tx, botId, dialog)
    // Nobody looks at a dialog that does not exist yet.
    if (chatId !== undefined && (await participation(tx, chatId, botId))) {
      await tx.emit({ type: 'chat.writing', subject: `chat:${chatId}`, payload: { chatId, userId: botId } })
    }
    return true as const
  },
})

export const chatSetManager = method('imbot.chat.setManager', {
  doc: 'Makes a participant of a bot’s own chat its manager, or no longer one.',
  scope: 'imbot',
  params: {
    ...botChatParams,
    USER_ID: userIdParam,
    IS_MANAGER: optional(wire.flag(), '`Y` makes, `N` no longer; `Y` when left out.'),
  },
  result: done,
  errors: {
    chatIdEmpty: chatIdErrors.chatIdEmpty,
    ...botErrors,
    userIdEmpty,
    notOwner: ['WRONG_REQUEST', 400, 'Change manager can only owner and user must be member in chat'],
  },
  write: async ({ params, caller }, tx) => {
    const act = await actOf(tx, { caller, params })
    await changeManager(tx, { ...act, userId: params.USER_ID, isManager: params.IS_MANAGER ?? true })
    return true as const
  },
})

export const chatSetOwner = method('imbot.chat.setOwner', {
  doc: 'Hands a bot’s own chat to another participant.',
  scope: 'imbot',
  params: { ...botChatParams, ...ownerParams },
  result: done,
  errors: { ...chatErrors, ...ownerErrors },
  write: async (call, tx) => setOwner(tx, await actOf(tx, call), call),
})

export const chatUpdateTitle = method('imbot.chat.updateTitle', {
  doc: 'Gives a chat of a bot another title.',
  scope: 'imbot',
  params: { ...botChatParams, ...titleParams },
  result: done,
  errors: { ...chatErrors, ...titleErrors },
  write: async (call, tx) => updateTitle(tx, await actOf(tx, call), call),
})

export const chatUpdateColor = method('imbot.chat.updateColor', {
  doc: 'Gives a chat of a bot another colour.',
  scope: 'imbot',
  params: { ...botChatParams, ...colorParams },
  result: done,
  errors: { ...chatErrors, ...colorErrors },
  write: async (call, tx) => updateColor(tx, await actOf(tx, call), call),
})
