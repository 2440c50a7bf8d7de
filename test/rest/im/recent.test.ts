import { expect, test } from 'vitest'
import { createChat } from '../../../src/domain/chats/chats.ts'
import { addMember } from '../../../src/domain/chats/members.ts'
import { startSession } from '../../../src/domain/openlines/sessions.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { ADMIN, ANNA, BORIS, type TestPortal, testPortal } from '../../support/portal.ts'

interface Item {
  id: number | string
  counter: number
}

/** A group, a private and an open channel chat of the administrator, written into in this order, a minute apart. */
async function three(t: TestPortal): Promise<{ group: number; lines: number }> {
  const group = await t.result<number>('im.chat.add', { TITLE: 'Group', USERS: [ANNA], MESSAGE: '[b]First[/b]' })
  t.clock.advance(60_000)
  await t.call('im.message.add', { DIALOG_ID: ADMIN, MESSAGE: 'Second' }, t.as(BORIS))
  t.clock.advance(60_000)
  const now = t.clock.now()
  const lines = await t.portal.store.write(async (tx) => {
    const chatId = await createChat(tx, { kind: 'lines', title: 'Line', code: 'livechat|1|2|3', now })
    for (const userId of [ADMIN, ANNA]) await addMember(tx, { chatId, userId, now })
    await startSession(tx, {
      chatId,
      lineId: 1,
      connectorId: 'livechat',
      customerId: 3,
      startedBy: 3,
      operatorId: 0,
      state: 'new',
      autoCloseTime: 0,
      now,
    })
    return chatId
  })
  await t.call('im.message.add', { DIALOG_ID: `chat${lines}`, MESSAGE: 'Third', SYSTEM: 'Y' })
  return { group, lines }
}

const listed = async (t: TestPortal, params: JsonObject = {}): Promise<(number | string)[]> =>
  (await t.result<{ items: Item[] }>('im.recent.list', params)).items.map((item) => item.id)

test('dialogs come by their last message', async () => {
  await using t = await testPortal()
  const { group, lines } = await three(t)
  const items = await t.result<Item[]>('im.recent.get')
  expect(items).toMatchObject([
    {
      id: `chat${lines}`,
      type: 'chat',
      title: 'Line',
      user: { id: 0 },
      message: { text: 'Third', author_id: 0, uuid: null },
      chat: { id: lines, type: 'lines', mute_list: [], role: 'MEMBER' },
      lines: { status: 0 },
    },
    {
      id: BORIS,
      type: 'user',
      title: 'Boris Brown',
      user: { id: BORIS },
      counter: 1,
      date_update: '2026-01-05T10:01:00+01:00',
    },
    { id: `chat${group}`, title: 'Group', user: { id: ADMIN }, chat: { role: 'OWNER' }, counter: 0 },
  ])
  expect(await t.result('im.recent.get', {}, t.as(BORIS))).toMatchObject([{ id: ADMIN, counter: 0 }])
})

test('filters leave the others out', async () => {
  await using t = await testPortal()
  const { group, lines } = await three(t)
  expect(await listed(t, { SKIP_OPENLINES: 'Y' })).toEqual([BORIS, `chat${group}`])
  expect(await listed(t, { SKIP_CHAT: 'Y', SKIP_DIALOG: 'Y' })).toEqual([`chat${lines}`])
  expect(await listed(t, { SKIP_CHAT: 'Y', SKIP_DIALOG: 'Y', SKIP_OPENLINES: 'Y' })).toEqual([])
  expect(await listed(t, { SKIP_UNDISTRIBUTED_OPENLINES: 'Y' })).toEqual([BORIS, `chat${group}`])
  expect(await listed(t, { UNREAD_ONLY: 'Y' })).toEqual([`chat${lines}`, BORIS])
  expect(await listed(t, { CAN_MANAGE_MESSAGES: 'Y' })).toEqual([`chat${group}`])
  expect(await listed(t, { ONLY_COPILOT: 'Y' })).toEqual([])
  expect(await listed(t, { LAST_MESSAGE_DATE: '2026-01-05T10:02:00+01:00' })).toEqual([BORIS, `chat${group}`])
  const only = await t.result<Item[]>('im.recent.get', { ONLY_OPENLINES: 'Y' })
  expect(only.map((item) => item.id)).toEqual([`chat${lines}`])
  const since = await t.result<Item[]>('im.recent.get', { LAST_UPDATE: '2026-01-05T10:01:00+01:00' })
  expect(since.map((item) => item.id)).toEqual([`chat${lines}`, BORIS])
})

test('the list comes in pages, without a total', async () => {
  await using t = await testPortal()
  const { group, lines } = await three(t)
  const first = await t.call('im.recent.list', { LIMIT: 2 })
  expect(first).toMatchObject({
    total: -1,
    result: { items: [{ id: `chat${lines}` }, { id: BORIS }], hasMore: true, hasMorePages: true },
  })
  const second = await t.call('im.recent.list', { LIMIT: 2, OFFSET: 2, PARSE_TEXT: 'Y' })
  expect(second).toMatchObject({
    result: { items: [{ id: `chat${group}`, message: { text: 'First' } }], hasMore: false },
  })
})

test('dates must be dates', async () => {
  await using t = await testPortal()
  for (const bad of ['x', [], {}, '2026-99-99']) {
    expect(await t.error('im.recent.get', { LAST_UPDATE: bad })).toMatchObject({ code: 'ERROR_ARGUMENT', status: 400 })
  }
})
