import { expect, test } from 'vitest'
import { ADMIN, ANNA, BORIS, LEAVER, type TestPortal, testPortal } from '../../support/portal.ts'
import { CONNECTOR, application, openChannel, withCrm } from '../../support/open-channel.ts'

const METHOD = 'imconnector.send.messages'

const argument = (text: string) => ({ code: 'ERROR_ARGUMENT', status: 400, message: text })

const messagesOf = ({ portal }: TestPortal, chatId: number) =>
  portal.store.read.db.selectFrom('message').selectAll().where('chatId', '=', chatId).orderBy('id').execute()
const sessionsOf = ({ portal }: TestPortal) =>
  portal.store.read.db.selectFrom('session').selectAll().orderBy('id').execute()
const tiesOf = ({ portal }: TestPortal) =>
  portal.store.read.db.selectFrom('chatCrm').select(['entityType', 'entityId']).orderBy('id').execute()

test('a first message makes the customer, the chat and a session offered to the queue', async () => {
  await using t = await testPortal()
  const { send, message, line } = await openChannel(t)
  const user = {
    id: 42,
    phone: '+49 30 123456',
    email: 'Carla@example.com',
    gender: 'female',
    picture: { url: 'https://example.com/c.png' },
    url: 'https://example.com/u/42',
  }
  const answer = await send(
    message('m1', {
      user: { ...user, skip_phone_validate: 'Y' },
      message: { date: 1_700_000_000, text: ' [b]Hi[/b]\n😀 ', disable_crm: 'Y' },
      chat: { id: 'channel-1', name: 'A channel', url: 'https://example.com/chats/1' },
    }),
  )
  const [sent] = answer.DATA.RESULT
  expect(answer).toMatchObject({ SUCCESS: true })
  expect(sent).toEqual({
    user: sent!.user,
    message: { id: 'm1', date: {}, text: ' [b]Hi[/b]\n😀 ', files: [] },
    chat: { id: 'channel-1', name: 'A channel', description: 'Link to the original post: https://example.com/chats/1' },
    extra: { skip_phone_validate: 'Y', disable_tracker: 'Y' },
    SUCCESS: true,
    session: sent!.session,
  })
  const chatId = Number(sent!.session!.CHAT_ID)
  const { db } = t.portal.store.read
  const customer = await db
    .selectFrom('user')
    .selectAll()
    .where('id', '=', Number(sent!.user))
    .executeTakeFirstOrThrow()
  expect(customer).toMatchObject({
    kind: 'customer',
    name: 'Carla',
    lastName: 'Customer',
    phone: '+49 30 123456',
    email: 'Carla@example.com',
    gender: 'F',
    avatarUrl: 'https://example.com/c.png',
  })
  const chat = await db.selectFrom('chat').selectAll().where('id', '=', chatId).executeTakeFirstOrThrow()
  expect(chat).toMatchObject({
    kind: 'lines',
    title: 'Carla Customer - Support',
    code: `${CONNECTOR}|${line}|channel-1|${customer.id}`,
    ownerId: ANNA,
  })
  expect(await sessionsOf(t)).toMatchObject([
    {
      state: 'waiting',
      operatorId: ANNA,
      customerId: customer.id,
      lineId: line,
      sourceUrl: 'https://example.com/chats/1',
    },
  ])
  const [written] = await messagesOf(t, chatId)
  expect(written).toMatchObject({
    authorId: customer.id,
    text: ' [b]Hi[/b]\n😀 ',
    createdAt: 1_700_000_000_000,
    params: { CONNECTOR_MID: ['m1'] },
  })
})

