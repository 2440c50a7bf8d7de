import { z } from 'zod'
import { LIKE_ACTIONS, likeMessage } from '../../domain/chats/likes.ts'
import { LONGEST_MESSAGE, deleteMessage, editMessage } from '../../domain/chats/messages.ts'
import { deletableMessage, editableMessage } from '../../domain/chats/own-messages.ts'
import { sendMessage } from '../../domain/chats/sending.ts'
import { method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { parseDialogId } from './dialog-id.ts'
import { extrasOf, messageParamErrors, messageParams, newExtrasOf } from './message-params.ts'

const messageId = required(wire.id(), 'The id of the message.', {
  missing: 'messageIdEmpty',
  invalid: 'messageIdEmpty',
})
const done = z.literal(true).meta({ description: 'Done.' })

const editErrors = {
  messageIdEmpty: ['MESSAGE_ID_ERROR', 400, "Message ID can't be empty"],
  cantEdit: ['CANT_EDIT_MESSAGE', 400, "Time has expired for modification or you don't have access"],
} as const

export const messageAdd = method('im.message.add', {
  doc: 'Sends a message into a dialog in which the caller takes part.',
  scope: 'im',
  params: {
    DIALOG_ID: required(wire.text(30), 'The other person’s id, or `chat` and the id of a chat.', {
      missing: 'dialogIdEmpty',
      invalid: 'dialogIdEmpty',
    }),
    MESSAGE: optional(
      wire.text(LONGEST_MESSAGE),
      'The text, kept as sent; at most 20,000 characters. Needed where there is no `ATTACH`.',
      {
        invalid: 'paramsInvalid',
      },
    ),
    ...messageParams,
    SYSTEM: optional(wire.flag(), 'Whether the message is shown as a notice, without an author.', {
      invalid: 'paramsInvalid',
    }),
    REPLY_ID: optional(wire.id(), 'The message of the same dialog that this one answers.', { invalid: 'replyDenied' }),
  },
  result: z.int().positive().meta({ description: 'The id of the message.' }),
  errors: {
    messageEmpty: ['MESSAGE_EMPTY', 400, "Message can't be empty"],
    dialogIdEmpty: ['USER_ID_EMPTY', 400, "User ID can't be empty"],
    userNotFound: ['USER_NOT_FOUND', 400, 'User not found'],
    chatNotFound: ['CHAT_ID', 400, 'Error creating message'],
    accessDenied: ['ACCESS_ERROR', 400, 'Action unavailable'],
    paramsInvalid: ['PARAMS_ERROR', 400, 'Incorrect params'],
    ...messageParamErrors,
    replyDenied: ['REPLY_ACCESS_ERROR', 400, 'Action unavailable'],
    replyElsewhere: ['REPLY_FROM_OTHER_CHAT_ERROR', 400, 'You can only reply to a message within the same chat'],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const dialog = parseDialogId(params.DIALOG_ID) ?? fail('dialogIdEmpty')
    const extras = newExtrasOf(params)
    const text = params.MESSAGE ?? ''
    if (text.trim() === '' && !extras['ATTACH']) fail('messageEmpty')
    return sendMessage(tx, {
      dialog,
      senderId: caller.userId,
      text,
      params: extras,
      isSystem: params.SYSTEM ?? false,
      replyTo: params.REPLY_ID,
      now,
    })
  },
})

export const messageUpdate = method('im.message.update', {
  doc: 'Changes a message of the caller’s own, up to three days after it was sent.',
  scope: 'im',
  params: {
    MESSAGE_ID: messageId,
    MESSAGE: optional(
      wire.text(LONGEST_MESSAGE),
      'The new text; empty deletes the message, left out keeps the old one.',
    ),
    ...messageParams,
    IS_EDITED: optional(
      wire.flag(),
      'Whether a change beside the text marks the message as edited; `Y` when left out.',
    ),
  },
  result: done,
  errors: {
    ...editErrors,
    ...messageParamErrors,
    menuInvalid: ['menu_ERROR', 400, 'Incorrect menu params'],
  },
  write: async ({ params, caller, now }, tx) => {
    const extras = extrasOf(params)
    const message = await editableMessage(tx, params.MESSAGE_ID, caller.userId, now)
    if (params.MESSAGE === '') await deleteMessage(tx, { messageId: params.MESSAGE_ID, now })
    else {
      const textChanges = params.MESSAGE !== undefined && params.MESSAGE !== message.text
      await editMessage(tx, {
        messageId: params.MESSAGE_ID,
        text: params.MESSAGE,
        params: extras,
        markEdited: textChanges || (params.IS_EDITED ?? true),
        now,
      })
    }
    return true as const
  },
})

export const messageDelete = method('im.message.delete', {
  doc: 'Deletes a message of the caller’s own; managers of a group chat delete any message in it.',
  scope: 'im',
  params: { MESSAGE_ID: messageId },
  result: done,
  errors: editErrors,
  write: async ({ params, caller, now }, tx) => {
    await deletableMessage(tx, params.MESSAGE_ID, caller.userId, now)
    await deleteMessage(tx, { messageId: params.MESSAGE_ID, now })
    return true as const
  },
})

export const messageLike = method('im.message.like', {
  doc: 'Puts the caller’s reaction under a message, or takes it away.',
  scope: 'im',
  params: {
    MESSAGE_ID: messageId,
    ACTION: optional(
      wire.oneOf(...LIKE_ACTIONS),
      '`plus` puts, `minus` takes away, `auto` turns it over; `auto` when left out.',
    ),
  },
  result: done,
  errors: {
    messageIdEmpty: editErrors.messageIdEmpty,
    messageNotFound: ['MESSAGE_ID_ERROR', 400, "Message ID can't be empty"],
    nothingChanged: ['WITHOUT_CHANGES', 400, 'Action completed without changes'],
  },
  write: async ({ params, caller }, tx) => {
    await likeMessage(tx, { messageId: params.MESSAGE_ID, userId: caller.userId, action: params.ACTION ?? 'auto' })
    return true as const
  },
})
