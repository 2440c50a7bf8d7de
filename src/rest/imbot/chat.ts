import { z } from 'zod'
import { hasBotIn } from '../../domain/bots/bots.ts'
import { chatOfDialog, participation } from '../../domain/chats/dialogs.ts'
import {
  changeLook,
  changeManager,
  changeOwner,
  createGroupChat,
  excludeFromChat,
  findByEntity,
  inviteToChat,
  memberIds,
} from '../../domain/chats/group-chats.ts'
import { chatSchema, nameOf, showChat } from '../im/chat-shape.ts'
import { MOST_MEMBERS, chatIdErrors, chatIdParam, newChatParams } from '../im/chat.ts'
import { colorByName } from '../im/colors.ts'
import { parseDialogId } from '../im/dialog-id.ts'
import { method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { actingBot, botErrors, botParams } from './bot-call.ts'

/** Chats in which bots take part. */

const done = z.literal(true)
const userId = required(wire.id(), 'The id of the user.', { missing: 'userIdEmpty', invalid: 'userIdEmpty' })
const userIdEmpty = ['USER_ID_EMPTY', 400, "User ID can't be empty"] as const
const chatErrors = { ...chatIdErrors, ...botErrors } as const
const dialogIdParam = required(wire.text(30), 'A person’s id, or `chat` and the id of a chat.', {
  missing: 'dialogIdEmpty',
  invalid: 'dialogIdEmpty',
})
const dialogIdEmpty = ['DIALOG_ID_EMPTY', 400, "Dialog ID can't be empty"] as const

export const chatAdd = method('imbot.chat.add', {
  doc: 'Makes a group chat owned by a bot.',
  scope: 'imbot',
  params: {
    ...botParams,
    ...newChatParams,
    USERS: optional(wire.list(wire.id(), MOST_MEMBERS), 'Ids of the participants.', { invalid: 'wrongUsers' }),
  },
  result: z.int().positive().meta({ description: 'The id of the chat.' }),
  errors: {
    wrongUsers: ['INVALID_FORMAT', 400, 'Parameter USERS has wrong type'],
    ...botErrors,
    notCreated: ['WRONG_REQUEST', 400, "Chat can't be created"],
  },
  write: async ({ params, caller, now }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    return createGroupChat(tx, {
      ownerId: botId,
      title: params.TITLE,
      description: params.DESCRIPTION,
      color: colorByName(params.COLOR ?? ''),
      isOpen: params.TYPE === 'OPEN',
      entityType: params.ENTITY_TYPE,
      entityId: params.ENTITY_ID,
      userIds: params.USERS ?? [],
      message: params.MESSAGE,
      now,
    })
  },
})

export const chatGet = method('imbot.chat.get', {
  doc: 'Finds a chat by what it stands for outside.',
  scope: 'imbot',
  params: {
    ENTITY_TYPE: optional(wire.text(100), '`LINES` for open channel chats, or what `imbot.chat.add` was told.'),
    ENTITY_ID: optional(wire.text(500), 'The id of it.'),
  },
  result: z
    .strictObject({ ID: z.int().positive() })
    .nullable()
    .meta({ description: 'Null where there is no such chat.' }),
  errors: { dialogDenied: ['ACCESS_ERROR', 400, "You don't have access to this chat"] },
  read: async ({ params, caller, fail }, read) => {
    const { ENTITY_TYPE: type = '', ENTITY_ID: id = '' } = params
    const chatId = type === '' || id === '' ? undefined : await findByEntity(read, type, id)
    if (chatId === undefined) return null
    const sees = (await participation(read, chatId, caller.userId)) || (await hasBotIn(read, caller, chatId))
    return sees ? { ID: chatId } : fail('dialogDenied')
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
    const sees = (await participation(read, chatId, caller.userId)) || (await hasBotIn(read, caller, chatId))
    if (!sees) fail('dialogDenied')
    const chat = (await showChat(read, chatId, caller.userId, settings.timeZone)) ?? fail('dialogDenied')
    return { ...chat, name: nameOf(chat), description: chat.description ?? '', dialog_id: params.DIALOG_ID }
  },
})

export const chatLeave = method('imbot.chat.leave', {
  doc: 'Takes a bot out of a group chat that it does not own.',
  scope: 'imbot',
  params: { ...botParams, CHAT_ID: chatIdParam },
  result: done,
  errors: {
    ...chatErrors,
    ownerStays: ['ACCESS_ERROR', 400, 'LEAVE_OWNER_FORBIDDEN'],
    notMember: ['WRONG_REQUEST', 400, "You don't have access or user isn't a member in chat"],
    kickDenied: ['WRONG_REQUEST', 400, "You don't have access or user isn't a member in chat"],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    const chat = (await participation(tx, params.CHAT_ID, botId)) ?? fail('notMember')
    if (chat.kind === 'chat' && chat.ownerId === botId) fail('ownerStays')
    await excludeFromChat(tx, { chatId: params.CHAT_ID, byId: botId, userId: botId, now })
    return true as const
  },
})

export const chatUserList = method('imbot.chat.user.list', {
  doc: 'Lists the ids of those who take part in a chat of a bot.',
  scope: 'imbot',
  params: { ...botParams, CHAT_ID: chatIdParam },
  result: z.array(z.int().positive()),
  errors: chatErrors,
  read: async ({ params, caller, fail }, read) => {
    const { userId: botId } = await actingBot(read, { caller, params })
    const chat = await participation(read, params.CHAT_ID, botId)
    if (!chat || chat.kind === 'private') return fail('accessDenied')
    return memberIds(read, chat.chatId)
  },
})

export const chatUserAdd = method('imbot.chat.user.add', {
  doc: 'Lets people into a group chat of a bot.',
  scope: 'imbot',
  params: {
    ...botParams,
    CHAT_ID: chatIdParam,
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
    const { userId: botId } = await actingBot(tx, { caller, params })
    const hideHistory = params.HIDE_HISTORY ?? true
    const added = await inviteToChat(tx, {
      chatId: params.CHAT_ID,
      byId: botId,
      userIds: params.USERS,
      hideHistory,
      now,
    })
    if (added === 0) fail('nobodyAdded')
    return true as const
  },
})

export const chatUserDelete = method('imbot.chat.user.delete', {
  doc: 'Takes somebody out of a group chat that a bot owns or manages.',
  scope: 'imbot',
  params: { ...botParams, CHAT_ID: chatIdParam, USER_ID: userId },
  result: done,
  errors: {
    ...chatErrors,
    userIdEmpty,
    ownerStays: ['ACCESS_ERROR', 400, 'LEAVE_OWNER_FORBIDDEN'],
    notMember: ['WRONG_REQUEST', 400, "You don't have access or user isn't a member of the chat"],
    kickDenied: ['WRONG_REQUEST', 400, "You don't have access or user isn't a member of the chat"],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    const chat = await participation(tx, params.CHAT_ID, botId)
    if (chat?.kind === 'chat' && chat.ownerId === params.USER_ID) fail('ownerStays')
    await excludeFromChat(tx, { chatId: params.CHAT_ID, byId: botId, userId: params.USER_ID, now })
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
    ...botParams,
    CHAT_ID: chatIdParam,
    USER_ID: userId,
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
    const { userId: botId } = await actingBot(tx, { caller, params })
    const isManager = params.IS_MANAGER ?? true
    await changeManager(tx, { chatId: params.CHAT_ID, byId: botId, userId: params.USER_ID, isManager })
    return true as const
  },
})

export const chatSetOwner = method('imbot.chat.setOwner', {
  doc: 'Hands a bot’s own chat to another participant.',
  scope: 'imbot',
  params: { ...botParams, CHAT_ID: chatIdParam, USER_ID: userId },
  result: done,
  errors: {
    ...chatErrors,
    userIdEmpty,
    notOwner: ['WRONG_REQUEST', 400, 'Change owner can only owner and user must be member in chat'],
  },
  write: async ({ params, caller, now }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    await changeOwner(tx, { chatId: params.CHAT_ID, byId: botId, userId: params.USER_ID, now })
    return true as const
  },
})

export const chatUpdateTitle = method('imbot.chat.updateTitle', {
  doc: 'Gives a chat of a bot another title.',
  scope: 'imbot',
  params: {
    ...botParams,
    CHAT_ID: chatIdParam,
    TITLE: required(wire.text(255), 'The title.', { missing: 'titleEmpty', invalid: 'titleEmpty' }),
  },
  result: done,
  errors: { ...chatErrors, titleEmpty: ['TITLE_EMPTY', 400, "Title can't be empty"] },
  write: async ({ params, caller, now }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    await changeLook(tx, { chatId: params.CHAT_ID, byId: botId, look: { title: params.TITLE }, now })
    return true as const
  },
})

export const chatUpdateColor = method('imbot.chat.updateColor', {
  doc: 'Gives a chat of a bot another colour.',
  scope: 'imbot',
  params: {
    ...botParams,
    CHAT_ID: chatIdParam,
    COLOR: required(wire.text(20), 'A colour by its name, `MINT`.', { missing: 'wrongColor', invalid: 'wrongColor' }),
  },
  result: done,
  errors: {
    ...chatErrors,
    wrongColor: ['WRONG_COLOR', 400, 'This color currently unavailable'],
    sameColor: ['WRONG_REQUEST', 400, "This color currently set or chat doesn't exist"],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    const color = colorByName(params.COLOR) ?? fail('wrongColor')
    if (!(await changeLook(tx, { chatId: params.CHAT_ID, byId: botId, look: { color }, now }))) fail('sameColor')
    return true as const
  },
})
