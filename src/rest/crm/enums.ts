import { z } from 'zod'
import { type Method, method } from '../method.ts'
import { describe, fieldDescription } from './describe-fields.ts'

interface Word {
  readonly id: number
  readonly name: string
  readonly code?: string
  readonly short?: string
}

const words = (...names: string[]): Word[] => ['', ...names].map((name, id) => ({ id, name }))

/** The lists that never change, by the last part of the method's name. */
const ENUMS: Readonly<Record<string, readonly Word[]>> = {
  activitydirection: words('Incoming', 'Outgoing'),
  activitynotifytype: words('min.', 'h.', 'd.'),
  activitypriority: words('low', 'medium', 'high'),
  activitystatus: words('Pending', 'Completed', 'Automatically Completed'),
  activitytype: words('Meeting', 'Call', 'Task', 'E-mail', 'Action', 'User Action'),
  addresstype: [
    { id: 11, name: 'Shipping address' },
    { id: 1, name: 'Physical address' },
    { id: 6, name: 'Legal address' },
    { id: 4, name: 'Registered address' },
    { id: 8, name: 'Mailing address' },
    { id: 9, name: 'Beneficiary address' },
  ],
  contenttype: words('Plain text', 'bbCode', 'HTML'),
  ownertype: [
    { id: 1, name: 'Lead', code: 'LEAD', short: 'L' },
    { id: 2, name: 'Deal', code: 'DEAL', short: 'D' },
    { id: 3, name: 'Contact', code: 'CONTACT', short: 'C' },
    { id: 4, name: 'Company', code: 'COMPANY', short: 'CO' },
  ],
  'settings.mode': [
    { id: 1, name: 'Classic CRM' },
    { id: 2, name: 'Simple CRM' },
  ],
}

const word = z.strictObject({
  ID: z.int(),
  NAME: z.string(),
  SYMBOL_CODE: z.string().nullable(),
  SYMBOL_CODE_SHORT: z.string().nullable(),
})

function methodsOfEnums(): Method[] {
  return Object.entries(ENUMS).map(([name, list]) =>
    method(`crm.enum.${name}`, {
      doc: `Lists the words of the enumeration ${name}.`,
      scope: 'crm',
      params: {},
      result: z.array(word),
      read: async () =>
        list.map(({ id, name: NAME, code, short }) => ({
          ID: id,
          NAME,
          SYMBOL_CODE: code ?? null,
          SYMBOL_CODE_SHORT: short ?? null,
        })),
    }),
  )
}

export const enumMethods = methodsOfEnums()

const readOnly = { readOnly: true }

export const enumFields = method('crm.enum.fields', {
  doc: 'Describes the fields of a word of an enumeration.',
  scope: 'crm',
  params: {},
  result: z.record(z.string(), fieldDescription),
  read: async () => ({
    ID: describe('int', 'ID', readOnly),
    NAME: describe('string', 'Name', readOnly),
    SYMBOL_CODE: describe('string', 'Symbol code', readOnly),
    SYMBOL_CODE_SHORT: describe('string', 'Short symbol code', readOnly),
  }),
})

export const enumOrderOwnerTypes = method('crm.enum.getorderownertypes', {
  doc: 'Lists the kinds of entities that an order may belong to.',
  scope: 'crm',
  params: {},
  result: z.array(z.strictObject({ attribute: z.string(), code: z.string(), id: z.int(), name: z.string() })),
  read: async () => [{ attribute: 'DYN', code: 'DEAL', id: 2, name: 'Deal' }],
})

export const multifieldFields = method('crm.multifield.fields', {
  doc: 'Describes the fields of a phone, an e-mail, a site or a messenger.',
  scope: 'crm',
  params: {},
  result: z.record(z.string(), fieldDescription),
  read: async () => ({
    ID: describe('int', 'ID', readOnly),
    TYPE_ID: describe('string', 'Field type', readOnly),
    VALUE: describe('string', 'Value'),
    VALUE_TYPE: describe('string', 'Value type'),
  }),
})
