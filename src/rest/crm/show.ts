import { DateTime } from 'luxon'
import type { Entity } from '../../domain/crm/entities.ts'
import type { Field, FieldValue } from '../../domain/crm/fields.ts'
import { type Multifield, MULTIFIELD_TYPES, hasMultifields } from '../../domain/crm/multifields.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import { isoDate } from '../envelope.ts'
import { yesNo } from '../wire.ts'
import { ENTITY_TYPE_IDS, WIRE_FIELDS, camelCustomName } from './names.ts'

export type Shown = Record<string, unknown>

/** A day as answers show it: its first moment in the portal's zone. */
function isoDay(day: string, timeZone: string): string {
  return isoDate(DateTime.fromISO(day, { zone: timeZone }).toMillis(), timeZone)
}

const isNewStage = ({ values }: Entity): 'Y' | 'N' => yesNo(/(?:^|:)NEW$/.test(String(values['stageId'])))

/** Keys of the classic methods for which nothing is kept here. */
export const CLASSIC_ONLY: Readonly<
  Record<CrmEntityType, Readonly<Record<string, (entity: Entity) => string | null>>>
> = {
  lead: {},
  deal: { QUOTE_ID: () => null, IS_NEW: isNewStage },
  contact: { PHOTO: () => null, FACE_ID: () => null },
  company: { LOGO: () => null, LAST_COMMUNICATION_TIME: () => null },
}

/** What a client wants to see of an entity, by classic names. */
export interface Selection {
  /** Nothing for every field. */
  readonly fields: ReadonlySet<string> | undefined
  /** All custom fields; else those among `fields`. */
  readonly allCustom: boolean
  readonly multifields: ReadonlySet<string>
}

export const EVERYTHING: Selection = { fields: undefined, allCustom: true, multifields: new Set(MULTIFIELD_TYPES) }

/** The `select` of a classic list. The id is always there. */
export function readSelection(select: readonly string[] | undefined): Selection {
  const names = new Set((select ?? []).map((name) => name.toUpperCase()).filter((name) => name !== ''))
  const multifields = new Set([...names].filter((name) => (MULTIFIELD_TYPES as readonly string[]).includes(name)))
  if (names.size === 0) return { fields: undefined, allCustom: true, multifields }
  return {
    fields: names.has('*') ? undefined : names.add('ID'),
    allCustom: names.has('UF_*'),
    multifields,
  }
}

function classicValue({ name, type }: Field, value: FieldValue, timeZone: string): string | null {
  if (type === 'boolean') return yesNo(value === true)
  if (type === 'instant') return value === null ? '' : isoDate(Number(value), timeZone)
  if (type === 'date') return value === '' ? '' : isoDay(String(value), timeZone)
  // Amounts carry their cents, revenue does not.
  if (type === 'number' && name !== 'revenue') return Number(value).toFixed(2)
  return value === '' || value === null ? null : String(value)
}

/** An entity as `crm.lead.get` and its like show it. */
export function classicEntity(type: CrmEntityType, entity: Entity, selection: Selection, timeZone: string): Shown {
  const { fields, allCustom, multifields } = selection
  const shown: Shown = {}
  for (const { field, classic } of WIRE_FIELDS[type]) {
    if (classic === undefined || field.type === 'references' || (fields && !fields.has(classic))) continue
    shown[classic] = classicValue(field, entity.values[field.name]!, timeZone)
  }
  for (const [name, show] of Object.entries(CLASSIC_ONLY[type]))
    if (!fields || fields.has(name)) shown[name] = show(entity)
  for (const [name, value] of Object.entries(entity.custom)) if (allCustom || fields?.has(name)) shown[name] = value
  for (const typeId of MULTIFIELD_TYPES) {
    const own = multifields.has(typeId) ? entity.multifields.filter((each) => each.typeId === typeId) : []
    if (own.length > 0) {
      shown[typeId] = own.map((each) => ({
        ID: String(each.id),
        VALUE_TYPE: each.valueType,
        VALUE: each.value,
        TYPE_ID: each.typeId,
      }))
    }
  }
  return shown
}