test('what follows goes into the same chat and session; after a close a new session begins', async () => {
  await using t = await testPortal()
  const { deliver } = await openChannel(t)
  const first = await deliver('m1')
  expect(await deliver('m2', { user: { name: 'Clara' } })).toEqual(first)
  const renamed = t.portal.store.read.db
    .selectFrom('user')
    .select(['name', 'lastName'])
    .where('id', '=', first.customer)
  expect(await renamed.executeTakeFirst()).toEqual({ name: 'Clara', lastName: 'Customer' })
  expect(await deliver('m3', { chat: { id: 'c2' } })).toMatchObject({ customer: first.customer })
  await t.call('im.message.add', { DIALOG_ID: `chat${first.chat}`, MESSAGE: 'Hello' }, t.as(ANNA))
  expect((await sessionsOf(t))[0]).toMatchObject({ state: 'answered', operatorId: ANNA })
  await t.call('imopenlines.session.start', { CHAT_ID: first.chat }, t.as(ANNA))
  const sessions = (await sessionsOf(t)).filter((session) => session.chatId === first.chat)
  expect(sessions.map((session) => session.state)).toEqual(['closed', 'answered'])
})

test('a message that came before is answered as the first time and not written again', async () => {
  await using t = await testPortal()
  const { send, message } = await openChannel(t)
  const first = await send(message('m1'))
  expect(await send(message('m1'), message('m1'))).toEqual({
    SUCCESS: true,
    DATA: { RESULT: [first.DATA.RESULT[0], first.DATA.RESULT[0]] },
  })
  expect(await messagesOf(t, Number(first.DATA.RESULT[0]!.session!.CHAT_ID))).toHaveLength(1)
})

test('a message that cannot be taken fails alone', async () => {
  await using t = await testPortal()
  const { send, message } = await openChannel(t)
  const answer = await send(
    message('m1', { message: { text: '' } }),
    message('m2'),
    message('m3', { user: { id: '' } }),
    message('m4', { message: { text: 'x'.repeat(20_001) } }),
    message('m5', { message: { text: { a: 1 } } }),
    message('m6', { message: { user_id: LEAVER } }),
    message('m7', { message: { text: 'a\0b' } }),
  )
  expect(answer.SUCCESS).toBe(false)
  expect(answer.DATA.RESULT.map((result) => result.SUCCESS)).toEqual([false, true, false, false, false, false, false])
  expect(answer.DATA.RESULT.map((result) => result.ERRORS?.length ?? 0)).toEqual([1, 0, 1, 1, 1, 1, 1])
  expect(await messagesOf(t, Number(answer.DATA.RESULT[1]!.session!.CHAT_ID))).toHaveLength(1)
  const customers = await t.portal.store.read.db
    .selectFrom('user')
    .select('id')
    .where('kind', '=', 'customer')
    .execute()
  expect(customers).toHaveLength(1)
})

test('files alone are a message', async () => {
  await using t = await testPortal()
  const { send, message } = await openChannel(t)
  const files = [{ url: 'https://example.com/a.png', name: 'a.png' }]
  const [sent] = (await send(message('m1', { message: { text: '', files } }))).DATA.RESULT
  expect(sent).toMatchObject({ SUCCESS: true, message: { files } })
  const [written] = await messagesOf(t, Number(sent!.session!.CHAT_ID))
  expect(written!.params).toMatchObject({ FILES: [{ name: 'a.png', link: 'https://example.com/a.png' }] })
})

test('an employee named in it is the author, and it is an answer', async () => {
  await using t = await testPortal()
  const { deliver, send, message } = await openChannel(t)
  const { chat } = await deliver('m1')
  await deliver('m2', { message: { user_id: BORIS } })
  expect((await messagesOf(t, chat)).map((written) => written.authorId)).toEqual([expect.any(Number), BORIS])
  expect(await sessionsOf(t)).toMatchObject([{ state: 'answered', operatorId: ANNA }])
  await t.settings({ restrictSender: true })
  expect(await send(message('m3', { message: { user_id: BORIS } }))).toMatchObject({ SUCCESS: false })
  expect(await send(message('m4', { message: { user_id: ANNA } }))).toMatchObject({ SUCCESS: true })
})

