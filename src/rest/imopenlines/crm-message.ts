import { z } from 'zod'
import { LONGEST_MESSAGE } from '../../domain/chats/messages.ts'
import { CRM_ENTITY_TYPES } from '../../domain/crm/access.ts'
import { sendToCrmChat } from '../../domain/openlines/crm-messages.ts'
import { method, required } from '../method.ts'
import { wire } from '../wire.ts'

const told = { invalidIsEmpty: true }

export const crmMessageAdd = method('imopenlines.crm.message.add', {
  doc: 'Sends a message on behalf of an employee or a bot into the open channel chat tied to a CRM entity.',
  scope: 'imopenlines',
  params: {
    CRM_ENTITY_TYPE: required(wire.oneOf(...CRM_ENTITY_TYPES), 'The kind of the CRM entity.', told),
    CRM_ENTITY: required(wire.id(), 'The id of the CRM entity that the chat is tied to.', told),
    USER_ID: required(wire.id(), 'The sender: an employee or a bot who takes part in the chat.', told),
    CHAT_ID: required(wire.id(), 'The open channel chat tied to the CRM entity.', told),
    MESSAGE: required(wire.text(LONGEST_MESSAGE), 'The text, kept as sent; at most 20,000 characters.', told),
  },
  result: z.int().positive().meta({ description: 'The id of the message.' }),
  errors: {
    chatNotInCrm: ['CHAT_NOT_IN_CRM', 400, 'Chat does not belong to the CRM entity being checked'],
    canceled: ['CANCELED', 400, 'You cannot send messages to the specified chat'],
    entityDenied: ['ACCESS_DENIED', 400, "Access denied! User doesn't have access to this entity"],
  },
  // What it reads beside the chat (the entity, people, rights) no such call writes.
  about: ({ params }) => `chat:${params.CHAT_ID}`,
  write: ({ params, caller, settings, now }, tx) =>
    sendToCrmChat(tx, caller, {
      entityType: params.CRM_ENTITY_TYPE,
      entityId: params.CRM_ENTITY,
      chatId: params.CHAT_ID,
      senderId: params.USER_ID,
      text: params.MESSAGE,
      now,
      restrictSender: settings.restrictSender,
    }),
})
