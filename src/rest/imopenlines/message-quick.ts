import { z } from 'zod'
import { dialogAccess, lastSessionOf } from '../../domain/openlines/dialogs.ts'
import { isOperator } from '../../domain/openlines/lines.ts'
import { saveQuickAnswer } from '../../domain/openlines/quick-answers.ts'
import { method, required } from '../method.ts'
import { wire } from '../wire.ts'

export const messageQuickSave = method('imopenlines.message.quick.save', {
  doc: 'Keeps a message of an open channel chat as a quick answer of its line.',
  scope: 'imopenlines',
  params: {
    CHAT_ID: required(wire.id(), 'The id of the chat.', { missing: 'chatInvalid', invalid: 'chatInvalid' }),
    MESSAGE_ID: required(wire.id(), 'The message.', { missing: 'messageUnfit', invalid: 'messageUnfit' }),
  },
  result: z.literal(true),
  errors: {
    chatInvalid: ['CHAT_ID', 400, 'Invalid chat identifier provided'],
    notLines: ['CHAT_TYPE', 400, 'The specified chat is not an open line'],
    messageUnfit: ['CANT_SAVE_QUICK_ANSWER', 400, 'Error saving quick answer'],
    accessDenied: ['ACCESS_DENIED', 400, 'Insufficient rights to open the specified chat'],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const chatId = params.CHAT_ID
    const access = await dialogAccess(tx, caller, chatId)
    if (access === 'unknown') fail('chatInvalid')
    if (access === 'other') fail('notLines')
    if (access === 'denied') fail('accessDenied')
    const session = await lastSessionOf(tx, chatId)
    const operates =
      caller.isAdmin ||
      (session !== undefined &&
        (session.operatorId === caller.userId || (await isOperator(tx, session.lineId, caller.userId))))
    if (!operates) fail('accessDenied')
    await saveQuickAnswer(tx, { chatId, messageId: params.MESSAGE_ID, authorId: caller.userId, now })
    return true as const
  },
})