test('in a group all customers of an outside chat share one chat', async () => {
  await using t = await testPortal()
  const { deliver } = await openChannel(t, { CRM: 'Y' }, { CHAT_GROUP: true })
  const first = await deliver('m1', { chat: { name: 'A group' } })
  const second = await deliver('m2', { user: { id: 'u2', name: 'Dora' } })
  expect(second).toMatchObject({ chat: first.chat, session: first.session })
  expect(second.customer).not.toBe(first.customer)
  expect(await tiesOf(t)).toEqual([])
})

test.each([
  ['N', 'N', []],
  ['Y', 'N', ['Welcome!']],
  ['Y', 'Y', ['Welcome!', 'Welcome!']],
])('WELCOME_MESSAGE %s, SEND_WELCOME_EACH_SESSION %s', async (welcome, each, wanted) => {
  await using t = await testPortal()
  const settings = { WELCOME_MESSAGE: welcome, WELCOME_MESSAGE_TEXT: 'Welcome!', SEND_WELCOME_EACH_SESSION: each }
  const { deliver } = await openChannel(t, settings)
  const { chat } = await deliver('m1')
  await deliver('m2')
  await t.portal.store.write((tx) =>
    tx.db
      .updateTable('session')
      .set({ state: 'closed' })
      .execute()
      .then(() => undefined),
  )
  await deliver('m3')
  const system = (await messagesOf(t, chat)).filter((message) => message.isSystem)
  expect(system.map((message) => [message.authorId, message.text])).toEqual(wanted.map((text) => [0, text]))
})

test('a customer who is not in the CRM becomes a lead of his operator', async () => {
  await using t = await testPortal()
  await withCrm(t)
  const { deliver, line } = await openChannel(t, { CRM: 'Y', CRM_CREATE: 'lead' })
  const { chat } = await deliver('m1', { user: { phone: '+49 30 123456', email: 'carla@example.com' } })
  const [tie] = await tiesOf(t)
  expect(tie).toMatchObject({ entityType: 'lead' })
  const lead = await t.portal.store.read.db.selectFrom('lead').selectAll().executeTakeFirstOrThrow()
  expect(lead).toMatchObject({ name: 'Carla', lastName: 'Customer', assignedById: ANNA, sourceId: `${line}|TESTCHAT` })
  const fields = await t.portal.store.read.db
    .selectFrom('multifield')
    .select(['typeId', 'value'])
    .orderBy('id')
    .execute()
  expect(fields).toEqual([
    { typeId: 'PHONE', value: '+49 30 123456' },
    { typeId: 'EMAIL', value: 'carla@example.com' },
  ])
  expect(await t.result('imopenlines.dialog.get', { CHAT_ID: chat })).toMatchObject({
    entity_data_1: expect.stringMatching(
      new RegExp(`^Y\\|LEAD\\|${lead.id}\\|N\\|N\\|\\d+\\|\\d+\\|0\\|0\\|0$`),
    ) as string,
    entity_data_2: `LEAD|${lead.id}|COMPANY|0|CONTACT|0|DEAL|0`,
    entity_data_3: 'N',
  })
})

test('CRM_CREATE deal makes a contact with its deal, none makes nothing, and so does disable_crm', async () => {
  await using t = await testPortal()
  await withCrm(t)
  const deals = await openChannel(t, { CRM: 'Y', CRM_CREATE: 'deal', CRM_SOURCE: 'WEB' })
  await deals.deliver('m0', { user: { id: 'quiet' }, message: { disable_crm: 'Y' } })
  expect(await tiesOf(t)).toEqual([])
  await deals.deliver('m1')
  expect((await tiesOf(t)).map((tie) => tie.entityType)).toEqual(['contact', 'deal'])
  expect(await t.portal.store.read.db.selectFrom('deal').select('sourceId').execute()).toEqual([{ sourceId: 'WEB' }])
  const nothing = await openChannel(t, { CRM: 'Y', CRM_CREATE: 'none' })
  await nothing.deliver('m1', { user: { id: 'u2' } })
  expect(await tiesOf(t)).toHaveLength(2)
})

