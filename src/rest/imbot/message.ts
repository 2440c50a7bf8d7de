import { z } from 'zod'
import { LIKE_ACTIONS, likeMessage } from '../../domain/chats/likes.ts'
import { LONGEST_MESSAGE, addMessage, deleteMessage, editMessage } from '../../domain/chats/messages.ts'
import { deletableMessage, editableMessage } from '../../domain/chats/own-messages.ts'
import { ensurePrivateChat, isReachable } from '../../domain/chats/private-chats.ts'
import { sendMessage } from '../../domain/chats/sending.ts'
import { parseDialogId } from '../im/dialog-id.ts'
import { extrasOf, messageParamErrors, messageParams, newExtrasOf } from '../im/message-params.ts'
import { method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { actingBot, botErrors, botParams } from './bot-call.ts'

/** What bots say. */

const messageId = required(wire.id(), 'The id of the message.', {
  missing: 'messageIdEmpty',
  invalid: 'messageIdEmpty',
})
const skipConnector = optional(wire.flag(), 'Whether the message is kept from the customer’s messenger.')
const done = z.literal(true)

const messageErrors = {
  ...botErrors,
  messageIdEmpty: ['MESSAGE_ID_ERROR', 400, "Message ID can't be empty"],
  cantEdit: ['CANT_EDIT_MESSAGE', 400, "Time has expired for modification or you don't have access"],
} as const

const notAdded = ['WRONG_REQUEST', 400, "Message isn't added"] as const

export const messageAdd = method('imbot.message.add', {
  doc: 'Sends a message of a bot into one of its dialogs, or a notice into the private chat of two people.',
  scope: 'imbot',
  params: {
    ...botParams,
    DIALOG_ID: optional(wire.text(30), 'A person’s id, or `chat` and the id of a chat in which the bot takes part.', {
      invalid: 'dialogIdEmpty',
    }),
    FROM_USER_ID: optional(
      wire.integer(),
      'With `TO_USER_ID`: one of the two people in whose private chat a notice is put.',
    ),
    TO_USER_ID: optional(wire.integer(), 'With `FROM_USER_ID`: the other one.'),
    MESSAGE: optional(
      wire.text(LONGEST_MESSAGE),
      'The text, without blanks and line breaks around it; at most 20,000 characters.',
      {
        invalid: 'notAdded',
      },
    ),
    ...messageParams,
    SYSTEM: optional(wire.flag(), 'Whether the message is shown as a notice, without an author.', {
      invalid: 'notAdded',
    }),
    SKIP_CONNECTOR: skipConnector,
  },
  result: z.int().positive().meta({ description: 'The id of the message.' }),
  errors: {
    ...botErrors,
    dialogIdEmpty: ['DIALOG_ID_EMPTY', 400, "Dialog ID can't be empty"],
    messageEmpty: ['MESSAGE_EMPTY', 400, "Message can't be empty"],
    ...messageParamErrors,
    notAdded,
    userNotFound: notAdded,
    chatNotFound: notAdded,
    accessDenied: notAdded,
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    const { FROM_USER_ID: from = 0, TO_USER_ID: to = 0, SKIP_CONNECTOR: skip = false } = params
    const isNotice = from > 0 && to > 0
    const dialog = isNotice ? undefined : (parseDialogId(params.DIALOG_ID ?? '') ?? fail('dialogIdEmpty'))
    const extras = newExtrasOf(params, botId)
    const text = (params.MESSAGE ?? '').trim()
    if (text === '' && !extras['ATTACH']) fail('messageEmpty')
    if (dialog) {
      const isSystem = params.SYSTEM ?? false
      return sendMessage(tx, { dialog, senderId: botId, text, params: extras, isSystem, skipConnector: skip, now })
    }
    if ((await isReachable(tx, from)) !== 'yes') fail('userNotFound')
    const chatId = await ensurePrivateChat(tx, from, to, now)
    return addMessage(tx, { chatId, authorId: 0, callerId: botId, text, params: extras, isSystem: true, now })
  },
})

export const messageUpdate = method('imbot.message.update', {
  doc: 'Changes a message of a bot, up to three days after it was sent.',
  scope: 'imbot',
  params: {
    ...botParams,
    MESSAGE_ID: messageId,
    MESSAGE: optional(
      wire.text(LONGEST_MESSAGE),
      'The new text; empty deletes the message, left out keeps the old one.',
    ),
    ...messageParams,
    SKIP_CONNECTOR: skipConnector,
  },
  result: done,
  errors: { ...messageErrors, ...messageParamErrors },
  write: async ({ params, caller, now }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    const extras = extrasOf(params, botId)
    await editableMessage(tx, params.MESSAGE_ID, botId, now)
    const message = { messageId: params.MESSAGE_ID, skipConnector: params.SKIP_CONNECTOR ?? false, now }
    if (params.MESSAGE === '') await deleteMessage(tx, message)
    else await editMessage(tx, { ...message, text: params.MESSAGE, params: extras, markEdited: true })
    return true as const
  },
})

export const messageDelete = method('imbot.message.delete', {
  doc: 'Deletes a message of a bot; as manager of a group chat it deletes any message in it.',
  scope: 'imbot',
  params: {
    ...botParams,
    MESSAGE_ID: messageId,
    COMPLETE: optional(wire.flag(), 'Whether no mark remains where the message was.'),
  },
  result: done,
  errors: messageErrors,
  write: async ({ params, caller, now }, tx) => {
    const { userId: botId } = await actingBot(tx, { caller, params })
    await deletableMessage(tx, params.MESSAGE_ID, botId, now)
    await deleteMessage(tx, { messageId: params.MESSAGE_ID, complete: params.COMPLETE ?? false, now })
    return true as const
  },
})

export const messageLike = method('imbot.message.like', {
  doc: 'Puts a bot’s reaction under a message, or takes it away.',
  scope: 'imbot',
  params: {
    ...botParams,
    MESSAGE_ID: messageId,
    ACTION: optional(
      wire.oneOf(...LIKE_ACTIONS),
      '`plus` puts, `minus` takes away, `auto` turns it over; `auto` when left out.',
    ),
  },
  result: done,
  errors: {
    ...botErrors,
    messageIdEmpty: messageErrors.messageIdEmpty,
    messageNotFound: ['MESSAGE_ID_ERROR', 400, "Message ID can't be empty"],
    nothingChanged: ['WITHOUT_CHANGES', 400, 'Action completed without changes'],
  },
  write: async ({ params, caller }, tx) => {
    const { userId } = await actingBot(tx, { caller, params })
    await likeMessage(tx, { messageId: params.MESSAGE_ID, userId, action: params.ACTION ?? 'auto' })
    return true as const
  },
})
