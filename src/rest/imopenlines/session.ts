import { z } from 'zod'
import { chatOfCode } from '../../domain/openlines/conversations.ts'
import { dialogAccess } from '../../domain/openlines/dialogs.ts'
import { restartSession } from '../../domain/openlines/restart.ts'
import { method, required } from '../method.ts'
import { out, wire } from '../wire.ts'

/** Sessions of open channel chats: `session.history.get` has a file of its own. */

const accessDenied = [
  'ACCESS_DENIED',
  400,
  'You cannot open this conversation because you do not have sufficient permissions',
] as const

export const sessionOpen = method('imopenlines.session.open', {
  doc: 'Tells the chat of a user code.',
  scope: 'imopenlines',
  params: {
    USER_CODE: required(wire.text(1000), 'The user code, `connector|line|external chat|customer`.', {
      missing: 'accessDenied',
      invalid: 'accessDenied',
    }),
  },
  result: z.strictObject({ chatId: out.idText() }),
  errors: { accessDenied },
  read: async ({ params, caller, fail }, read) => {
    const chatId = await chatOfCode(read, params.USER_CODE)
    if (chatId === undefined || (await dialogAccess(read, caller, chatId)) !== 'lines') return fail('accessDenied')
    return { chatId: String(chatId) }
  },
})

export const sessionStart = method('imopenlines.session.start', {
  doc: 'Begins a new session in an open channel chat, with the caller as its operator; one that is open closes.',
  scope: 'imopenlines',
  params: {
    CHAT_ID: required(wire.id(), 'The id of the chat.', { missing: 'chatInvalid', invalid: 'chatInvalid' }),
  },
  result: z.literal(true),
  errors: {
    chatInvalid: ['CHAT_ID', 400, 'The specified chat identifier is invalid'],
    notLines: ['CHAT_TYPE', 400, 'The specified chat is not an open line'],
    accessDenied,
    userInvalid: ['USER_ID', 400, 'The specified user identifier is invalid'],
  },
  write: async ({ params, caller, now, fail }, tx) => {
    const access = await dialogAccess(tx, caller, params.CHAT_ID)
    if (access === 'unknown') fail('chatInvalid')
    if (access === 'other') fail('notLines')
    if (access === 'denied') fail('accessDenied')
    await restartSession(tx, params.CHAT_ID, caller.userId, now)
    return true as const
  },
})
