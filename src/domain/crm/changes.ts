import type { Kysely } from 'kysely'
import type { JsonValue } from '../../kernel/json.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Tx } from '../../storage/store.ts'
import { untieEntity } from '../openlines/ties.ts'
import { loadSettings } from '../portals/settings.ts'
import { Refusal } from '../refusal.ts'
import { type Accessor, levelReaches } from './access.ts'
import { bind, bindContacts, unbindAll } from './bindings.ts'
import { checkValues, defaultsFor, stageChange } from './rules.ts'
import type { Entity } from './entities.ts'
import { FIELDS, type Field, type FieldValue, type FieldValues, emptyValue, fieldOf } from './fields.ts'
import { type MultifieldChange, changeMultifields } from './multifields.ts'
import { openEntity, permittedLevel } from './permissions.ts'

/** What is to be set. Read-only fields are passed over, immutable ones too once the entity exists. */
export interface EntityChange {
  readonly values: FieldValues
  /** Custom fields by `UF_…`; null or empty takes one away. */
  readonly custom?: Readonly<Record<string, JsonValue>>
  readonly multifields?: readonly MultifieldChange[]
}

/** What every event about an entity tells. */
export interface EntityEvent {
  readonly entityType: CrmEntityType
  readonly entityId: number
}

const TITLES: Readonly<Record<CrmEntityType, string>> = { lead: 'Lead', deal: 'Deal', contact: '', company: 'Company' }

type Columns = Record<string, unknown>
type AnyTable = Record<CrmEntityType, Columns>

/** Writing that is the same for the four tables; which columns there are is told by `FIELDS`. */
function tables(tx: Tx): Kysely<AnyTable> {
  return tx.db as unknown as Kysely<AnyTable>
}

/**
 * Adds an entity; the portal itself adds as `{ userId, isAdmin: true }`. Refuses with `accessDenied` and
 * `invalidField` ({@link InvalidField}). Answers the id.
 */
export async function addEntity(
  tx: Tx,
  accessor: Accessor,
  type: CrmEntityType,
  change: EntityChange,
  now: number,
): Promise<number> {
  const level = await permittedLevel(tx, accessor, 'add', type)
  const settings = await loadSettings(tx)
  const given = writable(type, change.values, false)
  const assignedById = Number(given['assignedById'] ?? 0) || accessor.userId
  if (!(await levelReaches(tx, level, accessor, assignedById))) throw new Refusal('accessDenied')
  const values: FieldValues = { ...(await defaultsFor(tx, type, settings, now)), ...given, assignedById }
  const bound = boundIds(type, values, [])
  await checkValues(tx, type, values, bound ?? [])
  const stage = await stageChange(tx, type, values, undefined, { now, userId: accessor.userId, settings })
  const complete: FieldValues = {
    ...values,
    ...stage,
    ...(type === 'lead' ? { isReturnCustomer: Boolean(values['companyId']) || Boolean(bound?.length) } : {}),
  }
  const { id } = await tables(tx)
    .insertInto(type)
    .values({
      ...columnsOf(type, complete),
      createdById: accessor.userId,
      updatedById: accessor.userId,
      createdAt: now,
      updatedAt: now,
      lastActivityAt: now,
      lastActivityById: accessor.userId,
      extra: extraOf(type, {}, complete, change.custom ?? {}),
    })
    .returning('id')
    .$castTo<{ id: number }>()
    .executeTakeFirstOrThrow()
  if (TITLES[type] !== '' && !values['title']) {
    await tables(tx)
      .updateTable(type)
      .set({ title: titleOf(type, id) })
      .where('id', '=', id)
      .execute()
  }
  if (bound) await writeBindings(tx, type, id, bound)
  // Ids in what is added name values of some other entity: these are new.
  await changeMultifields(tx, type, id, change.multifields?.map((each) => ({ ...each, id: undefined })) ?? [])
  const payload: EntityEvent = { entityType: type, entityId: id }
  await tx.emit({ type: `${type}.added`, subject: `${type}:${id}`, payload })
  return id
}

/**
 * Changes an entity; when nothing differs, nothing is written. Refuses with `accessDenied`, `entityNotFound`,
 * `invalidField`.
 */
export async function updateEntity(
  tx: Tx,
  accessor: Accessor,
  type: CrmEntityType,
  id: number,
  change: EntityChange,
  now: number,
): Promise<void> {
  const entity = await openEntity(tx, accessor, 'update', type, id, { bindings: true })
  const changed = await writeChange(tx, accessor, type, entity, change, now)
  if (changed.length === 0) return
  await tables(tx)
    .updateTable(type)
    .set({ updatedAt: now, updatedById: accessor.userId })
    .where('id', '=', id)
    .execute()
  const payload = { entityType: type, entityId: id, changed } satisfies EntityEvent & { changed: string[] }
  await tx.emit({ type: `${type}.updated`, subject: `${type}:${id}`, payload })
}

