import type { EntityChange } from '../../domain/crm/changes.ts'
import { isMultifieldType } from '../../domain/crm/conditions.ts'
import { type Field, type FieldType, type FieldValue, emptyValue } from '../../domain/crm/fields.ts'
import type { MultifieldChange, MultifieldType } from '../../domain/crm/multifields.ts'
import { type JsonObject, type JsonValue, isJsonObject } from '../../kernel/json.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import { readDay, readMoment } from '../date-input.ts'
import { isCleanText, wire } from '../wire.ts'
import { classicField, customName, isClassicReadOnly, itemField } from './names.ts'

/** A value that cannot be read. `name` is the one sent; `got` the type of what stands where a list should. */
export class UnreadableValue extends Error {
  override readonly name = 'UnreadableValue'
  readonly fieldName: string
  readonly field: Field | undefined
  readonly got: string | undefined

  constructor(fieldName: string, field?: Field, got?: string) {
    super(fieldName)
    this.fieldName = fieldName
    this.field = field
    this.got = got
  }
}

const LONGEST_TEXT = 65_535
const MOST_IDS = 500
const MOST_MULTIFIELDS = 500

const unreadable = Symbol('unreadable')
const id = wire.integer()
const number = wire.number()
const flag = wire.flag()

/** Text of a scalar; nothing for lists and structures. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
  const text = String(value)
  return text.length <= LONGEST_TEXT && isCleanText(text) ? text : undefined
}

/** Null and an empty string stand for nothing. */
export function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === ''
}

/** The values of a list; PHP clients send one as a structure with numbers for keys. */
export function listOf(value: JsonValue): JsonValue[] | undefined {
  if (Array.isArray(value)) return value
  return isJsonObject(value) ? Object.values(value) : undefined
}

function readId(value: unknown): number | typeof unreadable {
  const parsed = id.safeParse(value)
  return parsed.success && parsed.data >= 0 ? parsed.data : unreadable
}

/** One value of a field that is not a list, in its inner form; `undefined` when it cannot be read. */
function readScalar(field: Field, value: unknown, timeZone: string): FieldValue | undefined {
  if (isBlank(value)) return emptyValue(field.type)
  const read = READERS[field.type](value, timeZone)
  return read === unreadable ? undefined : read
}

type Read = (value: unknown, timeZone: string) => FieldValue | typeof unreadable

const readText: Read = (value) => textOf(value) ?? unreadable
const readReference: Read = (value) => {
  const read = readId(value)
  return read === 0 ? null : read
}

/** How one value of each type is read; of a list, one of its items. */
const READERS: Readonly<Record<FieldType, Read>> = {
  text: readText,
  status: readText,
  stage: readText,
  currency: readText,
  date: (value, timeZone) => readDay(value, timeZone) ?? unreadable,
  instant: (value, timeZone) => readMoment(value, timeZone)?.from ?? unreadable,
  number: (value) => number.safeParse(value).data ?? unreadable,
  boolean: (value) => flag.safeParse(value).data ?? unreadable,
  integer: (value) => id.safeParse(value).data ?? unreadable,
  user: readId,
  category: readId,
  reference: readReference,
  references: readReference,
  users: readReference,
}

const ID_TYPES: ReadonlySet<FieldType> = new Set(['user', 'category', 'reference', 'references', 'users'])

/** A value to compare with: as {@link readScalar}, but an id may be any whole number, and then is nobody's. */
export function readComparable(field: Field, value: unknown, timeZone: string): FieldValue | undefined {
  if (isBlank(value) || !ID_TYPES.has(field.type)) return readScalar(field, value, timeZone)
  const read = id.safeParse(value).data
  return read === 0 ? emptyId(field) : read
}

function emptyId(field: Field): FieldValue {
  return emptyValue(field.type) === 0 ? 0 : null
}

function readIds(name: string, field: Field, value: JsonValue, strict: boolean): readonly number[] {
  if (isBlank(value) || value === false) return []
  const list = listOf(value) ?? (strict ? undefined : [value])
  if (!list) throw new UnreadableValue(name, field, typeof value)
  const ids = list.filter((each) => !isBlank(each)).map(readId)
  if (ids.length > MOST_IDS || ids.includes(unreadable)) throw new UnreadableValue(name, field)
  return [...new Set(ids as number[])].filter((each) => each > 0)
}

