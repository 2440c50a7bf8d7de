import { type Kysely, sql } from 'kysely'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { AccessLevel } from '../../storage/schema/people.ts'
import type { Reader } from '../../storage/store.ts'
import type { JsonValue } from '../../kernel/json.ts'
import { nullsLeast } from '../../storage/order.ts'
import type { Accessor } from './access.ts'
import { boundTo } from './bindings.ts'
import { type Condition, conditionSql, orderTerm } from './conditions.ts'
import { FIELDS, type Field, type FieldValue, type FieldValues, emptyValue } from './fields.ts'
import { type Multifield, multifieldsOf } from './multifields.ts'
import { withinReach } from './reach.ts'
import { type Sql, isCustomName } from './terms.ts'

/** A lead, a deal, a contact or a company. */
export interface Entity {
  readonly id: number
  readonly assignedById: number
  /** By the name of the field; bindings are there when they were asked for. */
  readonly values: FieldValues
  /** Custom fields, by `UF_…`. */
  readonly custom: Readonly<Record<string, JsonValue>>
  /** There when they were asked for. */
  readonly multifields: readonly Multifield[]
}

/** What stands beside the row of an entity and is read only when it is wanted. */
export interface Beside {
  readonly multifields?: boolean
  readonly bindings?: boolean
}

export interface Order {
  readonly field: string
  readonly direction: 'asc' | 'desc'
}

export interface ListQuery extends Beside {
  readonly condition: Condition
  readonly order: readonly Order[]
  readonly limit: number
  readonly offset: number
}

/** The four tables have different columns; what is written once for all of them sees them like this. */
interface EntityRow {
  id: number
  assignedById: number
  extra: Record<string, unknown>
  [column: string]: unknown
}
type EntityTables = Record<CrmEntityType, EntityRow>

/** The table of an entity for queries that are written once for all four. */
export function entityTables(db: Reader['db']): Pick<Kysely<EntityTables>, 'selectFrom'> {
  const tables: unknown = db
  return tables as Pick<Kysely<EntityTables>, 'selectFrom'>
}

function narrowed(type: CrmEntityType, condition: Condition, level: AccessLevel, accessor: Accessor): Sql {
  const reach = withinReach(type, level, accessor)
  const wanted = conditionSql(type, condition)
  return reach ? sql<boolean>`(${wanted} and ${reach})` : wanted
}

/** A page of the entities that meet a condition and are within reach. Ties in the order are broken by id. */
export async function listEntities(
  read: Reader,
  type: CrmEntityType,
  query: ListQuery,
  level: AccessLevel,
  accessor: Accessor,
): Promise<Entity[]> {
  let select = entityTables(read.db)
    .selectFrom(type)
    .selectAll()
    .where(narrowed(type, query.condition, level, accessor))
    .limit(query.limit)
    .offset(query.offset)
  for (const { field, direction } of query.order) {
    const term = orderTerm(type, field)
    if (term) select = select.orderBy(term.expression, term.nullable ? nullsLeast(direction) : direction)
  }
  const rows = await select.orderBy(sql.ref(`${type}.id`)).execute()
  return complete(read, type, rows as EntityRow[], query)
}

export async function countEntities(
  read: Reader,
  type: CrmEntityType,
  condition: Condition,
  level: AccessLevel,
  accessor: Accessor,
): Promise<number> {
  const row = await entityTables(read.db)
    .selectFrom(type)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where(narrowed(type, condition, level, accessor))
    .executeTakeFirstOrThrow()
  return row.total
}

/** One entity, whoever asks. */
export async function findEntity(
  read: Reader,
  type: CrmEntityType,
  id: number,
  beside: Beside = {},
): Promise<Entity | undefined> {
  const rows = await entityTables(read.db)
    .selectFrom(type)
    .selectAll()
    .where(sql.ref(`${type}.id`), '=', id)
    .execute()
  return (await complete(read, type, rows as EntityRow[], beside))[0]
}

async function complete(
  read: Reader,
  type: CrmEntityType,
  rows: readonly EntityRow[],
  beside: Beside,
): Promise<Entity[]> {
  const ids = rows.map((row) => row.id)
  const multifields = beside.multifields ? await multifieldsOf(read, type, ids) : undefined
  const bindings = beside.bindings ? await boundTo(read, type, ids) : undefined
  return rows.map((row) => ({
    id: row.id,
    assignedById: row.assignedById,
    values: valuesOf(type, row, bindings?.get(row.id) ?? [], multifields?.get(row.id) ?? []),
    custom: Object.fromEntries(Object.entries(row.extra).filter(([name]) => isCustomName(name))) as Record<
      string,
      JsonValue
    >,
    multifields: multifields?.get(row.id) ?? [],
  }))
}

function valuesOf(
  type: CrmEntityType,
  row: EntityRow,
  bound: readonly number[],
  multifields: readonly Multifield[],
): FieldValues {
  const values: Record<string, FieldValue> = {}
  for (const field of FIELDS[type]) values[field.name] = valueOf(field, row, bound, multifields)
  // Nobody has done anything since: the creator did the last thing.
  if (values['lastActivityById'] === 0) values['lastActivityById'] = values['createdById'] ?? 0
  return values
}

function valueOf(
  field: Field,
  row: EntityRow,
  bound: readonly number[],
  multifields: readonly Multifield[],
): FieldValue {
  if (field.at === 'column') return row[field.name] as FieldValue
  if (field.at === 'binding') return bound
  if (field.at === 'presence') {
    return multifields.some(({ typeId, value }) =>
      field.of === 'IMOL' ? typeId === 'IM' && value.startsWith('imol|') : typeId === field.of,
    )
  }
  const kept = row.extra[field.name] as FieldValue | undefined
  if (kept === undefined) return emptyValue(field.type)
  return field.type === 'boolean' ? kept === 1 : kept
}
