import type { Caller } from '../../../src/domain/caller.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { ANNA, type TestPortal } from '../../support/portal.ts'
import { type Arrange, type Scenarios, byApplication } from '../scenario.ts'
import { supportLine } from '../world.ts'

const REGISTRATION = {
  ID: 'myconnector',
  NAME: 'My Connector',
  ICON: { DATA_IMAGE: 'data:image/svg+xml;charset=US-ASCII,%3Csvg%2F%3E', COLOR: '#a6ffa3' },
  PLACEMENT_HANDLER: 'https://connector.example.com/settings',
  CHAT_GROUP: 'N',
}
const USER = { id: 'outside-1', name: 'Olga', last_name: 'Outside', skip_phone_validate: 'Y' }
const MESSAGE = { id: 'ext-msg-1001', date: 1_767_600_000, text: 'Good afternoon', disable_crm: 'Y' }
const CHAT = { id: 'channel-123', name: 'Support Channel', url: 'https://example.com/chats/123' }

interface World {
  readonly caller: Caller
  /** Connector and line, as every method wants them. */
  readonly place: { readonly CONNECTOR: string; readonly LINE: number }
}

async function activated(t: TestPortal, activate = true): Promise<World> {
  const caller = await byApplication(t)
  await t.call('imconnector.register', REGISTRATION, caller)
  const LINE = await supportLine(t)
  const place = { CONNECTOR: REGISTRATION.ID, LINE }
  if (activate) await t.call('imconnector.activate', { ...place, ACTIVE: '1' }, caller)
  return { caller, place }
}

interface Incoming extends World {
  readonly chat: number
  /** Here, of Anna's answer. */
  readonly answer: number
}

/** A message came in, and Anna answered it. */
async function answered(t: TestPortal): Promise<Incoming> {
  const world = await activated(t)
  const messages = { ...world.place, MESSAGES: [{ user: USER, message: MESSAGE, chat: CHAT }] }
  const sent = await t.result<{ DATA: { RESULT: { session: { CHAT_ID: string } }[] } }>(
    'imconnector.send.messages',
    messages,
    world.caller,
  )
  const chat = Number(sent.DATA.RESULT[0]!.session.CHAT_ID)
  await t.call('imopenlines.operator.answer', { CHAT_ID: chat }, t.as(ANNA))
  const answer = await t.result<number>('im.message.add', { DIALOG_ID: `chat${chat}`, MESSAGE: 'Hello' }, t.as(ANNA))
  return { ...world, chat, answer }
}

const inPlace =
  (params: JsonObject): Arrange =>
  async (t) => {
    const { caller, place } = await activated(t)
    return { params: { ...place, ...params }, caller }
  }

const afterAnswer =
  (params: (world: Incoming) => JsonObject): Arrange =>
  async (t) => {
    const world = await answered(t)
    return { params: { ...world.place, ...params(world) }, caller: world.caller }
  }

const status = afterAnswer(({ chat, answer }) => ({
  MESSAGES: [
    {
      im: { chat_id: chat, message_id: answer },
      message: { id: ['ext-msg-2'], date: MESSAGE.date },
      chat: { id: CHAT.id },
    },
  ],
}))

export const imconnectorScenarios: Scenarios = {
  'imconnector.register': async (t) => ({ params: REGISTRATION, caller: await byApplication(t) }),
  'imconnector.unregister': async (t) => ({ params: { ID: REGISTRATION.ID }, caller: (await activated(t)).caller }),
  'imconnector.list': async (t) => ({ params: {}, caller: (await activated(t)).caller }),
  'imconnector.activate': async (t) => {
    const { caller, place } = await activated(t, false)
    return { params: { ...place, ACTIVE: '1' }, caller }
  },
  'imconnector.status': inPlace({}),
  'imconnector.connector.data.set': inPlace({ DATA: { ID: 'line-1', NAME: 'Shop', URL: 'https://shop.example.com' } }),
  'imconnector.chat.name.set': afterAnswer(() => ({ CHAT_ID: CHAT.id, NAME: 'Olga of the shop', USER_ID: USER.id })),
  'imconnector.send.messages': inPlace({ MESSAGES: [{ user: USER, message: MESSAGE, chat: CHAT }] }),
  'imconnector.update.messages': afterAnswer(() => ({
    MESSAGES: [{ user: USER, message: { ...MESSAGE, text: 'Good evening' }, chat: CHAT }],
  })),
  'imconnector.delete.messages': afterAnswer(() => ({
    MESSAGES: [{ user: { id: USER.id }, message: { id: MESSAGE.id }, chat: { id: CHAT.id } }],
  })),
  'imconnector.send.status.delivery': status,
  'imconnector.send.status.reading': status,
}
