import type { CrmEntityType } from '../../storage/schema/crm.ts'

/**
 * What a field holds. Values inside: `text`, `status`, `stage`, `currency` a string, empty when absent;
 * `date` a `YYYY-MM-DD` or an empty string; `instant` epoch milliseconds or null; `number` a number;
 * `integer` and `reference` a number or null; `user` and `category` an id; `boolean` a boolean;
 * `references` and `users` lists of ids.
 */
export type FieldType =
  | 'text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'date'
  | 'instant'
  | 'user'
  | 'users'
  | 'status'
  | 'stage'
  | 'currency'
  | 'category'
  | 'reference'
  | 'references'

export type FieldValue = string | number | boolean | null | readonly number[]
export type FieldValues = Readonly<Record<string, FieldValue>>

export interface Field {
  readonly name: string
  readonly type: FieldType
  readonly title: string
  /** A column of its own, a key of the column `extra`, the table of bindings, or whether some multifield is there. */
  readonly at: 'column' | 'extra' | 'binding' | 'presence'
  readonly required: boolean
  /** Set by the portal alone. */
  readonly readOnly: boolean
  /** Set when the entity is added, and never again. */
  readonly immutable: boolean
  /** The reference book of a `status` or a `stage`. */
  readonly book?: string
  /** What a `reference` or `references` points to. */
  readonly target?: CrmEntityType
  /** The multifield of a `presence`. */
  readonly of?: PresenceOf
}

export type PresenceOf = 'PHONE' | 'EMAIL' | 'IMOL'
type Marks = Partial<Omit<Field, 'name' | 'type' | 'title' | 'at'>>

function field(at: Field['at'], name: string, type: FieldType, title: string, marks: Marks = {}): Field {
  return { name, type, title, at, required: false, readOnly: false, immutable: false, ...marks }
}

const column = (name: string, type: FieldType, title: string, marks?: Marks): Field =>
  field('column', name, type, title, marks)
const extra = (name: string, type: FieldType, title: string, marks?: Marks): Field =>
  field('extra', name, type, title, marks)
const bound = (name: string, target: CrmEntityType, title: string): Field =>
  field('binding', name, 'references', title, { target })
const presence = (name: string, of: PresenceOf, title: string): Field =>
  field('presence', name, 'boolean', title, { of, readOnly: true })

const readOnly = { readOnly: true } as const

const ID = column('id', 'integer', 'ID', readOnly)
const OPENED = column('opened', 'boolean', 'Available to everyone')
const COMMENTS = column('comments', 'text', 'Comment')
const LEAD = column('leadId', 'reference', 'Lead', { target: 'lead' })
const COMPANY = column('companyId', 'reference', 'Company', { target: 'company' })
const CONTACT = column('contactId', 'reference', 'Contact', { target: 'contact' })
const ORIGIN_VERSION = extra('originVersion', 'text', 'Version at the external source')
const PEOPLE = [
  column('assignedById', 'user', 'Responsible person'),
  column('createdById', 'user', 'Created by', readOnly),
  column('updatedById', 'user', 'Modified by', readOnly),
]
const TIMES = [
  column('createdAt', 'instant', 'Created on', readOnly),
  column('updatedAt', 'instant', 'Modified on', readOnly),
]
const MOVED = [
  column('movedAt', 'instant', 'Stage changed on', readOnly),
  column('movedById', 'user', 'Stage changed by', readOnly),
]
const MONEY = [
  column('currencyId', 'currency', 'Currency'),
  column('opportunity', 'number', 'Amount'),
  column('isManualOpportunity', 'boolean', 'Amount is entered by hand'),
]
const NAMES = [
  column('honorific', 'status', 'Salutation', { book: 'HONORIFIC' }),
  column('name', 'text', 'First name'),
  column('secondName', 'text', 'Middle name'),
  column('lastName', 'text', 'Last name'),
  column('birthdate', 'date', 'Date of birth'),
]
const SOURCE = [
  column('sourceId', 'status', 'Source', { book: 'SOURCE' }),
  column('sourceDescription', 'text', 'Source information'),
]
const PRESENCES = [
  presence('hasPhone', 'PHONE', 'Has a phone'),
  presence('hasEmail', 'EMAIL', 'Has an e-mail'),
  presence('hasImol', 'IMOL', 'Has an open channel'),
]
const ORIGIN = [
  column('originatorId', 'text', 'External source'),
  column('originId', 'text', 'Id in the external source'),
]
const UTM = [
  extra('utmSource', 'text', 'Advertising system'),
  extra('utmMedium', 'text', 'Kind of traffic'),
  extra('utmCampaign', 'text', 'Campaign'),
  extra('utmContent', 'text', 'Campaign content'),
  extra('utmTerm', 'text', 'Campaign search term'),
]
const ACTIVITY = [
  column('lastActivityAt', 'instant', 'Last activity on', readOnly),
  column('lastActivityById', 'user', 'Last activity by', readOnly),
]
const OBSERVERS = extra('observers', 'users', 'Observers')

function address(prefix: string, title: string): Field[] {
  return [
    extra(prefix, 'text', title),
    extra(`${prefix}2`, 'text', `${title}, second line`),
    extra(`${prefix}City`, 'text', `${title}, city`),
    extra(`${prefix}PostalCode`, 'text', `${title}, postal code`),
    extra(`${prefix}Region`, 'text', `${title}, region`),
    extra(`${prefix}Province`, 'text', `${title}, province`),
    extra(`${prefix}Country`, 'text', `${title}, country`),
    extra(`${prefix}CountryCode`, 'text', `${title}, country code`),
    extra(`${prefix}LocAddrId`, 'integer', `${title}, location`),
  ]
}

