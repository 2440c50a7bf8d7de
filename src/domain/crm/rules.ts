import { DateTime } from 'luxon'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { Reader } from '../../storage/store.ts'
import type { PortalSettings } from '../portals/settings.ts'
import { FIELDS, type FieldValue, type FieldValues, fieldOf } from './fields.ts'
import { InvalidField } from './refusals.ts'
import { findStage, firstWord, stageBook } from './statuses.ts'

const DEAL_DAYS = 7
const CURRENCY = /^[A-Z]{3}$/

/** What a new entity holds where its maker says nothing. */
export async function defaultsFor(
  read: Reader,
  type: CrmEntityType,
  settings: PortalSettings,
  now: number,
): Promise<FieldValues> {
  const values: Record<string, FieldValue> = {}
  const names = new Set(FIELDS[type].map((field) => field.name))
  if (names.has('sourceId')) values['sourceId'] = await firstWord(read, 'SOURCE')
  if (names.has('currencyId')) values['currencyId'] = settings.currency
  const kind = fieldOf(type, type === 'company' ? 'companyType' : 'typeId')
  if (kind?.book !== undefined) values[kind.name] = await firstWord(read, kind.book)
  if (type === 'deal') {
    const today = DateTime.fromMillis(now, { zone: settings.timeZone })
    values['beginDate'] = today.toISODate() ?? ''
    values['closeDate'] = today.plus({ days: DEAL_DAYS }).toISODate() ?? ''
  }
  return values
}

/** Refuses with `invalidField` a person, an entity or a currency that there is not. */
export async function checkValues(
  read: Reader,
  type: CrmEntityType,
  values: FieldValues,
  bound: readonly number[],
): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const field = fieldOf(type, name)
    if (field?.type === 'currency' && value !== '' && !CURRENCY.test(String(value))) throw new InvalidField(name)
    if (field?.type === 'user' && !(await areEmployees(read, [Number(value)]))) throw new InvalidField(name)
    if (field?.type === 'users' && !(await areEmployees(read, value as readonly number[]))) throw new InvalidField(name)
    if (field?.type === 'reference' && value !== null && !(await exist(read, field.target!, [Number(value)]))) {
      throw new InvalidField(name)
    }
  }
  const [target, list] =
    type === 'contact' ? (['company', 'companyIds'] as const) : (['contact', 'contactIds'] as const)
  if (!(await exist(read, target, bound))) throw new InvalidField(list)
}

async function areEmployees(read: Reader, ids: readonly number[]): Promise<boolean> {
  if (ids.length === 0) return true
  const rows = await read.db
    .selectFrom('user')
    .select('id')
    .where('id', 'in', ids)
    .where('kind', '!=', 'customer')
    .execute()
  return new Set(ids).size === rows.length
}

async function exist(read: Reader, type: CrmEntityType, ids: readonly number[]): Promise<boolean> {
  if (ids.length === 0) return true
  const rows = await read.db.selectFrom(type).select('id').where('id', 'in', ids).execute()
  return new Set(ids).size === rows.length
}

interface Occasion {
  readonly now: number
  readonly userId: number
  readonly settings: PortalSettings
}

/**
 * What else changes with the stage: its group, who moved the entity and when, whether it is closed. Empty when
 * the stage stays. `values` are those that change, `before` is missing for a new entity. Refuses with
 * `invalidField` a stage or a pipeline that there is not.
 */
export async function stageChange(
  read: Reader,
  type: CrmEntityType,
  values: FieldValues,
  before: FieldValues | undefined,
  { now, userId, settings }: Occasion,
): Promise<FieldValues> {
  if (type !== 'lead' && type !== 'deal') return {}
  if (before && values['stageId'] === undefined) return {}
  const categoryId = Number(values['categoryId'] ?? before?.['categoryId'] ?? 0)
  const book = stageBook(type, categoryId)
  const wanted = String(values['stageId'] ?? '')
  const stage = await findStage(read, book, wanted)
  if (!stage) throw new InvalidField(wanted === '' ? 'categoryId' : 'stageId')
  const isFinal = stage.semantics !== 'P'
  const moved = { stageId: stage.id, stageSemantics: stage.semantics, movedAt: now, movedById: userId, closed: isFinal }
  if (type === 'lead') return { ...moved, closedAt: isFinal ? now : null }
  const closesNow = isFinal && before?.['closed'] !== true && values['closeDate'] === undefined
  const today = DateTime.fromMillis(now, { zone: settings.timeZone }).toISODate() ?? ''
  return { ...moved, ...(closesNow ? { closeDate: today } : {}) }
}
