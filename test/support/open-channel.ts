import type { Caller } from '../../src/domain/caller.ts'
import { seedReferenceBooks } from '../../src/domain/crm/reference-books.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import { ANNA, type TestPortal } from './portal.ts'

/** The connector that the tests of open channels use. */
export const CONNECTOR = 'testchat'

/** What `imconnector.send.messages` answers. */
export interface SentMessages {
  SUCCESS: boolean
  DATA: {
    RESULT: {
      user?: string
      message: { id: string; date: object; text: string; files: { url: string; name: string }[] }
      chat: { id: string; name?: string; description?: string }
      extra: object
      SUCCESS: boolean
      ERRORS?: string[]
      session?: { ID: string; CHAT_ID: string }
    }[]
  }
}

/** An application's connector that works on a line. */
export interface OpenChannel {
  readonly app: Caller
  readonly line: number
  /** One message as a customer sends it; each part may be changed. */
  readonly message: (id: string, change?: { user?: JsonObject; message?: JsonObject; chat?: JsonObject }) => JsonObject
  readonly send: (...messages: JsonObject[]) => Promise<SentMessages>
  /** Sends one message and answers where it came in. */
  readonly deliver: (
    ...of: Parameters<OpenChannel['message']>
  ) => Promise<{ customer: number; session: number; chat: number }>
}

export function application(t: TestPortal, userId: number, id = 1): Caller {
  return t.as(userId, { via: { kind: 'application', id, clientId: `local.${id}` } })
}

export const REGISTRATION: JsonObject = {
  ID: CONNECTOR,
  NAME: 'Test Chat',
  ICON: { DATA_IMAGE: 'data:image/svg+xml,%3Csvg/%3E', COLOR: '#69acc0' },
  PLACEMENT_HANDLER: 'https://example.com/settings',
}

const message: OpenChannel['message'] = (id, change = {}) => ({
  user: { id: 'u1', name: 'Carla', last_name: 'Customer', ...change.user },
  message: { id, text: `Message ${id}`, ...change.message },
  chat: { id: 'c1', ...change.chat },
})

/** A line without CRM, whose queue is Anna where `settings` say nothing else, and a connector on it. */
export async function openChannel(
  t: TestPortal,
  settings: JsonObject = {},
  registration: JsonObject = {},
): Promise<OpenChannel> {
  const app = application(t, ANNA)
  const queue = [{ ENTITY_TYPE: 'user', ENTITY_ID: ANNA }]
  const given = { LINE_NAME: 'Support', CRM: 'N', QUEUE: queue, WELCOME_MESSAGE: 'N', ...settings }
  const line = await t.result<number>('imopenlines.config.add', { PARAMS: given })
  await t.call('imconnector.register', { ...REGISTRATION, ...registration }, app)
  await t.call('imconnector.activate', { CONNECTOR, LINE: line, ACTIVE: 1 }, app)
  const send: OpenChannel['send'] = (...messages) =>
    t.result<SentMessages>('imconnector.send.messages', { CONNECTOR, LINE: line, MESSAGES: messages }, app)
  return {
    app,
    line,
    message,
    send,
    async deliver(...of) {
      const [sent] = (await send(message(...of))).DATA.RESULT
      if (!sent?.session) throw new Error(`Not delivered: ${JSON.stringify(sent)}`)
      return { customer: Number(sent.user), session: Number(sent.session.ID), chat: Number(sent.session.CHAT_ID) }
    },
  }
}

/** The stages and sources without which the CRM takes no leads and deals. */
export async function withCrm(t: TestPortal): Promise<void> {
  await t.portal.store.write((tx) => seedReferenceBooks(tx))
}
