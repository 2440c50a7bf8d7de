import { dialogAccess, findDialog } from '../../domain/openlines/dialogs.ts'
import { chatSchema, showChat } from '../im/chat-shape.ts'
import { method, optional } from '../method.ts'
import { wire } from '../wire.ts'

const denied = { invalid: 'dialogDenied' }

/** The chat that a dialog's name stands for: `chat1777`, or a bare number. */
function chatIdOf(dialogId: string | undefined): number | undefined {
  const digits = dialogId === undefined ? undefined : /^(?:chat)?(\d{1,15})$/.exec(dialogId.trim())?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export const dialogGet = method('imopenlines.dialog.get', {
  doc: 'Tells everything about an open channel chat. One of the parameters is enough.',
  scope: 'imopenlines',
  params: {
    CHAT_ID: optional(wire.integer(), 'The id of the chat.', denied),
    DIALOG_ID: optional(wire.text(30), 'The chat as a dialog, `chat1777`.', denied),
    SESSION_ID: optional(wire.integer(), 'A session of the chat.', denied),
    USER_CODE: optional(wire.text(1000), 'The user code, `connector|line|external chat|customer`.', denied),
  },
  result: chatSchema,
  errors: {
    messengerMissing: ['IM_NOT_INSTALLED', 400, 'Messenger is not installed.'],
    dialogDenied: ['ACCESS_ERROR', 400, 'You do not have access to the specified dialog'],
  },
  read: async ({ params, caller, settings, fail }, read) => {
    const chatId = await findDialog(read, {
      chatId: params.CHAT_ID ?? chatIdOf(params.DIALOG_ID),
      sessionId: params.SESSION_ID,
      userCode: params.USER_CODE,
    })
    if (chatId === undefined || (await dialogAccess(read, caller, chatId)) !== 'lines') return fail('dialogDenied')
    return (await showChat(read, chatId, caller.userId, settings.timeZone)) ?? fail('dialogDenied')
  },
})