/** Every field of the four entities but the multifields and the custom ones. A new field is one line here. */
export const FIELDS: Readonly<Record<CrmEntityType, readonly Field[]>> = {
  lead: [
    ID,
    column('title', 'text', 'Lead name'),
    ...NAMES,
    column('companyTitle', 'text', 'Company name'),
    ...SOURCE,
    column('stageId', 'stage', 'Stage', { book: 'STATUS' }),
    column('statusDescription', 'text', 'Stage information'),
    column('stageSemantics', 'text', 'Stage group', readOnly),
    column('post', 'text', 'Position'),
    ...address('address', 'Address'),
    ...MONEY,
    OPENED,
    COMMENTS,
    ...PRESENCES,
    ...PEOPLE,
    ...TIMES,
    ...MOVED,
    COMPANY,
    CONTACT,
    bound('contactIds', 'contact', 'Contacts'),
    extra('isReturnCustomer', 'boolean', 'Repeat lead', readOnly),
    column('closedAt', 'instant', 'Closed on', readOnly),
    ...ORIGIN,
    ...UTM,
    ...ACTIVITY,
    OBSERVERS,
  ],
  deal: [
    ID,
    column('title', 'text', 'Deal name'),
    column('typeId', 'status', 'Type', { book: 'DEAL_TYPE' }),
    column('categoryId', 'category', 'Pipeline', { immutable: true }),
    column('stageId', 'stage', 'Stage', { book: 'DEAL_STAGE' }),
    column('stageSemantics', 'text', 'Stage group', readOnly),
    extra('isRecurring', 'boolean', 'Recurring deal'),
    extra('isReturnCustomer', 'boolean', 'Repeat deal'),
    extra('isRepeatedApproach', 'boolean', 'Repeated approach'),
    column('probability', 'integer', 'Probability'),
    ...MONEY,
    extra('taxValue', 'number', 'Tax'),
    COMPANY,
    CONTACT,
    bound('contactIds', 'contact', 'Contacts'),
    column('beginDate', 'date', 'Start date'),
    column('closeDate', 'date', 'Close date'),
    OPENED,
    // The stage alone tells whether a deal is closed; a value that a client sends is passed over.
    column('closed', 'boolean', 'Closed', readOnly),
    COMMENTS,
    ...PEOPLE,
    ...TIMES,
    ...MOVED,
    ...SOURCE,
    LEAD,
    column('additionalInfo', 'text', 'Additional information'),
    extra('locationId', 'text', 'Location'),
    ...ORIGIN,
    ...UTM,
    ...ACTIVITY,
    OBSERVERS,
  ],
  contact: [
    ID,
    ...NAMES,
    column('typeId', 'status', 'Contact type', { book: 'CONTACT_TYPE' }),
    ...SOURCE,
    column('post', 'text', 'Position'),
    ...address('address', 'Address'),
    COMMENTS,
    OPENED,
    column('export', 'boolean', 'Takes part in export'),
    ...PRESENCES,
    ...PEOPLE,
    ...TIMES,
    COMPANY,
    bound('companyIds', 'company', 'Companies'),
    LEAD,
    ...ORIGIN,
    ORIGIN_VERSION,
    ...UTM,
    ...ACTIVITY,
    OBSERVERS,
  ],
  company: [
    ID,
    column('title', 'text', 'Company name', { required: true }),
    column('companyType', 'status', 'Company type', { book: 'COMPANY_TYPE' }),
    ...address('address', 'Address'),
    extra('addressLegal', 'text', 'Legal address in one line'),
    ...address('regAddress', 'Legal address'),
    column('bankingDetails', 'text', 'Banking details'),
    column('industry', 'status', 'Industry', { book: 'INDUSTRY' }),
    column('employees', 'status', 'Number of employees', { book: 'EMPLOYEES' }),
    column('currencyId', 'currency', 'Currency'),
    column('revenue', 'number', 'Annual revenue'),
    OPENED,
    COMMENTS,
    ...PRESENCES,
    column('isMyCompany', 'boolean', 'My company'),
    ...PEOPLE,
    ...TIMES,
    bound('contactIds', 'contact', 'Contacts'),
    LEAD,
    ...ORIGIN,
    ORIGIN_VERSION,
    ...UTM,
    ...ACTIVITY,
    OBSERVERS,
  ],
}

const byName = Object.fromEntries(
  Object.entries(FIELDS).map(([type, fields]) => [type, new Map(fields.map((each) => [each.name, each]))]),
) as Record<CrmEntityType, Map<string, Field>>

export function fieldOf(type: CrmEntityType, name: string): Field | undefined {
  return byName[type].get(name)
}

const EMPTY: Readonly<Record<FieldType, FieldValue>> = {
  text: '',
  date: '',
  status: '',
  stage: '',
  currency: '',
  number: 0,
  user: 0,
  category: 0,
  boolean: false,
  integer: null,
  instant: null,
  reference: null,
  users: [],
  references: [],
}

/** What a field holds when nobody has set it. */
export function emptyValue(type: FieldType): FieldValue {
  return EMPTY[type]
}
