import { expect, test } from 'vitest'
import { createChat } from '../../../src/domain/chats/chats.ts'
import { ADMIN, ANNA, BORIS, LEAVER, testPortal } from '../../support/portal.ts'

interface Shown {
  messages: { author_id: number; text: string; params: object }[]
}

test('a group chat has an owner, its people and its first message', async () => {
  await using t = await testPortal()
  const chat = await t.result<number>('im.chat.add', {
    TITLE: 'Project',
    DESCRIPTION: 'All about it',
    COLOR: 'mint',
    MESSAGE: 'Welcome',
    USERS: [ANNA, ANNA, LEAVER, 999],
    ENTITY_TYPE: 'CRM',
    ENTITY_ID: 'DEAL|7',
  })
  expect(await t.result('im.chat.user.list', { CHAT_ID: chat }, t.as(ANNA))).toEqual([ADMIN, ANNA])
  expect(await t.result('im.chat.user.list', { CHAT_ID: chat }, t.as(BORIS))).toEqual([])
  expect(await t.result('im.dialog.get', { DIALOG_ID: `chat${chat}` }, t.as(ANNA))).toMatchObject({
    id: chat,
    name: 'Project',
    description: 'All about it',
    color: '#4ba984',
    owner: ADMIN,
    manager_list: [ADMIN],
    entity_type: 'CRM',
    entity_id: 'DEAL|7',
    message_count: 1,
    role: 'member',
    counter: 1,
  })
  expect(await t.result('im.chat.get', { ENTITY_TYPE: 'CRM', ENTITY_ID: 'DEAL|7' })).toEqual({ ID: chat })
})

test('a chat without a title is called by its people', async () => {
  await using t = await testPortal()
  const chat = await t.result<number>('im.chat.add', { USERS: [BORIS] })
  expect(await t.result('im.dialog.get', { DIALOG_ID: `chat${chat}` })).toMatchObject({
    name: 'Ada Admin, Boris Brown',
  })
})

test('an open channel chat is found by its user code; what is not there is null', async () => {
  await using t = await testPortal()
  const code = 'telegrambot|2|209607941|744'
  const chat = await t.portal.store.write((tx) =>
    createChat(tx, { kind: 'lines', title: 'Line', code, now: t.clock.now() }),
  )
  expect(await t.result('im.chat.get', { ENTITY_TYPE: 'LINES', ENTITY_ID: code })).toEqual({ ID: chat })
  expect(await t.result('im.chat.get', { ENTITY_TYPE: 'LINES', ENTITY_ID: 'x' })).toBeNull()
  expect(await t.result('im.chat.get', { ENTITY_TYPE: 'LINES' })).toBeNull()
  expect(await t.result('im.chat.get')).toBeNull()
})

test('people come in with or without what was said before', async () => {
  await using t = await testPortal()
  const chat = await t.result<number>('im.chat.add', { MESSAGE: 'Before' })
  expect(await t.error('im.chat.user.add', { CHAT_ID: chat, USERS: [ANNA] }, t.as(BORIS))).toMatchObject({
    code: 'ACCESS_ERROR',
    status: 400,
  })
  await t.call('im.chat.user.add', { CHAT_ID: chat, USERS: [ANNA], HIDE_HISTORY: 'Y' })
  await t.call('im.chat.user.add', { CHAT_ID: chat, USERS: [BORIS] })
  const texts = async (userId: number) => {
    const { messages } = await t.result<Shown>('im.dialog.messages.get', { DIALOG_ID: `chat${chat}` }, t.as(userId))
    return messages.map((message) => message.text)
  }
  const anna = `[USER=${ADMIN} REPLACE]Ada Admin[/USER] invited [USER=${ANNA} REPLACE]Anna Archer[/USER] to the chat`
  const boris = `[USER=${ADMIN} REPLACE]Ada Admin[/USER] invited [USER=${BORIS} REPLACE]Boris Brown[/USER] to the chat`
  expect(await texts(ANNA)).toEqual([boris, anna])
  expect(await texts(BORIS)).toEqual([boris, anna, 'Before'])
  const { messages } = await t.result<Shown>('im.dialog.messages.get', { DIALOG_ID: `chat${chat}` })
  expect(messages[0]).toMatchObject({ author_id: 0, params: { CODE: ['CHAT_JOIN'], NOTIFY: 'N' } })
})

