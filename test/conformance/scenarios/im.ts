import { ADMIN, ANNA, BORIS, type TestPortal } from '../../support/portal.ts'
import type { Scenarios } from '../scenario.ts'
import { PIXEL, groupChat, salesDepartment } from '../world.ts'

const chats: Scenarios = {
  'im.chat.add': () => ({ params: { TYPE: 'OPEN', TITLE: 'Plans', USERS: [ANNA], MESSAGE: 'Welcome', COLOR: 'PINK' } }),
  'im.chat.get': async (t) => {
    await groupChat(t, { ENTITY_TYPE: 'CRM', ENTITY_ID: 'DEAL|1' })
    return { params: { ENTITY_TYPE: 'CRM', ENTITY_ID: 'DEAL|1' } }
  },
  'im.chat.leave': async (t) => ({ params: { CHAT_ID: (await groupChat(t)).chat }, caller: t.as(BORIS) }),
  'im.chat.mute': async (t) => ({ params: { CHAT_ID: (await groupChat(t)).chat, MUTE: 'Y' } }),
  'im.chat.setOwner': async (t) => ({ params: { CHAT_ID: (await groupChat(t)).chat, USER_ID: ANNA } }),
  'im.chat.updateAvatar': async (t) => ({ params: { CHAT_ID: (await groupChat(t)).chat, AVATAR: PIXEL } }),
  'im.chat.updateColor': async (t) => ({ params: { CHAT_ID: (await groupChat(t)).chat, COLOR: 'MINT' } }),
  'im.chat.updateTitle': async (t) => ({ params: { CHAT_ID: (await groupChat(t)).chat, TITLE: 'Other plans' } }),
  'im.chat.user.add': async (t) => {
    const { chat } = await groupChat(t, { USERS: [ANNA] })
    return { params: { CHAT_ID: chat, USERS: [BORIS] } }
  },
  'im.chat.user.delete': async (t) => ({ params: { CHAT_ID: (await groupChat(t)).chat, USER_ID: BORIS } }),
  'im.chat.user.list': async (t) => ({ params: { CHAT_ID: (await groupChat(t)).chat } }),
}

const dialogs: Scenarios = {
  'im.counters.get': async (t) => {
    const { chat } = await groupChat(t)
    await t.call('im.chat.mute', { CHAT_ID: chat, MUTE: 'Y' })
    await t.call('im.message.add', { DIALOG_ID: String(ADMIN), MESSAGE: 'To you' }, t.as(ANNA))
    return { params: {} }
  },
  'im.dialog.get': async (t) => ({ params: { DIALOG_ID: (await groupChat(t)).dialog } }),
  'im.dialog.messages.get': async (t) => {
    const { dialog, message } = await groupChat(t)
    await t.call('im.message.like', { MESSAGE_ID: message, ACTION: 'plus' })
    return { params: { DIALOG_ID: dialog, LIMIT: 1 } }
  },
  'im.dialog.messages.search': async (t) => ({
    params: { CHAT_ID: (await groupChat(t)).chat, SEARCH_MESSAGE: 'Hello' },
  }),
  'im.dialog.read': async (t) => ({ params: { DIALOG_ID: (await groupChat(t)).dialog } }),
  'im.dialog.read.all': async (t) => {
    await groupChat(t)
    return { params: {} }
  },
  'im.dialog.unread': async (t) => {
    const { dialog, message } = await groupChat(t)
    await t.call('im.dialog.read', { DIALOG_ID: dialog })
    return { params: { DIALOG_ID: dialog, MESSAGE_ID: message } }
  },
  'im.dialog.users.list': async (t) => {
    await t.call('user.update', { ID: ADMIN, PERSONAL_MOBILE: '+49 170 1' })
    return { params: { DIALOG_ID: (await groupChat(t)).dialog } }
  },
  'im.dialog.writing': async (t) => ({ params: { DIALOG_ID: (await groupChat(t)).dialog } }),
  'im.recent.get': async (t) => {
    const { dialog } = await groupChat(t)
    await t.call('im.message.add', { DIALOG_ID: dialog, MESSAGE: 'A notice', SYSTEM: 'Y' })
    return { params: {} }
  },
  'im.recent.list': async (t) => {
    await t.call('im.message.add', { DIALOG_ID: String(ADMIN), MESSAGE: 'To you' }, t.as(ANNA))
    return { params: {} }
  },
  'im.recent': async (t) => ({ params: { DIALOG_ID: (await groupChat(t)).dialog, PIN: 'Y' } }),
  'im.recent.hide': async (t) => ({ params: { DIALOG_ID: (await groupChat(t)).dialog } }),
  'im.recent.unread': async (t) => ({ params: { DIALOG_ID: (await groupChat(t)).dialog, ACTION: 'Y' } }),
}

const messages: Scenarios = {
  'im.message.add': async (t) => ({ params: { DIALOG_ID: (await groupChat(t)).dialog, MESSAGE: 'Good [b]day[/b]' } }),
  'im.message.delete': async (t) => ({ params: { MESSAGE_ID: (await groupChat(t)).message }, caller: t.as(ANNA) }),
  'im.message.like': async (t) => ({ params: { MESSAGE_ID: (await groupChat(t)).message, ACTION: 'plus' } }),
  'im.message.update': async (t) => ({
    params: { MESSAGE_ID: (await groupChat(t)).message, MESSAGE: 'Hello again' },
    caller: t.as(ANNA),
  }),
  'im.message.share': async (t) => {
    const { message, dialog } = await groupChat(t)
    return { params: { MESSAGE_ID: message, DIALOG_ID: dialog, TYPE: 'CHAT' } }
  },
}

async function givePhones(t: TestPortal, user: number): Promise<void> {
  await t.call('user.update', { ID: user, WORK_PHONE: '+49 30 1', PERSONAL_MOBILE: '+49 170 1', UF_PHONE_INNER: '21' })
}

const people: Scenarios = {
  'im.user.get': async (t) => {
    await givePhones(t, ANNA)
    return { params: { ID: ANNA, AVATAR_HR: 'Y' } }
  },
  'im.user.list.get': async (t) => {
    await givePhones(t, ANNA)
    return { params: { ID: [ANNA, BORIS], AVATAR_HR: 'Y', RESULT_TYPE: 'array' } }
  },
  'im.user.status.get': async (t) => {
    await t.call('im.user.status.set', { STATUS: 'dnd' })
    return { params: {} }
  },
  'im.user.status.set': () => ({ params: { STATUS: 'dnd' } }),
  'im.user.status.idle.start': () => ({ params: { AGO: 10 } }),
  'im.user.status.idle.end': () => ({ params: {} }),
  'im.department.get': async (t) => ({ params: { ID: [await salesDepartment(t)] } }),
  'im.department.managers.get': async (t) => ({ params: { ID: [await salesDepartment(t)] } }),
  'im.department.employees.get': async (t) => ({ params: { ID: [await salesDepartment(t)] } }),
  'im.department.colleagues.list': async (t) => {
    await salesDepartment(t)
    return { params: {} }
  },
  'im.search.user.list': () => ({ params: { FIND: 'Anna' } }),
  'im.search.chat.list': async (t) => {
    await groupChat(t, { TITLE: 'Template' })
    return { params: { FIND: 'Template' } }
  },
  'im.search.department.list': async (t) => {
    await salesDepartment(t)
    return { params: { FIND: 'Sales', USER_DATA: 'Y' } }
  },
  'im.revision.get': () => ({ params: {} }),
}

export const imScenarios: Scenarios = { ...chats, ...dialogs, ...messages, ...people }