async function writeChange(
  tx: Tx,
  accessor: Accessor,
  type: CrmEntityType,
  entity: Entity,
  change: EntityChange,
  now: number,
): Promise<string[]> {
  const { id } = entity
  const settings = await loadSettings(tx)
  const sent = { ...writable(type, change.values, true) }
  if (sent['assignedById'] === 0) delete sent['assignedById']
  if (sent['stageId'] === '') delete sent['stageId']
  if (sent['title'] === '' && TITLES[type] !== '') sent['title'] = titleOf(type, id)
  const bound = boundIds(type, sent, boundNow(type, entity))
  const given = differing(sent, entity.values)
  await checkValues(tx, type, given, bound ?? [])
  const stage = await stageChange(tx, type, given, entity.values, { now, userId: accessor.userId, settings })
  const columns = columnsOf(type, { ...given, ...stage })
  const extraFields = Object.keys(given).filter((name) => fieldOf(type, name)?.at === 'extra')
  const customNames = differingCustom(change.custom ?? {}, entity.custom)
  if (extraFields.length + customNames.length > 0) {
    columns['extra'] = extraOf(type, entity.custom, { ...entity.values, ...given }, change.custom ?? {})
  }
  if (Object.keys(columns).length > 0) await tables(tx).updateTable(type).set(columns).where('id', '=', id).execute()
  const rebound = bound !== undefined && bound.join() !== boundNow(type, entity).join()
  if (rebound) await writeBindings(tx, type, id, bound)
  const multifields = await changeMultifields(tx, type, id, change.multifields ?? [])
  return [
    ...Object.keys(given).filter((name) => fieldOf(type, name)?.at !== 'binding'),
    ...customNames,
    ...(rebound ? ['bindings'] : []),
    ...(multifields ? ['multifields'] : []),
  ]
}

/** Deletes an entity with all that belongs to it. Refuses with `accessDenied`, `entityNotFound`. */
export async function deleteEntity(
  tx: Tx,
  accessor: Accessor,
  type: CrmEntityType,
  id: number,
  now: number,
): Promise<void> {
  await openEntity(tx, accessor, 'delete', type, id)
  await tx.db.deleteFrom('multifield').where('entityType', '=', type).where('entityId', '=', id).execute()
  await unbindAll(tx, type, id)
  await untieEntity(tx, type, id, now)
  await tables(tx).deleteFrom(type).where('id', '=', id).execute()
  const payload: EntityEvent = { entityType: type, entityId: id }
  await tx.emit({ type: `${type}.deleted`, subject: `${type}:${id}`, payload })
}

function titleOf(type: CrmEntityType, id: number): string {
  return `${TITLES[type]} #${id}`
}

function writable(type: CrmEntityType, values: FieldValues, exists: boolean): FieldValues {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => {
      const field = fieldOf(type, name)
      return field !== undefined && !field.readOnly && !(exists && field.immutable)
    }),
  )
}

function differing(values: FieldValues, now: FieldValues): FieldValues {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(now[name] ?? null)),
  )
}

function differingCustom(custom: Readonly<Record<string, JsonValue>>, now: Entity['custom']): string[] {
  return Object.keys(custom).filter((name) => {
    const value = custom[name] ?? null
    return isEmpty(value) ? now[name] !== undefined : JSON.stringify(value) !== JSON.stringify(now[name] ?? null)
  })
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || value === undefined || (Array.isArray(value) && value.length === 0)
}

function columnsOf(type: CrmEntityType, values: FieldValues): Columns {
  return Object.fromEntries(Object.entries(values).filter(([name]) => fieldOf(type, name)?.at === 'column'))
}

function kept(field: Field, value: FieldValue | undefined): unknown {
  if (value === undefined || isEmpty(value) || value === emptyValue(field.type)) return undefined
  // As a number, so that every engine reads the same out of the JSON.
  return field.type === 'boolean' ? 1 : value
}

function extraOf(
  type: CrmEntityType,
  customNow: Entity['custom'],
  values: FieldValues,
  custom: Readonly<Record<string, JsonValue>>,
): Record<string, unknown> {
  const extra: Record<string, unknown> = {}
  for (const field of FIELDS[type]) {
    const value = field.at === 'extra' ? kept(field, values[field.name]) : undefined
    if (value !== undefined) extra[field.name] = value
  }
  for (const [name, value] of Object.entries({ ...customNow, ...custom })) if (!isEmpty(value)) extra[name] = value
  return extra
}

function boundNow(type: CrmEntityType, entity: Entity): readonly number[] {
  return entity.values[type === 'contact' ? 'companyIds' : 'contactIds'] as readonly number[]
}

/**
 * What will be bound, or `undefined` when the change does not touch it. A list names all of them; a single
 * id takes the place of the first one.
 */
function boundIds(type: CrmEntityType, values: FieldValues, now: readonly number[]): readonly number[] | undefined {
  const [all, first] =
    type === 'contact' ? (['companyIds', 'companyId'] as const) : (['contactIds', 'contactId'] as const)
  const list = values[all] as readonly number[] | undefined
  const single = type === 'company' ? undefined : (values[first] as number | null | undefined)
  if (list === undefined && single === undefined) return undefined
  const others = list ?? (single === now[0] ? now : now.slice(1))
  return [...new Set(single ? [single, ...others] : others)]
}

async function writeBindings(tx: Tx, type: CrmEntityType, id: number, bound: readonly number[]): Promise<void> {
  await (type === 'company' ? bindContacts(tx, id, bound) : bind(tx, type, id, bound))
}
