import { ADMIN, ANNA, BORIS } from '../../support/portal.ts'
import type { Scenarios } from '../scenario.ts'
import { answeredConversation, conversation } from '../world.ts'

const ofCrm: Scenarios = {
  'imopenlines.crm.chat.get': async (t) => {
    const { lead } = await conversation(t)
    return { params: { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead, ACTIVE_ONLY: 'N' } }
  },
  'imopenlines.crm.chat.getLastId': async (t) => {
    const { lead } = await conversation(t)
    return { params: { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead } }
  },
  'imopenlines.crm.chat.user.add': async (t) => {
    const { lead, chat } = await conversation(t)
    return { params: { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead, USER_ID: ADMIN, CHAT_ID: chat } }
  },
  'imopenlines.crm.chat.user.delete': async (t) => {
    const { lead, chat } = await conversation(t)
    return { params: { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead, USER_ID: ANNA, CHAT_ID: chat } }
  },
  'imopenlines.crm.lead.create': async (t) => ({ params: { CHAT_ID: (await answeredConversation(t)).chat } }),
  'imopenlines.crm.message.add': async (t) => {
    const { lead, chat } = await conversation(t)
    return { params: { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: lead, USER_ID: ANNA, CHAT_ID: chat, MESSAGE: 'Hello' } }
  },
}

const settings = { LINE_NAME: 'Sales', ACTIVE: 'Y', QUEUE: [{ ENTITY_TYPE: 'user', ENTITY_ID: String(ANNA) }] }

const lines: Scenarios = {
  'imopenlines.config.add': () => ({ params: { PARAMS: settings } }),
  'imopenlines.config.delete': async (t) => ({ params: { CONFIG_ID: (await conversation(t)).line } }),
  'imopenlines.config.get': async (t) => ({
    params: { CONFIG_ID: (await conversation(t)).line, WITH_QUEUE: 'Y', SHOW_OFFLINE: 'Y' },
  }),
  'imopenlines.config.list.get': async (t) => {
    await t.call('user.update', { ID: ADMIN, WORK_POSITION: 'Operator' })
    await t.call('imopenlines.config.add', {
      PARAMS: { ...settings, QUEUE: [{ ENTITY_TYPE: 'department', ENTITY_ID: '1' }] },
    })
    return { params: { PARAMS: { select: ['ID', 'LINE_NAME', 'ACTIVE'] }, OPTIONS: { QUEUE: 'Y', CONFIG_QUEUE: 'Y' } } }
  },
  'imopenlines.config.path.get': () => ({ params: {} }),
  'imopenlines.config.update': async (t) => ({
    params: { CONFIG_ID: (await conversation(t)).line, PARAMS: { LINE_NAME: 'Service' } },
  }),
  'imopenlines.revision.get': () => ({ params: {} }),
}

const conversations: Scenarios = {
  'imopenlines.dialog.get': async (t) => {
    const { chat } = await conversation(t)
    await t.call('im.dialog.read', { DIALOG_ID: `chat${chat}` }, t.as(BORIS))
    return { params: { CHAT_ID: chat }, caller: t.as(ANNA) }
  },
  'imopenlines.message.quick.save': async (t) => {
    const { chat, message } = await conversation(t)
    return { params: { CHAT_ID: chat, MESSAGE_ID: message }, caller: t.as(ANNA) }
  },
  'imopenlines.message.session.start': async (t) => {
    const { chat, message } = await answeredConversation(t)
    return { params: { CHAT_ID: chat, MESSAGE_ID: message }, caller: t.as(ANNA) }
  },
  'imopenlines.session.head.vote': async (t) => {
    const { chat, session } = await answeredConversation(t)
    await t.call('imopenlines.operator.finish', { CHAT_ID: chat }, t.as(ANNA))
    return { params: { SESSION_ID: session, RATING: 5, COMMENT: 'Well done' } }
  },
  'imopenlines.session.history.get': async (t) => {
    const { session } = await answeredConversation(t)
    return { params: { SESSION_ID: session } }
  },
  'imopenlines.session.intercept': async (t) => ({ params: { CHAT_ID: (await answeredConversation(t)).chat } }),
  'imopenlines.session.join': async (t) => ({ params: { CHAT_ID: (await answeredConversation(t)).chat } }),
  'imopenlines.session.mode.pin': async (t) => ({
    params: { CHAT_ID: (await answeredConversation(t)).chat, ACTIVATE: 'Y' },
    caller: t.as(ANNA),
  }),
  'imopenlines.session.mode.pinAll': async (t) => {
    await answeredConversation(t)
    return { params: {}, caller: t.as(ANNA) }
  },
  'imopenlines.session.mode.silent': async (t) => ({
    params: { CHAT_ID: (await answeredConversation(t)).chat, ACTIVATE: 'Y' },
    caller: t.as(ANNA),
  }),
  'imopenlines.session.mode.unpinAll': async (t) => {
    await answeredConversation(t)
    await t.call('imopenlines.session.mode.pinAll', {}, t.as(ANNA))
    return { params: {}, caller: t.as(ANNA) }
  },
  'imopenlines.session.open': async (t) => ({ params: { USER_CODE: (await conversation(t)).userCode } }),
  'imopenlines.session.start': async (t) => ({
    params: { CHAT_ID: (await answeredConversation(t)).chat },
    caller: t.as(ANNA),
  }),
}

const operators: Scenarios = {
  'imopenlines.operator.another.finish': async (t) => ({ params: { CHAT_ID: (await answeredConversation(t)).chat } }),
  'imopenlines.operator.answer': async (t) => ({
    params: { CHAT_ID: (await conversation(t)).chat },
    caller: t.as(ANNA),
  }),
  'imopenlines.operator.finish': async (t) => ({
    params: { CHAT_ID: (await answeredConversation(t)).chat },
    caller: t.as(ANNA),
  }),
  'imopenlines.operator.skip': async (t) => ({ params: { CHAT_ID: (await conversation(t)).chat }, caller: t.as(ANNA) }),
  'imopenlines.operator.spam': async (t) => ({
    params: { CHAT_ID: (await answeredConversation(t)).chat },
    caller: t.as(ANNA),
  }),
  'imopenlines.operator.transfer': async (t) => ({
    params: { CHAT_ID: (await answeredConversation(t)).chat, TRANSFER_ID: String(BORIS) },
    caller: t.as(ANNA),
  }),
}

export const imopenlinesScenarios: Scenarios = { ...ofCrm, ...lines, ...conversations, ...operators }
