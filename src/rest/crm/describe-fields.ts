import { z } from 'zod'
import type { Field, FieldType } from '../../domain/crm/fields.ts'
import { MULTIFIELD_TYPES, hasMultifields } from '../../domain/crm/multifields.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import { ENTITY_TYPE_IDS, WIRE_FIELDS, isClassicReadOnly, upperName } from './names.ts'

/** What the `fields` methods tell of one field. */
export const fieldDescription = z.strictObject({
  type: z.string(),
  isRequired: z.boolean(),
  isReadOnly: z.boolean(),
  isImmutable: z.boolean(),
  isMultiple: z.boolean(),
  isDynamic: z.boolean(),
  isDeprecated: z.literal(true).optional(),
  statusType: z.string().optional(),
  settings: z.record(z.string(), z.json()).optional(),
  title: z.string(),
  upperName: z.string().optional(),
})
export type FieldDescription = z.infer<typeof fieldDescription>

interface Marks {
  readonly required?: boolean
  readonly readOnly?: boolean
  readonly immutable?: boolean
  readonly multiple?: boolean
}

export function describe(type: string, title: string, marks: Marks = {}): FieldDescription {
  return {
    type,
    isRequired: marks.required ?? false,
    isReadOnly: marks.readOnly ?? false,
    isImmutable: marks.immutable ?? false,
    isMultiple: marks.multiple ?? false,
    isDynamic: false,
    title,
  }
}

const TYPE_NAMES: Readonly<Record<FieldType, string>> = {
  text: 'string',
  date: 'date',
  integer: 'integer',
  number: 'double',
  boolean: 'char',
  instant: 'datetime',
  user: 'user',
  users: 'user',
  status: 'crm_status',
  stage: 'crm_status',
  currency: 'crm_currency',
  category: 'crm_category',
  reference: 'crm_',
  references: 'crm_',
}

function typeName(field: Field, face: 'classic' | 'item'): string {
  return field.type === 'boolean' && face === 'item' ? 'boolean' : TYPE_NAMES[field.type] + (field.target ?? '')
}

/** A single contact of a deal, a single company of a contact: lists have taken their place. */
function isDeprecated(type: CrmEntityType, field: Field): boolean {
  return field.name === 'contactId' || (type === 'contact' && field.name === 'companyId')
}

function describeField(type: CrmEntityType, field: Field, face: 'classic' | 'item'): FieldDescription {
  const { required, immutable, book } = field
  const readOnly = face === 'classic' ? isClassicReadOnly(field) : field.readOnly
  const multiple = field.type === 'references' || field.type === 'users'
  const described = describe(typeName(field, face), field.title, { required, readOnly, immutable, multiple })
  if (isDeprecated(type, field)) return { ...described, isDeprecated: true }
  if (book !== undefined) return { ...described, statusType: book }
  if (field.type === 'reference') {
    return { ...described, settings: { parentEntityTypeId: ENTITY_TYPE_IDS[field.target!] } }
  }
  return described
}

const CLASSIC_ONLY: Readonly<Record<CrmEntityType, Readonly<Record<string, FieldDescription>>>> = {
  lead: {},
  deal: {
    IS_NEW: describe('char', 'New deal', { readOnly: true }),
    QUOTE_ID: { ...describe('crm_quote', 'Estimate', { readOnly: true }), settings: { parentEntityTypeId: 7 } },
  },
  contact: { PHOTO: describe('file', 'Photo') },
  company: {
    LOGO: describe('file', 'Logo'),
    LAST_COMMUNICATION_TIME: describe('string', 'Last communication on', { readOnly: true }),
  },
}

const MULTIFIELD_TITLES: Readonly<Record<string, string>> = {
  PHONE: 'Phone',
  EMAIL: 'E-mail',
  WEB: 'Website',
  IM: 'Messenger',
  LINK: 'Link',
}

/** The result of `crm.lead.fields` and its like. */
export function classicFields(type: CrmEntityType): Record<string, FieldDescription> {
  const described = WIRE_FIELDS[type].flatMap(({ field, classic }) =>
    classic === undefined ? [] : [[classic, describeField(type, field, 'classic')] as const],
  )
  const multifields = hasMultifields(type)
    ? MULTIFIELD_TYPES.map(
        (typeId) => [typeId, describe('crm_multifield', MULTIFIELD_TITLES[typeId]!, { multiple: true })] as const,
      )
    : []
  return { ...Object.fromEntries(described), ...CLASSIC_ONLY[type], ...Object.fromEntries(multifields) }
}

/** `fields` in the result of `crm.item.fields`. */
export function itemFields(type: CrmEntityType): Record<string, FieldDescription> {
  const described = WIRE_FIELDS[type].flatMap(({ field, item }) =>
    item === undefined ? [] : [[item, { ...describeField(type, field, 'item'), upperName: upperName(item) }] as const],
  )
  const fm = {
    ...describe('crm_multifield', 'Phones, e-mails, sites, messengers', { multiple: true }),
    upperName: 'FM',
  }
  return { ...Object.fromEntries(described), ...(hasMultifields(type) ? { fm } : {}) }
}