function readField(name: string, field: Field, value: JsonValue, timeZone: string, strict: boolean): FieldValue {
  if (field.type === 'references' || field.type === 'users') return readIds(name, field, value, strict)
  const read = readScalar(field, value, timeZone)
  if (read === undefined) throw new UnreadableValue(name, field)
  return read
}

/** `fields` of `crm.lead.add` and its like. Names that there are not are passed over. */
export function readClassicChange(type: CrmEntityType, fields: JsonObject, timeZone: string): EntityChange {
  const values: Record<string, FieldValue> = {}
  const custom: Record<string, JsonValue> = {}
  const multifields: MultifieldChange[] = []
  for (const [name, value] of Object.entries(fields)) {
    const upper = name.toUpperCase()
    const field = classicField(type, upper)
    const own = customName(upper)
    if (field) {
      if (!isClassicReadOnly(field)) values[field.name] = readField(upper, field, value, timeZone, false)
    } else if (isMultifieldType(upper)) multifields.push(...readMultifields(upper, value, upper, multifields.length))
    else if (own !== undefined) custom[own] = value
  }
  return { values, custom, multifields }
}

/** `fields` of `crm.item.add` and `crm.item.update`. */
export function readItemChange(type: CrmEntityType, fields: JsonObject, timeZone: string): EntityChange {
  const values: Record<string, FieldValue> = {}
  const custom: Record<string, JsonValue> = {}
  const multifields: MultifieldChange[] = []
  for (const [name, value] of Object.entries(fields)) {
    const field = itemField(type, name)
    const own = customName(name)
    if (field) {
      if (!field.readOnly) values[field.name] = readField(name, field, value, timeZone, true)
    } else if (name === 'fm' || name === 'FM') {
      if (!isBlank(value) && !listOf(value)) throw new UnreadableValue(name, undefined, typeof value)
      multifields.push(...readMultifields(name, value, undefined, 0))
    } else if (own !== undefined) custom[own] = value
  }
  return { values, custom, multifields }
}

function entriesOf(value: JsonValue): [key: string, entry: JsonValue][] {
  if (isBlank(value) || value === false) return []
  if (Array.isArray(value)) return value.map((entry) => ['', entry])
  // A single value, or a structure that holds them by id (new ones as `n0`, `n1`).
  if (!isJsonObject(value) || 'VALUE' in value || 'value' in value) return [['', value]]
  return Object.entries(value)
}

function readMultifields(
  name: string,
  value: JsonValue,
  typeId: MultifieldType | undefined,
  before: number,
): MultifieldChange[] {
  const entries = entriesOf(value)
  if (before + entries.length > MOST_MULTIFIELDS) throw new UnreadableValue(name)
  return entries.map(([key, entry]) => readMultifield(name, key, entry, typeId))
}

function readMultifield(
  name: string,
  key: string,
  entry: JsonValue,
  typeId: MultifieldType | undefined,
): MultifieldChange {
  const parts = isJsonObject(entry)
    ? Object.fromEntries(Object.entries(entry).map(([part, inner]) => [part.toLowerCase().replaceAll('_', ''), inner]))
    : { value: entry }
  const kind = typeId ?? textOf(parts['typeid'])?.toUpperCase()
  const idText = parts['id'] ?? (/^\d+$/.test(key) ? key : undefined)
  const known = isBlank(idText) ? undefined : wire.id().safeParse(idText).data
  if (kind === undefined || !isMultifieldType(kind) || (!isBlank(idText) && idText !== '0' && known === undefined)) {
    throw new UnreadableValue(name)
  }
  const gone = isBlank(parts['value']) || flag.safeParse(parts['delete'] ?? 'N').data !== false
  const value = gone ? '' : textOf(parts['value'])
  const valueType = isBlank(parts['valuetype']) ? undefined : textOf(parts['valuetype'])
  if (value === undefined || (valueType === undefined && !isBlank(parts['valuetype']))) throw new UnreadableValue(name)
  return { id: known, typeId: kind, value, valueType }
}
