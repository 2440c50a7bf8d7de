import { OFFLINE_KEPT } from '../../../src/events/wire/offline.ts'
import { createApplication, deleteApplication, finishInstallation } from '../../../src/domain/apps/applications.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { seededIds } from '../../../src/kernel/ids.ts'
import { CONNECTOR, type OpenChannel, openChannel, withCrm } from '../../support/open-channel.ts'
import { ANNA, type TestPortal } from '../../support/portal.ts'

/** For each event something that really happens, and what handlers are to be told of it, the last time. */
interface Happened {
  readonly data: JsonObject | number
  /** Everybody where it is left out. */
  readonly owners?: readonly string[]
}

export type WireScenario = (t: TestPortal) => Promise<Happened>

/** The application that registers the connector of {@link openChannel}. */
const OWNER = 'app:1'
const OUTSIDE_CHAT = '77'

interface Talk extends OpenChannel {
  readonly chat: number
  readonly customer: number
  readonly session: number
}

/** A customer has written over the connector. */
async function talk(t: TestPortal, settings: JsonObject = {}): Promise<Talk> {
  const channel = await openChannel(t, { FULL_CLOSE_TIME: 15, ...settings })
  return { ...channel, ...(await channel.deliver('m1', { chat: { id: OUTSIDE_CHAT } })) }
}

/** Anna has answered. */
async function answered(t: TestPortal, settings?: JsonObject): Promise<Talk & { readonly answer: number }> {
  const found = await talk(t, settings)
  const params = { DIALOG_ID: `chat${found.chat}`, MESSAGE: 'Good day!' }
  return { ...found, answer: await t.result<number>('im.message.add', params, t.as(ANNA)) }
}

const outside = ({ line, customer }: Talk): JsonObject => ({
  connector_id: CONNECTOR,
  line_id: line,
  chat_id: 77,
  user_id: customer,
})

function sessionOf(found: Talk, change: JsonObject = {}): JsonObject {
  return {
    connector: outside(found),
    session: { id: found.session, closed: 'N', parent_id: 0, close_term: 15, ...change },
    chat: { id: 77 },
    user: { id: found.customer },
  }
}

const opened = (found: Talk): JsonObject => ({ DATA: [sessionOf(found)] })
const closed = (found: Talk): JsonObject => ({ DATA: [sessionOf(found, { closed: 'Y' })] })
const overConnector = (found: Talk): JsonObject => ({ CONNECTOR, LINE: String(found.line) })

/** Anna begins anew: the session that was open closes. */
async function restarted(t: TestPortal): Promise<Talk> {
  const found = await answered(t)
  await t.call('imopenlines.session.start', { CHAT_ID: found.chat }, t.as(ANNA))
  return found
}

function changed(found: Talk & { readonly answer: number }): JsonObject {
  const { chat, line, answer } = found
  return {
    CONNECTOR,
    LINE: line,
    DATA: [{ im: { chat_id: chat, message_id: answer }, message: { id: answer }, chat: { id: chat } }],
  }
}

function carried(found: Talk & { readonly answer: number }, message: JsonObject): JsonObject {
  const { chat, line, answer } = found
  return {
    CONNECTOR,
    LINE: line,
    MESSAGES: [{ im: { chat_id: chat, message_id: answer }, message, chat: { id: OUTSIDE_CHAT } }],
  }
}

/** What the connector says once it has carried a message: the id that it has outside. */
async function delivered(t: TestPortal, messageId: number, externalId: string): Promise<void> {
  await t.portal.store.write(async ({ db }) => {
    await db
      .updateTable('message')
      .set({ params: { CONNECTOR_MID: [externalId] } })
      .where('id', '=', messageId)
      .execute()
  })
}

async function entity(t: TestPortal, type: string, fields: JsonObject): Promise<number> {
  await withCrm(t)
  return t.result<number>(`crm.${type}.add`, { fields })
}

const fieldsOf = (id: number): Happened => ({ data: { FIELDS: { ID: String(id) } } })

const FIELDS: Readonly<Record<string, JsonObject>> = {
  lead: { TITLE: 'A lead' },
  deal: { TITLE: 'A deal' },
  contact: { NAME: 'Carla' },
  company: { TITLE: 'A company' },
}

const crmScenarios = Object.fromEntries(
  Object.entries(FIELDS).flatMap(([type, fields]): [string, WireScenario][] => {
    const name = `ONCRM${type.toUpperCase()}`
    return [
      [`${name}ADD`, async (t) => fieldsOf(await entity(t, type, fields))],
      [
        `${name}UPDATE`,
        async (t) => {
          const id = await entity(t, type, fields)
          await t.call(`crm.${type}.update`, { id, fields: { COMMENTS: 'Changed' } })
          return fieldsOf(id)
        },
      ],
      [
        `${name}DELETE`,
        async (t) => {
          const id = await entity(t, type, fields)
          await t.call(`crm.${type}.delete`, { id })
          return fieldsOf(id)
        },
      ],
    ]
  }),
)

async function newApplication({ portal }: TestPortal): Promise<number> {
  const wanted = { title: 'App', scopes: ['im'], installUrl: 'https://example.com/install' }
  const made = await portal.store.write((tx) => createApplication(tx, seededIds('app'), portal.clock.now(), wanted))
  return made.id
}

