import type { JsonObject } from '../../../src/kernel/json.ts'
import { ANNA, type TestPortal } from '../../support/portal.ts'
import type { Arrange, Scenarios } from '../scenario.ts'

type Entity = 'lead' | 'deal' | 'contact' | 'company'

const PHONE = [{ VALUE: '+49 30 123', VALUE_TYPE: 'WORK' }]
const EMAIL = [{ VALUE: 'lena@example.com', VALUE_TYPE: 'WORK' }]

/** Fields with which each kind of entity is made. */
const FIELDS: Readonly<Record<Entity, JsonObject>> = {
  lead: { TITLE: 'A lead', NAME: 'Lena', ASSIGNED_BY_ID: ANNA, PHONE, EMAIL, OPPORTUNITY: 10, CURRENCY_ID: 'EUR' },
  deal: { TITLE: 'A deal', ASSIGNED_BY_ID: ANNA, OPPORTUNITY: 10, CURRENCY_ID: 'EUR' },
  contact: { NAME: 'Lena', LAST_NAME: 'Long', ASSIGNED_BY_ID: ANNA, PHONE, EMAIL },
  company: { TITLE: 'A company', ASSIGNED_BY_ID: ANNA, PHONE, EMAIL },
}

function add(t: TestPortal, entity: Entity, more: JsonObject = {}): Promise<number> {
  return t.result<number>(`crm.${entity}.add`, { fields: { ...FIELDS[entity], ...more } })
}

/** An entity, by its id. */
const one =
  (entity: Entity, params: JsonObject = {}, more: JsonObject = {}): Arrange =>
  async (t) => ({ params: { id: await add(t, entity, more), ...params } })

/** Fields beside those, so that an answer is as full as the example of its page. */
const MORE: Readonly<Record<Entity, JsonObject>> = {
  lead: { EMAIL: [], IM: [{ VALUE: 'imol|livechat|1|67|21', VALUE_TYPE: 'OPENLINE' }] },
  deal: {
    PROBABILITY: 99,
    COMMENTS: '[B]Comment[/B]',
    ADDITIONAL_INFO: 'More',
    SOURCE_DESCRIPTION: 'A friend',
    UTM_SOURCE: 'google',
    UTM_MEDIUM: 'CPC',
  },
  contact: {
    POST: 'Administrator',
    COMMENTS: 'A comment',
    HONORIFIC: 'HNR_EN_1',
    SECOND_NAME: 'Maria',
    SOURCE_DESCRIPTION: 'A friend',
    BIRTHDATE: '2001-11-11',
    UTM_SOURCE: 'google',
    UTM_MEDIUM: 'CPC',
    UTM_CAMPAIGN: 'summer',
    UTM_CONTENT: 'banner',
    UTM_TERM: 'discount',
  },
  company: {
    PHONE: [],
    EMAIL: [],
    COMPANY_TYPE: 'CUSTOMER',
    BANKING_DETAILS: '7736050003',
    INDUSTRY: 'IT',
    EMPLOYEES: 'EMPLOYEES_1',
    COMMENTS: '',
  },
}

/** The fields that the examples of lists ask for; every one where they ask for none. */
const SELECTED: Readonly<Record<Entity, readonly string[]>> = {
  lead: ['*'],
  deal: [
    'ID',
    'TITLE',
    'TYPE_ID',
    'CATEGORY_ID',
    'STAGE_ID',
    'OPPORTUNITY',
    'IS_MANUAL_OPPORTUNITY',
    'ASSIGNED_BY_ID',
  ].concat('DATE_CREATE'),
  contact: ['ID', 'NAME', 'LAST_NAME', 'EXPORT', 'ASSIGNED_BY_ID', 'DATE_CREATE', 'EMAIL'],
  company: ['ID', 'TITLE', 'ASSIGNED_BY_ID', 'PHONE'],
}

const LISTED_LEAD = { LAST_NAME: 'Long', ADDRESS: '1 High Street', ADDRESS_COUNTRY: 'Ireland' }

function ofEntity(entity: Entity): Scenarios {
  return {
    [`crm.${entity}.add`]: () => ({ params: { fields: FIELDS[entity] } }),
    [`crm.${entity}.update`]: one(entity, { fields: { COMMENTS: 'Called', ASSIGNED_BY_ID: ANNA } }),
    [`crm.${entity}.get`]: async (t) => {
      const ties: JsonObject = {}
      if (entity === 'contact' || entity === 'deal') ties['COMPANY_ID'] = await add(t, 'company')
      if (entity === 'deal') ties['CONTACT_ID'] = await add(t, 'contact')
      return { params: { id: await add(t, entity, { ...MORE[entity], ...ties }) } }
    },
    [`crm.${entity}.delete`]: one(entity),
    [`crm.${entity}.fields`]: () => ({ params: {} }),
    [`crm.${entity}.list`]: async (t) => {
      const ties = entity === 'lead' ? { COMPANY_ID: await add(t, 'company'), CONTACT_ID: await add(t, 'contact') } : {}
      const ID = await add(t, entity, { ...ties, ...(entity === 'lead' ? LISTED_LEAD : {}) })
      return { params: { filter: { '>=ID': ID }, order: { ID: 'ASC' }, select: [...SELECTED[entity]] } }
    },
  }
}