test('only the owner and managers take others out, anybody himself', async () => {
  await using t = await testPortal()
  const chat = await t.result<number>('im.chat.add', { USERS: [ANNA, BORIS] })
  const remove = { CHAT_ID: chat, USER_ID: BORIS }
  expect(await t.error('im.chat.user.delete', remove, t.as(ANNA))).toMatchObject({ code: 'ACCESS_DENIED_KICK' })
  expect(await t.error('im.chat.user.delete', { ...remove, USER_ID: LEAVER })).toMatchObject({ code: 'USER_NOT_FOUND' })
  expect(await t.error('im.chat.user.delete', { ...remove, USER_ID: 'x' })).toMatchObject({ code: 'USER_ID_EMPTY' })
  expect(await t.error('im.chat.user.delete', { USER_ID: ANNA })).toMatchObject({ code: 'CHAT_ID_EMPTY' })
  expect(await t.result('im.chat.user.delete', remove)).toBe(true)
  expect(await t.error('im.message.add', { DIALOG_ID: `chat${chat}`, MESSAGE: 'x' }, t.as(BORIS))).toMatchObject({
    code: 'ACCESS_ERROR',
  })
  expect(await t.result('im.chat.leave', { CHAT_ID: chat })).toBe(true)
  expect(await t.result('im.dialog.get', { DIALOG_ID: `chat${chat}` }, t.as(ANNA))).toMatchObject({
    owner: ANNA,
    role: 'owner',
  })
  expect(await t.error('im.chat.leave', { CHAT_ID: chat })).toMatchObject({ code: 'ACCESS_ERROR', status: 400 })
})

test('title, colour and owner change', async () => {
  await using t = await testPortal()
  const chat = await t.result<number>('im.chat.add', { USERS: [ANNA] })
  expect(await t.result('im.chat.updateTitle', { DIALOG_ID: `chat${chat}`, TITLE: 'New' })).toBe(true)
  expect(await t.result('im.chat.updateColor', { CHAT_ID: chat, COLOR: 'RED' })).toBe(true)
  expect(await t.error('im.chat.updateColor', { CHAT_ID: chat, COLOR: 'RED' })).toMatchObject({ code: 'WRONG_REQUEST' })
  expect(await t.error('im.chat.updateColor', { CHAT_ID: chat, COLOR: 'toString' })).toMatchObject({
    code: 'WRONG_COLOR',
  })
  expect(await t.error('im.chat.updateTitle', { CHAT_ID: chat })).toMatchObject({ code: 'TITLE_EMPTY' })
  expect(await t.error('im.chat.updateTitle', { TITLE: 'x' })).toMatchObject({ code: 'CHAT_ID_EMPTY' })
  expect(await t.error('im.chat.updateTitle', { DIALOG_ID: '5', TITLE: 'x' })).toMatchObject({
    code: 'DIALOG_ID_EMPTY',
  })
  expect(await t.error('im.chat.updateTitle', { CHAT_ID: chat, TITLE: 'x' }, t.as(BORIS))).toMatchObject({
    code: 'ACCESS_ERROR',
  })
  expect(await t.error('im.chat.setOwner', { CHAT_ID: chat, USER_ID: BORIS })).toMatchObject({ code: 'WRONG_REQUEST' })
  expect(await t.error('im.chat.setOwner', { CHAT_ID: chat, USER_ID: ANNA }, t.as(ANNA))).toMatchObject({
    code: 'WRONG_REQUEST',
  })
  expect(await t.result('im.chat.setOwner', { CHAT_ID: chat, USER_ID: ANNA })).toBe(true)
  expect(await t.result('im.dialog.get', { DIALOG_ID: `chat${chat}` })).toMatchObject({
    name: 'New',
    color: '#df532d',
    owner: ANNA,
  })
})

test('a manager of a group chat deletes what others wrote, but changes none of it', async () => {
  await using t = await testPortal()
  const chat = await t.result<number>('im.chat.add', { USERS: [ANNA, BORIS] })
  const id = await t.result<number>('im.message.add', { DIALOG_ID: `chat${chat}`, MESSAGE: 'Rude' }, t.as(ANNA))
  expect(await t.error('im.message.delete', { MESSAGE_ID: id }, t.as(BORIS))).toMatchObject({
    code: 'CANT_EDIT_MESSAGE',
  })
  expect(await t.error('im.message.update', { MESSAGE_ID: id, MESSAGE: 'Kind' })).toMatchObject({
    code: 'CANT_EDIT_MESSAGE',
  })
  expect(await t.result('im.message.delete', { MESSAGE_ID: id })).toBe(true)
})

test('what is muted is the caller’s to say', async () => {
  await using t = await testPortal()
  const chat = await t.result<number>('im.chat.add', {})
  expect(await t.result('im.chat.mute', { CHAT_ID: chat })).toBe(true)
  expect(await t.result('im.dialog.get', { DIALOG_ID: `chat${chat}` })).toMatchObject({ mute_list: [ADMIN] })
  expect(await t.error('im.chat.mute', { CHAT_ID: chat }, t.as(ANNA))).toMatchObject({
    code: 'ACCESS_ERROR',
    status: 403,
  })
})
