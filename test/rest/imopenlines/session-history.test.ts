import { expect, test } from 'vitest'
import { legacyText } from '../../../src/rest/imopenlines/session-history.ts'
import { ADMIN, ANNA, BORIS, testPortal } from '../../support/portal.ts'
import { CONNECTOR, openChannel } from '../../support/open-channel.ts'

const METHOD = 'imopenlines.session.history.get'

interface History {
  sessionId: number
  usersMessage: Record<string, string[]>
  message: Record<string, Record<string, unknown>>
  users: Record<string, unknown>
  chat: Record<string, unknown>
  [name: string]: unknown
}

test('tells the messages of one session, its chat and everybody in it', async () => {
  await using t = await testPortal()
  const { deliver, line } = await openChannel(t)
  const { chat, session, customer } = await deliver('m1', { message: { text: '[b]Hi[/b] <script>' } })
  const answer = await t.result<number>('im.message.add', { DIALOG_ID: `chat${chat}`, MESSAGE: 'Hello' }, t.as(ANNA))
  await t.call('imopenlines.session.start', { CHAT_ID: chat }, t.as(ANNA))
  await deliver('m2')
  const history = await t.result<History>(METHOD, { SESSION_ID: session })
  const [newest, oldest] = history.usersMessage[`chat${chat}`]!
  expect(newest).toBe(String(answer))
  expect(Object.keys(history.message)).toEqual([oldest, newest])
  expect(history.message[oldest!]).toMatchObject({
    id: oldest,
    chatid: String(chat),
    senderid: String(customer),
    recipientid: `chat${chat}`,
    text: '[b]Hi[/b] <script>',
    textlegacy: '<b>Hi</b> &lt;script&gt;',
    params: { connectorMid: ['m1'] },
  })
  expect(history).toMatchObject({
    chatId: chat,
    sessionId: session,
    canJoin: 'Y',
    canVoteHead: 'Y',
    sessionVoteHead: 0,
    sessionCommentHead: null,
    userId: `chat${chat}`,
    users: {
      [ANNA]: { id: String(ANNA), name: 'Anna Archer', departments: [1] },
      [customer]: { connector: true, firstName: 'Carla' },
    },
    openlines: { canvoteashead: { [line]: true } },
    userInGroup: { 1: { id: 1, users: [String(ANNA)] } },
    woUserInGroup: [String(customer)],
    chat: {
      [chat]: {
        id: String(chat),
        entityId: `${CONNECTOR}|${line}|c1|${customer}`,
        messageCount: 3,
        muteList: { [ANNA]: false },
      },
    },
    userBlockChat: { [chat]: { [ANNA]: false, [customer]: false } },
    userInChat: { [chat]: [ANNA, customer] },
    files: [],
  })
  const last = await t.result<History>(METHOD, { CHAT_ID: chat }, t.as(ANNA))
  expect(last.sessionId).toBeGreaterThan(session)
  expect(Object.values(last.message)).toMatchObject([{ text: 'Message m2' }])
  expect(last['canVoteHead']).toBe('N')
})

test('tells each refusal by its documented code', async () => {
  await using t = await testPortal()
  const { deliver } = await openChannel(t)
  const { chat, session } = await deliver('m1')
  const group = await t.result<number>('im.chat.add', { TITLE: 'A group', USERS: [ANNA] })
  expect(await t.error(METHOD)).toEqual({
    code: 'MISSING_REQUIRED_PARAM',
    status: 400,
    message: 'Session ID or Chat ID must be provided',
  })
  const denied = {
    code: 'ACCESS_DENIED',
    status: 400,
    message: 'You cannot open this conversation as you do not have sufficient rights',
  }
  for (const params of [
    { SESSION_ID: session },
    { CHAT_ID: chat },
    { SESSION_ID: 99 },
    { CHAT_ID: 99 },
    { CHAT_ID: group },
    { SESSION_ID: -1 },
  ]) {
    expect(await t.error(METHOD, params, t.as(BORIS))).toEqual(denied)
  }
  expect(await t.error(METHOD, { SESSION_ID: 99 }, t.as(ADMIN))).toEqual(denied)
  for (const params of [
    { CHAT_ID: 99 },
    { CHAT_ID: group },
    { CHAT_ID: 'x' },
    { SESSION_ID: [] },
    { SESSION_ID: { a: 1 } },
  ]) {
    expect(await t.error(METHOD, params)).toMatchObject({ code: 'INVALID_SESSION_ID', status: 400 })
  }
})

test('legacy text escapes what it does not know', () => {
  expect(legacyText('[B]a[/b] "&" <i>[br]\nb[url=javascript:x]c[/url]')).toBe(
    '<b>a</b> &quot;&amp;&quot; &lt;i&gt;<br /><br />b[url=javascript:x]c[/url]',
  )
})