test('a customer with a known phone is tied to what is there, and whoever is responsible answers', async () => {
  await using t = await testPortal()
  await withCrm(t)
  const fields = { TITLE: 'Known', ASSIGNED_BY_ID: BORIS, PHONE: [{ VALUE: '+49 30 123456', VALUE_TYPE: 'WORK' }] }
  const lead = await t.result<number>('crm.lead.add', { fields })
  const { deliver } = await openChannel(t, { CRM: 'Y' })
  await deliver('m1', { user: { phone: '+4930123456' } })
  expect(await tiesOf(t)).toEqual([{ entityType: 'lead', entityId: lead }])
  expect(await sessionsOf(t)).toMatchObject([{ operatorId: BORIS, crmCreated: false }])
})

test('what is not a phone stays out of the CRM unless the check is switched off', async () => {
  await using t = await testPortal()
  await withCrm(t)
  const { deliver } = await openChannel(t, { CRM: 'Y', CRM_CREATE: 'lead' })
  await deliver('m1', { user: { phone: 'call me' } })
  expect(await t.portal.store.read.db.selectFrom('multifield').select('value').execute()).toEqual([])
})

test('what the CRM refuses does not keep the message away', async () => {
  await using t = await testPortal()
  await withCrm(t)
  const { deliver } = await openChannel(t, { CRM: 'Y', CRM_CREATE: 'lead', CRM_SOURCE: 'a source that is gone' })
  const { chat } = await deliver('m1', { user: { email: 'no e-mail' } })
  expect(await messagesOf(t, chat)).toHaveLength(1)
})

test('tells each refusal by its documented code', async () => {
  await using t = await testPortal()
  const { app, line, message } = await openChannel(t)
  const params = { CONNECTOR, LINE: line, MESSAGES: [message('m1')] }
  expect(await t.error(METHOD, params)).toMatchObject({ code: 'WRONG_AUTH_TYPE', status: 403 })
  for (const name of Object.keys(params)) {
    expect(await t.error(METHOD, { ...params, [name]: null }, app)).toEqual(
      argument(`Argument '${name}' is null or empty`),
    )
  }
  expect(await t.error(METHOD, { ...params, MESSAGES: [] }, app)).toEqual(
    argument("Argument 'MESSAGES' is null or empty"),
  )
  expect(await t.error(METHOD, { ...params, MESSAGES: 'x' }, app)).toEqual(
    argument("The value of an argument 'MESSAGES' must be of type array"),
  )
  expect(await t.error(METHOD, { ...params, MESSAGES: ['x'] }, app)).toEqual(
    argument('The MESSAGES parameter must be an array of messages (arrays)'),
  )
  for (const block of ['user', 'message', 'chat']) {
    const MESSAGES = [{ ...message('m1'), [block]: 'x' }]
    expect(await t.error(METHOD, { ...params, MESSAGES }, app)).toEqual(
      argument('The incorrect structure of a message inside MESSAGES parameter'),
    )
  }
  for (const LINE of [line + 1, 0, -1, 9_007_199_254_740_991]) {
    expect(await t.error(METHOD, { ...params, LINE }, app)).toMatchObject({ code: 'NOT_ACTIVE_LINE', status: 400 })
  }
  expect(await t.error(METHOD, { ...params, CONNECTOR: 'nosuch' }, app)).toMatchObject({
    code: 'IMCONNECTOR_NO_CORRECT_PROVIDER',
    status: 400,
  })
  expect(await t.error(METHOD, params, application(t, ADMIN, 2))).toMatchObject({
    code: 'IMCONNECTOR_NO_CORRECT_PROVIDER',
  })
  await t.call('imconnector.activate', { CONNECTOR, LINE: line, ACTIVE: 0 }, app)
  expect(await t.error(METHOD, params, app)).toMatchObject({ code: 'IMCONNECTOR_NO_CORRECT_PROVIDER' })
  await t.call('imopenlines.config.update', { CONFIG_ID: line, PARAMS: { ACTIVE: 'N' } })
  expect(await t.error(METHOD, params, app)).toMatchObject({ code: 'NOT_ACTIVE_LINE' })
})