function itemValue({ type, target }: Field, value: FieldValue, timeZone: string): unknown {
  if (type === 'boolean') return yesNo(value === true)
  if (type === 'instant') return value === null ? null : isoDate(Number(value), timeZone)
  if (type === 'date') return value === '' ? null : isoDay(String(value), timeZone)
  // Clients are shown 0 where no company or contact is bound.
  if (type === 'reference') return value ?? (target === 'lead' ? null : 0)
  return value === '' ? null : value
}

/** The first value of a kind of multifield; of one value type where it is named. */
function firstValue(multifields: readonly Multifield[], typeId: string, valueType?: string): string {
  const found = multifields.find(
    (each) => each.typeId === typeId && (valueType === undefined || each.valueType === valueType),
  )
  return found?.value ?? ''
}

const SEARCHED = [
  'id',
  'title',
  'lastName',
  'name',
  'secondName',
  'companyTitle',
  'post',
  'sourceDescription',
  'comments',
]

function searchContent({ values, multifields }: Entity): string {
  const parts = [...SEARCHED.map((name) => values[name]), ...multifields.map((each) => each.value)]
  return parts.filter((part) => part !== undefined && part !== null && part !== '').join(' ')
}

function communications({ multifields }: Entity): Shown {
  const first = (typeId: string, valueType?: string): string => firstValue(multifields, typeId, valueType)
  return {
    phoneMobile: first('PHONE', 'MOBILE'),
    phoneWork: first('PHONE', 'WORK'),
    phoneMailing: first('PHONE', 'MAILING'),
    emailHome: first('EMAIL', 'HOME'),
    emailWork: first('EMAIL', 'WORK'),
    emailMailing: first('EMAIL', 'MAILING'),
    imol: multifields.find((each) => each.typeId === 'IM' && each.value.startsWith('imol|'))?.value ?? '',
    email: first('EMAIL'),
    phone: first('PHONE'),
  }
}

const nothing = (...names: string[]): Shown => Object.fromEntries(names.map((name) => [name, null]))

const withSearch = (entity: Entity): Shown => ({
  webformId: 0,
  searchContent: searchContent(entity),
  ...communications(entity),
})

/** Keys of `crm.item.*` that are worked out, or that the reference lists as switched off. */
const ITEM_ONLY: Readonly<Record<CrmEntityType, (entity: Entity) => Shown>> = {
  lead: (entity) => ({
    ...nothing('dateCreateShort', 'dateModifyShort', 'isConvert', 'productId', 'shortName', 'address', 'login'),
    ...nothing('skype', 'icq'),
    ...withSearch(entity),
  }),
  deal: (entity) => ({
    ...nothing('dateCreateShort', 'dateModifyShort', 'quoteId', 'productId', 'begindateShort', 'closedateShort'),
    ...nothing('eventDate', 'eventDateShort', 'eventId', 'eventDescription', 'webformId', 'searchContent'),
    ...nothing('orderStage', 'isWork', 'isWon', 'isLose', 'receivedAmount', 'lostAmount', 'hasProducts'),
    isNew: isNewStage(entity),
  }),
  contact: (entity) => ({ ...nothing('shortName', 'photo', 'address', 'login'), categoryId: 0, ...withSearch(entity) }),
  company: (entity) => ({ ...nothing('logo', 'address'), categoryId: 0, ...withSearch(entity) }),
}

export interface ItemSelection {
  /** Nothing for everything. */
  readonly names: ReadonlySet<string> | undefined
  readonly originalCustomNames: boolean
}

/** An entity as `crm.item.get` shows it. */
export function itemEntity(type: CrmEntityType, entity: Entity, selection: ItemSelection, timeZone: string): Shown {
  const shown: Shown = {}
  for (const { field, item } of WIRE_FIELDS[type]) {
    if (item !== undefined) shown[item] = itemValue(field, entity.values[field.name]!, timeZone)
  }
  Object.assign(shown, ITEM_ONLY[type](entity))
  for (const [name, value] of Object.entries(entity.custom)) {
    shown[selection.originalCustomNames ? name : camelCustomName(name)] = value
  }
  if (hasMultifields(type)) {
    shown['fm'] = entity.multifields.map(({ id, valueType, value, typeId }) => ({ id, valueType, value, typeId }))
  }
  shown['entityTypeId'] = ENTITY_TYPE_IDS[type]
  const { names } = selection
  return names ? Object.fromEntries(Object.entries(shown).filter(([name]) => names.has(name))) : shown
}
