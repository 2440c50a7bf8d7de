import { expect, test } from 'vitest'
import { ADMIN, ANNA, BORIS, testPortal } from '../../support/portal.ts'
import { CONNECTOR, openChannel } from '../../support/open-channel.ts'

const DIALOG = 'imopenlines.dialog.get'
const OPEN = 'imopenlines.session.open'
const START = 'imopenlines.session.start'
const SAVE = 'imopenlines.message.quick.save'

test('a chat is told whole, whichever way it is named', async () => {
  await using t = await testPortal()
  const { deliver, line } = await openChannel(t)
  const { chat, session, customer } = await deliver('m1')
  const shown = await t.result<Record<string, unknown>>(DIALOG, { CHAT_ID: chat }, t.as(ANNA))
  const code = `${CONNECTOR}|${line}|c1|${customer}`
  const seconds = Math.floor(t.portal.clock.now() / 1000)
  expect(shown).toMatchObject({
    id: chat,
    name: 'Carla Customer - Support',
    description: null,
    owner: ANNA,
    type: 'lines',
    message_type: 'L',
    entity_type: 'LINES',
    entity_id: code,
    entity_data_1: `N|NONE|0|N|N|${session}|${seconds}|0|0|0`,
    entity_data_2: 'LEAD|0|COMPANY|0|CONTACT|0|DEAL|0',
    entity_data_3: 'N',
    entity_link: { type: 'LINES', url: '', id: code },
    counter: 1,
    user_counter: 2,
    message_count: 1,
    role: 'owner',
    manager_list: [ANNA],
    dialog_id: `chat${chat}`,
  })
  for (const name of [{ DIALOG_ID: `chat${chat}` }, { SESSION_ID: session }, { USER_CODE: code }]) {
    expect(await t.result(DIALOG, name, t.as(ANNA))).toEqual(shown)
  }
  expect(await t.result(OPEN, { USER_CODE: code }, t.as(ANNA))).toEqual({ chatId: String(chat) })
})

test('participants, operators of the line and administrators may open it, nobody else', async () => {
  await using t = await testPortal()
  const { deliver, line } = await openChannel(t)
  const { chat, customer } = await deliver('m1')
  const code = `${CONNECTOR}|${line}|c1|${customer}`
  const denied = { code: 'ACCESS_ERROR', status: 400, message: 'You do not have access to the specified dialog' }
  expect(await t.result(DIALOG, { CHAT_ID: chat }, t.as(ADMIN))).toMatchObject({ role: 'guest' })
  expect(await t.error(DIALOG, { CHAT_ID: chat }, t.as(BORIS))).toEqual(denied)
  expect(await t.error(OPEN, { USER_CODE: code }, t.as(BORIS))).toMatchObject({ code: 'ACCESS_DENIED', status: 400 })
  await t.call('imopenlines.config.update', {
    CONFIG_ID: line,
    PARAMS: { QUEUE: [{ ENTITY_TYPE: 'department', ENTITY_ID: 1 }] },
  })
  expect(await t.result(DIALOG, { CHAT_ID: chat }, t.as(BORIS))).toMatchObject({ id: chat })
  expect(await t.result(OPEN, { USER_CODE: code }, t.as(BORIS))).toEqual({ chatId: String(chat) })
})

test('what is not there is told like what may not be seen', async () => {
  await using t = await testPortal()
  const { deliver } = await openChannel(t)
  const { chat } = await deliver('m1')
  const group = await t.result<number>('im.chat.add', { TITLE: 'A group', USERS: [ANNA] })
  const odd = [
    {},
    { CHAT_ID: 0 },
    { CHAT_ID: -1 },
    { CHAT_ID: 'x' },
    { CHAT_ID: [] },
    { CHAT_ID: chat + 9 },
    { CHAT_ID: group },
    { CHAT_ID: 9_007_199_254_740_991 },
    { DIALOG_ID: 'chatx' },
    { DIALOG_ID: 'chat99' },
    { SESSION_ID: 99 },
    { USER_CODE: 'a|1|b|2' },
    { USER_CODE: { a: 1 } },
  ]
  for (const params of odd)
    expect(await t.error(DIALOG, params, t.as(ANNA))).toMatchObject({ code: 'ACCESS_ERROR', status: 400 })
  for (const USER_CODE of [null, '', 'a|1|b|2', [], 'a\0b']) {
    expect(await t.error(OPEN, { USER_CODE }, t.as(ANNA))).toMatchObject({ code: 'ACCESS_DENIED', status: 400 })
  }
  for (const method of [START, SAVE]) {
    const strange = await t.error(method, { CHAT_ID: chat, MESSAGE_ID: 1 }, t.as(BORIS))
    expect(strange).toMatchObject({ code: 'ACCESS_DENIED', status: 400 })
    for (const CHAT_ID of [chat + 9, group])
      expect(await t.error(method, { CHAT_ID, MESSAGE_ID: 1 }, t.as(BORIS))).toEqual(strange)
    expect(await t.error(method, { CHAT_ID: chat + 9, MESSAGE_ID: 1 })).toMatchObject({ code: 'CHAT_ID', status: 400 })
    expect(await t.error(method, { CHAT_ID: group, MESSAGE_ID: 1 }, t.as(ANNA))).toMatchObject({
      code: 'CHAT_TYPE',
      status: 400,
    })
    for (const CHAT_ID of [null, '', 0, -1, 'x', {}]) {
      expect(await t.error(method, { CHAT_ID, MESSAGE_ID: 1 })).toMatchObject({ code: 'CHAT_ID', status: 400 })
    }
  }
})

test('a new session begins with the caller as its operator, and the open one closes', async () => {
  await using t = await testPortal()
  const { deliver } = await openChannel(t)
  const { chat } = await deliver('m1')
  expect(await t.result(START, { CHAT_ID: chat }, t.as(ADMIN))).toBe(true)
  const { db } = t.portal.store.read
  expect(await db.selectFrom('session').select(['state', 'operatorId']).orderBy('id').execute()).toEqual([
    { state: 'closed', operatorId: ANNA },
    { state: 'answered', operatorId: ADMIN },
  ])
  expect(await t.result(DIALOG, { CHAT_ID: chat })).toMatchObject({ owner: ADMIN, role: 'owner', user_counter: 3 })
})

test('a message becomes a quick answer of its line, once', async () => {
  await using t = await testPortal()
  const { deliver, line } = await openChannel(t)
  const { chat } = await deliver('m1')
  const message = await t.result<number>(
    'im.message.add',
    { DIALOG_ID: `chat${chat}`, MESSAGE: 'We open at nine' },
    t.as(ANNA),
  )
  for (let n = 0; n < 2; n++)
    expect(await t.result(SAVE, { CHAT_ID: chat, MESSAGE_ID: message }, t.as(ANNA))).toBe(true)
  const kept = await t.portal.store.read.db.selectFrom('quickAnswer').selectAll().execute()
  expect(kept).toMatchObject([{ lineId: line, authorId: ANNA, text: 'We open at nine' }])
  for (const MESSAGE_ID of [message + 9, 0, 'x', null]) {
    expect(await t.error(SAVE, { CHAT_ID: chat, MESSAGE_ID }, t.as(ANNA))).toMatchObject({
      code: 'CANT_SAVE_QUICK_ANSWER',
      status: 400,
    })
  }
})