export const scenarios: Readonly<Record<string, WireScenario>> = {
  ...crmScenarios,
  ONUSERADD: async (t) => {
    const person = { EMAIL: 'nora@example.com', NAME: 'Nora', LAST_NAME: 'New', WORK_POSITION: 'Clerk' }
    const more = { PERSONAL_GENDER: 'F', PERSONAL_BIRTHDAY: '1990-01-31' }
    const id = await t.result<number>('user.add', { ...person, ...more, UF_DEPARTMENT: [1] })
    const registered = {
      ACTIVE: 'Y',
      DATE_REGISTER: '2026-01-05T10:00:00+01:00',
      UF_DEPARTMENT: [1],
      UF_EMPLOYMENT_DATE: '',
    }
    return { data: { ID: id, ...person, ...more, ...registered } }
  },
  ONOPENLINEMESSAGEADD: async (t) => {
    const found = await answered(t)
    return {
      owners: [OWNER],
      data: {
        DATA: [
          {
            connector: outside(found),
            chat: { id: found.chat },
            message: {
              id: found.answer,
              date: '2026-01-05T10:00:00+01:00',
              text: 'Good day!',
              files: [],
              attach: '',
              system: 'N',
              user_id: ANNA,
            },
            ref: [],
            extra: { EXTRA_URL: '' },
          },
        ],
      },
    }
  },
  ONOPENLINEMESSAGEUPDATE: async (t) => {
    const found = await answered(t)
    await t.call('im.message.update', { MESSAGE_ID: found.answer, MESSAGE: 'Good evening!' }, t.as(ANNA))
    return { owners: [OWNER], data: changed(found) }
  },
  ONOPENLINEMESSAGEDELETE: async (t) => {
    const found = await answered(t)
    await t.call('im.message.delete', { MESSAGE_ID: found.answer }, t.as(ANNA))
    return { owners: [OWNER], data: changed(found) }
  },
  ONSESSIONSTART: async (t) => ({ owners: [OWNER], data: opened(await talk(t)) }),
  ONSESSIONFINISH: async (t) => ({ owners: [OWNER], data: closed(await restarted(t)) }),
  ONCORDBOARDSESSIONANSWERED: async (t) => {
    const found = await answered(t)
    return { owners: [OWNER], data: { DATA: [{ ...sessionOf(found), operator: { id: ANNA } }] } }
  },
  ONCORDBOARDSESSIONRELEASED: async (t) => {
    await withCrm(t)
    const found = await answered(t, { CRM: 'Y', CRM_CREATE: 'lead' })
    const [lead] = await t.result<{ ID: string }[]>('crm.lead.list', {})
    const of = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: Number(lead?.ID), CHAT_ID: found.chat }
    await t.call('imopenlines.crm.chat.user.delete', { ...of, USER_ID: ANNA })
    return { owners: [OWNER], data: { DATA: [{ ...sessionOf(found), operator: { id: ANNA } }] } }
  },
  ONIMCONNECTORMESSAGEADD: async (t) => {
    const found = await answered(t)
    const message = { user_id: ANNA, text: '[b]Anna Archer:[/b] [br]Good day!' }
    return { owners: [OWNER], data: carried(found, message) }
  },
  ONIMCONNECTORMESSAGEUPDATE: async (t) => {
    const found = await answered(t)
    await delivered(t, found.answer, 'outside-1')
    await t.call('im.message.update', { MESSAGE_ID: found.answer, MESSAGE: 'Good evening!' }, t.as(ANNA))
    const message = { id: ['outside-1'], text: '[b]Anna Archer:[/b] [br]Good evening!' }
    return { owners: [OWNER], data: carried(found, message) }
  },
  ONIMCONNECTORMESSAGEDELETE: async (t) => {
    const found = await answered(t)
    await delivered(t, found.answer, 'outside-1')
    await t.call('im.message.delete', { MESSAGE_ID: found.answer }, t.as(ANNA))
    return { owners: [OWNER], data: carried(found, { id: 'outside-1' }) }
  },
  ONIMCONNECTORDIALOGSTART: async (t) => {
    const found = await talk(t)
    return { owners: [OWNER], data: { ...overConnector(found), ...opened(found) } }
  },
  ONIMCONNECTORDIALOGFINISH: async (t) => {
    const found = await restarted(t)
    return { owners: [OWNER], data: { ...overConnector(found), ...closed(found) } }
  },
  ONIMCONNECTORLINEDELETE: async (t) => {
    const { line } = await talk(t)
    await t.call('imopenlines.config.delete', { CONFIG_ID: line })
    return { owners: [OWNER], data: line }
  },
  ONIMCONNECTORSTATUSDELETE: async (t) => {
    const { app, line } = await openChannel(t)
    await t.call('imconnector.activate', { CONNECTOR, LINE: line, ACTIVE: 0 }, app)
    return { owners: [OWNER], data: { connector: CONNECTOR, line } }
  },
  ONAPPINSTALL: async (t) => {
    const id = await newApplication(t)
    await t.portal.store.write((tx) => finishInstallation(tx, id))
    return { owners: [`app:${id}`], data: { VERSION: '1', ACTIVE: 'Y', INSTALLED: 'Y', LANGUAGE_ID: 'en' } }
  },
  ONAPPUNINSTALL: async (t) => {
    const id = await newApplication(t)
    await t.settings({ language: 'de' })
    await t.portal.store.write((tx) => deleteApplication(tx, t.clock.now(), id))
    return { owners: [`app:${id}`], data: { LANGUAGE_ID: 'de', CLEAN: 1 } }
  },
  ONOFFLINEEVENT: async (t) => {
    await t.portal.store.write((tx) =>
      tx.emit({ type: OFFLINE_KEPT, subject: `offline:${OWNER}`, payload: { owner: OWNER } }),
    )
    return { owners: [OWNER], data: {} }
  },
}