/** What ties entities of one kind to those of another. */
function ofBindings(entity: Entity, other: 'contact' | 'company'): Scenarios {
  const key = `${other.toUpperCase()}_ID`
  const method = `crm.${entity}.${other}`
  const bound: (params: (id: number, otherId: number) => JsonObject) => Arrange = (params) => async (t) => {
    const [id, otherId] = [await add(t, entity), await add(t, other)]
    await t.call(`${method}.add`, { id, fields: { [key]: otherId, SORT: 10, IS_PRIMARY: 'Y' } })
    return { params: params(id, otherId) }
  }
  return {
    [`${method}.add`]: async (t) => {
      const [id, otherId] = [await add(t, entity), await add(t, other)]
      return { params: { id, fields: { [key]: otherId, SORT: 10, IS_PRIMARY: 'Y' } } }
    },
    [`${method}.delete`]: bound((id, otherId) => ({ id, fields: { [key]: otherId } })),
    [`${method}.fields`]: () => ({ params: {} }),
    [`${method}.items.get`]: bound((id) => ({ id })),
    [`${method}.items.delete`]: bound((id) => ({ id })),
    [`${method}.items.set`]: bound((id, otherId) => ({ id, items: [{ [key]: otherId, SORT: 20, IS_PRIMARY: 'Y' }] })),
  }
}

/** Kinds of entities as `crm.item.*` numbers them. */
const LEAD = 1
const DEAL = 2

/** As full as the lead of the example. */
const FULL_LEAD = {
  NAME: 'Lena',
  LAST_NAME: 'Long',
  SECOND_NAME: 'Maria',
  POST: 'Clerk',
  COMMENTS: 'A comment',
  SOURCE_DESCRIPTION: 'A friend',
  COMPANY_TITLE: 'A company',
  BIRTHDATE: '2000-01-01',
  HONORIFIC: 'HNR_EN_1',
}

const items: Scenarios = {
  'crm.item.add': async (t) => {
    const fields = {
      title: 'A deal',
      assignedById: ANNA,
      leadId: await add(t, 'lead'),
      companyId: await add(t, 'company'),
      contactIds: [await add(t, 'contact')],
      observers: [ANNA],
      comments: 'A comment',
      probability: 50,
      sourceDescription: 'A friend',
      additionalInfo: 'More',
      utmSource: 'google',
      utmMedium: 'CPC',
    }
    return { params: { entityTypeId: DEAL, fields } }
  },
  'crm.item.get': async (t) => ({ params: { entityTypeId: LEAD, id: await add(t, 'lead', FULL_LEAD) } }),
  'crm.item.update': async (t) => ({
    params: { entityTypeId: LEAD, id: await add(t, 'lead'), fields: { title: 'Hot' } },
  }),
  'crm.item.delete': async (t) => ({ params: { entityTypeId: LEAD, id: await add(t, 'lead') } }),
  'crm.item.fields': () => ({ params: { entityTypeId: DEAL } }),
  'crm.item.list': async (t) => {
    await add(t, 'lead')
    const select = ['id', 'assignedById', 'stageId', 'opportunity', 'sourceId', 'title', 'name', 'lastName']
    return { params: { entityTypeId: LEAD, select: [...select, 'isManualOpportunity'], order: { id: 'ASC' } } }
  },
}

const SOURCE = { ENTITY_ID: 'SOURCE', STATUS_ID: 'FAIR', NAME: 'Trade fair', SORT: 500 }
const source = (t: TestPortal): Promise<number> => t.result<number>('crm.status.add', { fields: SOURCE })

const statuses: Scenarios = {
  'crm.status.add': () => ({ params: { fields: SOURCE } }),
  'crm.status.get': async (t) => {
    const filter = { ENTITY_ID: 'DEAL_STAGE', STATUS_ID: 'WON' }
    const [won] = await t.result<{ ID: string }[]>('crm.status.list', { filter })
    return { params: { id: won!.ID } }
  },
  'crm.status.update': async (t) => ({ params: { id: await source(t), fields: { NAME: 'Fair' } } }),
  'crm.status.delete': async (t) => ({ params: { id: await source(t) } }),
  'crm.status.fields': () => ({ params: {} }),
  'crm.status.list': () => ({ params: { order: { SORT: 'ASC' }, filter: { ENTITY_ID: 'DEAL_STAGE' } } }),
  'crm.status.entity.items': () => ({ params: { entityId: 'DEAL_STAGE' } }),
  'crm.status.entity.types': () => ({ params: {} }),
}

const others: Scenarios = {
  'crm.duplicate.findbycomm': async (t) => {
    await add(t, 'contact')
    return { params: { type: 'EMAIL', values: ['lena@example.com'], entity_type: 'CONTACT' } }
  },
  'crm.multifield.fields': () => ({ params: {} }),
  ...Object.fromEntries(
    ['activitydirection', 'activitynotifytype', 'activitypriority', 'activitystatus', 'activitytype', 'addresstype']
      .concat(['contenttype', 'fields', 'getorderownertypes', 'ownertype', 'settings.mode'])
      .map((name) => [`crm.enum.${name}`, () => ({ params: {} })]),
  ),
}

export const crmScenarios: Scenarios = {
  ...ofEntity('lead'),
  ...ofEntity('deal'),
  ...ofEntity('contact'),
  ...ofEntity('company'),
  ...ofBindings('lead', 'contact'),
  ...ofBindings('deal', 'contact'),
  ...ofBindings('company', 'contact'),
  ...ofBindings('contact', 'company'),
  ...items,
  ...statuses,
  ...others,
}
