import { z } from 'zod'
import type { Caller } from '../../domain/caller.ts'
import { allConnectors } from '../../domain/connectors/connectors.ts'
import { CRM_ENTITY_TYPES, mayAccess } from '../../domain/crm/access.ts'
import {
  type MembershipChange,
  addCrmChatUser,
  chatsOfEntity,
  entityExists,
  lastChatOfEntity,
  removeCrmChatUser,
} from '../../domain/openlines/crm-chats.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import { method, optional, required } from '../method.ts'
import { out, wire } from '../wire.ts'

/** The open channel chats of a CRM entity. */

const entityType = wire.oneOf(...CRM_ENTITY_TYPES)
const TYPE_DOC = 'The kind of the CRM entity: `lead`, `deal`, `company`, `contact`.'
const ENTITY_DOC = 'The id of the CRM entity.'

export const crmChatGet = method('imopenlines.crm.chat.get', {
  doc: 'Lists the open channel chats tied to a CRM entity.',
  scope: 'imopenlines',
  params: {
    CRM_ENTITY_TYPE: required(entityType, TYPE_DOC, { invalidIsEmpty: true }),
    CRM_ENTITY: required(wire.id(), ENTITY_DOC),
    ACTIVE_ONLY: optional(wire.flag(), 'Only chats whose conversation is open; so it is when left out.'),
  },
  result: z.array(z.strictObject({ CHAT_ID: out.idText(), CONNECTOR_ID: z.string(), CONNECTOR_TITLE: z.string() })),
  errors: {
    entityDenied: ['ACCESS_DENIED', 403, "Access denied! You don't have access to this action"],
  },
  read: async ({ params, caller, fail }, read) => {
    const entity = { entityType: params.CRM_ENTITY_TYPE, entityId: params.CRM_ENTITY }
    if (!(await mayAccess(read, caller, 'read', entity.entityType, entity.entityId))) {
      // The page wants an empty list for an entity that is not there.
      if (await entityExists(read, entity.entityType, entity.entityId)) fail('entityDenied')
      return []
    }
    const chats = await chatsOfEntity(read, entity, params.ACTIVE_ONLY ?? true)
    const titles = new Map((await allConnectors(read)).map((connector) => [connector.id, connector.name]))
    return chats.map(({ chatId, connectorId }) => ({
      CHAT_ID: String(chatId),
      CONNECTOR_ID: connectorId,
      CONNECTOR_TITLE: titles.get(connectorId) ?? connectorId,
    }))
  },
})

export const crmChatGetLastId = method('imopenlines.crm.chat.getLastId', {
  doc: 'Tells the newest open channel chat tied to a CRM entity.',
  scope: 'imopenlines',
  params: {
    CRM_ENTITY_TYPE: required(entityType, TYPE_DOC, { missing: 'entityEmpty', invalid: 'entityNotFound' }),
    CRM_ENTITY: required(wire.id(), ENTITY_DOC, { missing: 'entityEmpty', invalid: 'entityInvalid' }),
  },
  result: z.int().positive().meta({ description: 'The id of the chat.' }),
  errors: {
    entityEmpty: ['CRM_CHAT_EMPTY_CRM_DATA', 400, 'Empty CRM data'],
    entityNotFound: ['CRM_CHAT_EMPTY_CRM_DATA', 400, 'Could not find CRM object'],
    entityInvalid: ['ERROR_ARGUMENT', 400, 'The value of an argument CRM_ENTITY has an invalid type'],
  },
  read: async ({ params, caller, fail }, read) => {
    const { CRM_ENTITY_TYPE: type, CRM_ENTITY: id } = params
    if (!(await mayAccess(read, caller, 'read', type, id))) return fail('entityNotFound')
    return (await lastChatOfEntity(read, type, id)) ?? fail('entityNotFound')
  },
})

const chatId = optional(wire.id(), 'The chat; the newest one of the entity when left out.')
const changedChat = z.int().nonnegative().meta({ description: 'The id of the chat; 0 when the entity has none.' })
const changeErrors = {
  joinDenied: ['ACCESS_DENIED', 403, "Access denied! You don't have access to join user to chat"],
  chatNotInCrm: ['CHAT_NOT_IN_CRM', 400, 'Chat does not belong to the CRM object being checked'],
  messengerMissing: ['IM_NOT_INSTALLED', 400, 'Messenger is not installed.'],
  userNotActive: ['CRM_CHAT_USER_NOT_ACTIVE', 400, 'User not active'],
} as const

interface ChangeCall {
  readonly caller: Caller
  readonly params: {
    readonly CRM_ENTITY_TYPE: CrmEntityType
    readonly CRM_ENTITY: number
    readonly USER_ID: number
    readonly CHAT_ID: number | undefined
  }
  readonly now: number
}

function changeOf({ params, caller, now }: ChangeCall): MembershipChange {
  return {
    accessor: caller,
    entityType: params.CRM_ENTITY_TYPE,
    entityId: params.CRM_ENTITY,
    userId: params.USER_ID,
    chatId: params.CHAT_ID,
    now,
  }
}

export const crmChatUserAdd = method('imopenlines.crm.chat.user.add', {
  doc: 'Lets an employee or a bot take part in an open channel chat tied to a CRM entity.',
  scope: 'imopenlines',
  params: {
    CRM_ENTITY_TYPE: required(entityType, TYPE_DOC, { invalidIsEmpty: true }),
    CRM_ENTITY: required(wire.id(), ENTITY_DOC),
    USER_ID: required(wire.id(), 'The employee or bot.', { missing: 'userEmpty' }),
    CHAT_ID: chatId,
  },
  result: changedChat,
  errors: {
    ...changeErrors,
    userEmpty: ['ERROR_ARGUMENT', 400, "Argument 'Empty USER_ID' is null or empty"],
    entityDeniedToUser: [
      'ACCESS_DENIED',
      403,
      'Access denied! This user does not have access to the chat because he does not have access to this CRM object',
    ],
    historyDeniedToUser: [
      'ACCESS_DENIED',
      403,
      'Access denied! This user does not have access to the chat because he does not have access to this view chat history',
    ],
    alreadyMember: ['WRONG_REQUEST', 400, "You don't have access or user already member in chat"],
  },
  write: (call, tx) => addCrmChatUser(tx, changeOf(call)),
})

export const crmChatUserDelete = method('imopenlines.crm.chat.user.delete', {
  doc: 'Takes an employee or a bot out of an open channel chat tied to a CRM entity.',
  scope: 'imopenlines',
  params: {
    CRM_ENTITY_TYPE: required(entityType, TYPE_DOC, { missing: 'entityEmpty', invalid: 'joinDenied' }),
    CRM_ENTITY: required(wire.id(), ENTITY_DOC, { missing: 'entityEmpty' }),
    USER_ID: required(wire.id(), 'The employee or bot.', { missing: 'userEmpty' }),
    CHAT_ID: chatId,
  },
  result: changedChat,
  errors: {
    ...changeErrors,
    entityEmpty: ['CRM_CHAT_EMPTY_CRM_DATA', 400, 'Empty CRM data'],
    userEmpty: ['CRM_CHAT_EMPTY_USER', 400, 'Empty User ID'],
    removeDenied: ['CHAT_DELETE_USER_PERMISSION_DENIED', 403, "You don't have access to delete a user from this chat"],
    notMember: ['WRONG_REQUEST', 400, "You don't have access or user already not in chat"],
  },
  write: (call, tx) => removeCrmChatUser(tx, changeOf(call)),
})
