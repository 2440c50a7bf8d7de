import type { Selectable } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { CrmEntityType, CrmStatusTable } from '../../storage/schema/crm.ts'
import { nullsLeast } from '../../storage/order.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { Refusal } from '../refusal.ts'
import { type Accessor, CRM_ENTITY_TYPES, accessLevel } from './access.ts'
import { REFERENCE_BOOKS } from './reference-books.ts'

export type Status = Selectable<CrmStatusTable>

/** A stage as entities need it: `semantics` is `P`, `S` or `F`. */
export interface Stage {
  readonly id: string
  readonly semantics: 'P' | 'S' | 'F'
}

const stageById = prepared<{ book: string; stageId: string }>()((db, p) =>
  db
    .selectFrom('crmStatus')
    .select(['statusId', 'semantics'])
    .where('entityId', '=', p.book)
    .where('statusId', '=', p.stageId),
)
const firstOfBook = prepared<{ book: string }>()((db, p) =>
  db
    .selectFrom('crmStatus')
    .select(['statusId', 'semantics'])
    .where('entityId', '=', p.book)
    .orderBy('sort')
    .orderBy('id')
    .limit(1),
)
const wordsOfBook = prepared<{ book: string }>()((db, p) =>
  db.selectFrom('crmStatus').selectAll().where('entityId', '=', p.book).orderBy('sort').orderBy('id'),
)
const statusById = prepared<{ id: number }>()((db, p) => db.selectFrom('crmStatus').selectAll().where('id', '=', p.id))

/** The book of an entity's stages; deals outside the general pipeline have one a pipeline. */
export function stageBook(type: 'lead' | 'deal', categoryId: number): string {
  if (type === 'lead') return 'STATUS'
  return categoryId === 0 ? 'DEAL_STAGE' : `DEAL_STAGE_${categoryId}`
}

/** The named stage, or the first one when none is named. */
export async function findStage(read: Reader, book: string, stageId: string): Promise<Stage | undefined> {
  const row = await (stageId === '' ? read.first(firstOfBook, { book }) : read.first(stageById, { book, stageId }))
  if (!row) return undefined
  const semantics = row.semantics === 'S' || row.semantics === 'F' ? row.semantics : 'P'
  return { id: row.statusId, semantics }
}

/** The first word of a book, or an empty string. */
export async function firstWord(read: Reader, book: string): Promise<string> {
  return (await read.first(firstOfBook, { book }))?.statusId ?? ''
}

export function statusesOf(read: Reader, book: string): Promise<Status[]> {
  return read.all(wordsOfBook, { book })
}

export function findStatus(read: Reader, id: number): Promise<Status | undefined> {
  return read.first(statusById, { id })
}

/** Refuses with `accessDenied` who may not read a single kind of entity. */
export async function checkMayReadSome(read: Reader, accessor: Accessor): Promise<void> {
  for (const type of CRM_ENTITY_TYPES) {
    if ((await accessLevel(read, accessor, 'read', type)) !== 'none') return
  }
  throw new Refusal('accessDenied')
}

export interface NewStatus {
  readonly entityId: string
  readonly statusId: string
  readonly name: string
  readonly sort: number
  readonly color: string
  readonly semantics: '' | 'S' | 'F'
}

const STAGE_ID = /^[A-Za-z0-9_-]+$/
const LONGEST_STAGE_ID = 21
const LONGEST_ID = 50

/**
 * Adds a word to a reference book. Refuses with `unknownBook`, `invalidStatus`, `afterFinalStage`, `statusExists`.
 * Answers its id.
 */
export async function addStatus(tx: Tx, status: NewStatus): Promise<number> {
  const book = Object.hasOwn(REFERENCE_BOOKS, status.entityId) ? REFERENCE_BOOKS[status.entityId] : undefined
  if (!book) throw new Refusal('unknownBook')
  const { statusId } = status
  if (book.stages ? statusId.length > LONGEST_STAGE_ID || !STAGE_ID.test(statusId) : statusId.length > LONGEST_ID) {
    throw new Refusal('invalidStatus')
  }
  const words = await statusesOf(tx, status.entityId)
  if (words.some((word) => word.statusId === statusId)) throw new Refusal('statusExists')
  const won = book.stages && words.find((word) => word.semantics === 'S')
  if (won && status.semantics === 'S') throw new Refusal('afterFinalStage')
  if (won && status.semantics === '' && status.sort >= won.sort) throw new Refusal('afterFinalStage')
  const { id } = await tx.db
    .insertInto('crmStatus')
    .values({
      ...status,
      semantics: book.stages ? status.semantics : '',
      system: false,
      nameInit: '',
      categoryId: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Refuses with `statusNotFound`. */
export async function updateStatus(
  tx: Tx,
  id: number,
  change: { readonly name?: string; readonly sort?: number; readonly color?: string },
): Promise<void> {
  if (!(await findStatus(tx, id))) throw new Refusal('statusNotFound')
  if (Object.keys(change).length > 0) await tx.db.updateTable('crmStatus').set(change).where('id', '=', id).execute()
}

/** Refuses with `statusNotFound`, `systemStatus` (unless forced), `statusInUse`. */
export async function deleteStatus(tx: Tx, id: number, forced: boolean): Promise<void> {
  const status = await findStatus(tx, id)
  if (!status) throw new Refusal('statusNotFound')
  if (status.system && !forced) throw new Refusal('systemStatus')
  const owner: CrmEntityType | undefined =
    status.entityId === 'STATUS' ? 'lead' : status.entityId === 'DEAL_STAGE' ? 'deal' : undefined
  if (owner) {
    const user = await tx.db
      .selectFrom(owner)
      .select('id')
      .where('stageId', '=', status.statusId)
      .limit(1)
      .executeTakeFirst()
    if (user) throw new Refusal('statusInUse')
  }
  await tx.db.deleteFrom('crmStatus').where('id', '=', id).execute()
}

type StatusValue = string | number | boolean | null

/** The words whose columns have one of the values given, in the order asked for, else by book and place. */
export function listStatuses(
  read: Reader,
  filter: readonly (readonly [column: keyof Status, values: readonly StatusValue[]])[],
  order: readonly (readonly [column: keyof Status, direction: 'asc' | 'desc'])[],
): Promise<Status[]> {
  let query = read.db.selectFrom('crmStatus').selectAll()
  for (const [column, values] of filter) {
    const present = values.filter((value) => value !== null)
    query = query.where((eb) =>
      eb.or([
        ...(present.length > 0 ? [eb(column, 'in', present)] : []),
        ...(present.length < values.length ? [eb(column, 'is', null)] : []),
      ]),
    )
  }
  for (const [column, direction] of order) query = query.orderBy(column, nullsLeast(direction))
  if (order.length === 0) query = query.orderBy('entityId').orderBy('sort')
  return query.orderBy('id').execute()
}
