import { isCustomName } from '../../domain/crm/terms.ts'
import { FIELDS, type Field } from '../../domain/crm/fields.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'

/** How a field is called in `crm.lead.*` and its like, and how in `crm.item.*`; no name where a face lacks it. */
export interface WireField {
  readonly field: Field
  readonly classic: string | undefined
  readonly item: string | undefined
}

type Names = readonly [classic: string | undefined, item: string | undefined]

/** `companyTitle` is `COMPANY_TITLE` and `companyTitle`; these are called otherwise. */
const OTHERWISE: Readonly<Record<string, Names>> = {
  createdById: ['CREATED_BY_ID', 'createdBy'],
  updatedById: ['MODIFY_BY_ID', 'updatedBy'],
  movedById: ['MOVED_BY_ID', 'movedBy'],
  createdAt: ['DATE_CREATE', 'createdTime'],
  updatedAt: ['DATE_MODIFY', 'updatedTime'],
  movedAt: ['MOVED_TIME', 'movedTime'],
  closedAt: ['DATE_CLOSED', 'dateClosed'],
  lastActivityAt: ['LAST_ACTIVITY_TIME', 'lastActivityTime'],
  lastActivityById: ['LAST_ACTIVITY_BY', 'lastActivityBy'],
  beginDate: ['BEGINDATE', 'begindate'],
  closeDate: ['CLOSEDATE', 'closedate'],
  companyType: ['COMPANY_TYPE', 'typeId'],
  stageSemantics: ['STAGE_SEMANTIC_ID', 'stageSemanticId'],
  observers: [undefined, 'observers'],
  'lead.stageId': ['STATUS_ID', 'stageId'],
  'lead.stageSemantics': ['STATUS_SEMANTIC_ID', 'stageSemanticId'],
  'company.contactIds': ['CONTACT_ID', 'contactIds'],
}

/** Fields that the classic methods show only, and `crm.item.*` sets. */
const CLASSIC_SHOWN_ONLY: ReadonlySet<string> = new Set(['leadId'])

export function isClassicReadOnly(field: Field): boolean {
  return field.readOnly || CLASSIC_SHOWN_ONLY.has(field.name)
}

/** Addresses in parts belong to the classic methods alone; requisites take their place in `crm.item.*`. */
const ADDRESS_PART = /^(?:address|regAddress)(?!Legal)/

/** `companyTitle` as `COMPANY_TITLE`, `address2` as `ADDRESS_2`. */
export function upperName(name: string): string {
  return name.replace(/[A-Z]|\d+/g, '_$&').toUpperCase()
}

/** `ASSIGNED_BY_ID` as `assignedById`; a name in camelCase stays. */
export function camelName(name: string): string {
  if (!/^[A-Z][A-Z0-9_]*$/.test(name)) return name
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function namesOf(type: CrmEntityType, name: string): Names {
  const special = OTHERWISE[`${type}.${name}`] ?? OTHERWISE[name]
  return special ?? [upperName(name), ADDRESS_PART.test(name) ? undefined : name]
}

function wireFieldsOf(type: CrmEntityType): WireField[] {
  return FIELDS[type].map((field) => {
    const [classic, item] = namesOf(type, field.name)
    return { field, classic, item }
  })
}

/** The fields of each entity with their names on the wire. */
export const WIRE_FIELDS: Readonly<Record<CrmEntityType, readonly WireField[]>> = {
  lead: wireFieldsOf('lead'),
  deal: wireFieldsOf('deal'),
  contact: wireFieldsOf('contact'),
  company: wireFieldsOf('company'),
}

function lookup(type: CrmEntityType, face: 'classic' | 'item'): Map<string, Field> {
  const found = new Map<string, Field>()
  for (const entry of WIRE_FIELDS[type]) {
    const name = entry[face]
    if (name === undefined) continue
    found.set(name, entry.field)
    if (face === 'item') found.set(upperName(name), entry.field)
  }
  return found
}

function lookups(face: 'classic' | 'item'): Record<CrmEntityType, Map<string, Field>> {
  return {
    lead: lookup('lead', face),
    deal: lookup('deal', face),
    contact: lookup('contact', face),
    company: lookup('company', face),
  }
}

const classicNames = lookups('classic')
const itemNames = lookups('item')

/** In any letter case. */
export function classicField(type: CrmEntityType, name: string): Field | undefined {
  return classicNames[type].get(name.toUpperCase())
}

/** `assignedById`; `ASSIGNED_BY_ID` does too. */
export function itemField(type: CrmEntityType, name: string): Field | undefined {
  return itemNames[type].get(name)
}

/** The name that errors of `crm.item.*` use. */
export function itemNameOf(type: CrmEntityType, inner: string): string {
  return WIRE_FIELDS[type].find(({ field }) => field.name === inner)?.item ?? inner
}

/** `ufCrm_1720019876534`, `ufCrm2_1639669411830`, `ufCrmMyField` or `UF_CRM_…` as `UF_CRM_…`; nothing for other names. */
export function customName(name: string): string | undefined {
  const upper = name.toUpperCase()
  if (isCustomName(upper)) return upper
  const rest = /^ufCrm(.+)$/.exec(name)?.[1]
  if (rest === undefined) return undefined
  const parts = /^\d/.test(rest) ? `_${rest}` : rest.replace(/(?<!_)[A-Z]/g, '_$&')
  const custom = `UF_CRM${parts}`.toUpperCase()
  return isCustomName(custom) ? custom : undefined
}

/** The name of a custom field in camelCase, from which {@link customName} leads back. */
export function camelCustomName(name: string): string {
  const rest = /^UF_CRM_(.+)$/.exec(name)?.[1]
  if (rest === undefined) return name
  if (/^\d+_\d/.test(rest)) return `ufCrm${rest.toLowerCase()}`
  const words = rest
    .split('_')
    .map((word) => (/^[A-Z]/.test(word) ? word[0]! + word.slice(1).toLowerCase() : `_${word.toLowerCase()}`))
  return `ufCrm${words.join('')}`
}

/** `entityTypeId` on the wire. */
export const ENTITY_TYPE_IDS: Readonly<Record<CrmEntityType, number>> = { lead: 1, deal: 2, contact: 3, company: 4 }

export function entityTypeOf(entityTypeId: number): CrmEntityType | undefined {
  return (Object.keys(ENTITY_TYPE_IDS) as CrmEntityType[]).find((type) => ENTITY_TYPE_IDS[type] === entityTypeId)
}
