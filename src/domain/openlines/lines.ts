import type { Selectable } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { LineQueueTable, LineTable } from '../../storage/schema/openlines.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { clearLine } from '../connectors/places.ts'
import { type LineSettings, completeSettings } from './line-settings.ts'
import { closeSession } from './sessions.ts'

/** An open channel with all its settings. */
export interface Line extends Omit<Selectable<LineTable>, 'settings'> {
  readonly settings: LineSettings
}

/** An entry of a line's queue: a person, or everybody of a department. */
export type QueueEntry = { readonly userId: number } | { readonly departmentId: number }

export interface LineChange {
  readonly name?: string
  readonly active?: boolean
  readonly settings?: Partial<LineSettings>
  /** The whole new queue, in order. */
  readonly queue?: readonly QueueEntry[]
  readonly byUserId: number
  readonly now: number
}

const lineById = prepared<{ id: number }>()((db, p) => db.selectFrom('line').selectAll().where('id', '=', p.id))

export async function loadLine(read: Reader, id: number): Promise<Line | undefined> {
  const row = await read.first(lineById, { id })
  return row && { ...row, settings: completeSettings(row.settings) }
}

/** All lines, in the order in which they were made. A portal has some tens of them. */
export async function allLines(read: Reader): Promise<Line[]> {
  const rows = await read.db.selectFrom('line').selectAll().orderBy('id').execute()
  return rows.map((row) => ({ ...row, settings: completeSettings(row.settings) }))
}

/** Makes an open channel. Without a name it is called by its number. Answers its id. */
export async function createLine(
  tx: Tx,
  { name, active = true, settings = {}, queue = [], byUserId, now }: LineChange,
): Promise<number> {
  const { id } = await tx.db
    .insertInto('line')
    .values({ name: name ?? '', active, settings, createdAt: now, updatedAt: now, updatedById: byUserId })
    .returning('id')
    .executeTakeFirstOrThrow()
  if (name === undefined || name === '')
    await tx.db
      .updateTable('line')
      .set({ name: `Open Channel ${id}` })
      .where('id', '=', id)
      .execute()
  await setQueue(tx, id, queue)
  await tx.emit({ type: 'line.added', subject: `line:${id}`, payload: { lineId: id } })
  return id
}

/** Changes what is named and keeps the rest. Answers false when there is no such line. */
export async function updateLine(tx: Tx, id: number, change: LineChange): Promise<boolean> {
  const row = await tx.first(lineById, { id })
  if (!row) return false
  await tx.db
    .updateTable('line')
    .set({
      name: change.name || row.name,
      active: change.active ?? row.active,
      settings: { ...row.settings, ...change.settings },
      updatedAt: change.now,
      updatedById: change.byUserId,
    })
    .where('id', '=', id)
    .execute()
  if (change.queue) await setQueue(tx, id, change.queue)
  await tx.emit({ type: 'line.updated', subject: `line:${id}`, payload: { lineId: id } })
  return true
}

/** What `line.deleted` tells. */
export interface LineDeleted {
  readonly lineId: number
  /** Those that had a place on it. */
  readonly connectorIds: readonly string[]
}

/** Deletes a line with its queue and its connectors' places on it; its chats stay as history, their sessions close. */
export async function deleteLine(tx: Tx, id: number, byUserId: number, now: number): Promise<boolean> {
  if (!(await tx.first(lineById, { id }))) return false
  const open = await tx.db
    .selectFrom('session')
    .select('chatId')
    .where('lineId', '=', id)
    .where('state', '!=', 'closed')
    .orderBy('id')
    .execute()
  for (const { chatId } of open) await closeSession(tx, chatId, byUserId, now)
  const connectorIds = await clearLine(tx, id)
  await tx.db.deleteFrom('lineQueue').where('lineId', '=', id).execute()
  await tx.db.deleteFrom('quickAnswer').where('lineId', '=', id).execute()
  await tx.db.deleteFrom('line').where('id', '=', id).execute()
  await tx.emit({
    type: 'line.deleted',
    subject: `line:${id}`,
    payload: { lineId: id, connectorIds } satisfies LineDeleted,
  })
  return true
}

async function setQueue(tx: Tx, lineId: number, queue: readonly QueueEntry[]): Promise<void> {
  await tx.db.deleteFrom('lineQueue').where('lineId', '=', lineId).execute()
  const rows = queue.map((entry, sort) => ({ lineId, sort, userId: 0, departmentId: 0, ...entry }))
  if (rows.length > 0) await tx.db.insertInto('lineQueue').values(rows).execute()
}

/** Takes a department that goes out of every queue. */
export async function leaveQueues(tx: Tx, departmentId: number): Promise<void> {
  await tx.db.deleteFrom('lineQueue').where('departmentId', '=', departmentId).execute()
}

/** The queues of lines as they were set, in order. */
export async function queueEntries(read: Reader, lineIds: readonly number[]): Promise<Selectable<LineQueueTable>[]> {
  if (lineIds.length === 0) return []
  return read.db
    .selectFrom('lineQueue')
    .selectAll()
    .where('lineId', 'in', lineIds)
    .orderBy('lineId')
    .orderBy('sort')
    .orderBy('id')
    .execute()
}

/** Somebody who answers on a line, and the entry of the queue that makes him one. */
export interface QueueMember {
  readonly lineId: number
  readonly entryId: number
  readonly sort: number
  readonly userId: number
  readonly departmentId: number
  readonly name: string
  readonly lastName: string
  readonly workPosition: string
  readonly avatarUrl: string
  readonly lastActivityAt: number | null
}

const memberColumns = [
  'lineQueue.lineId',
  'lineQueue.id as entryId',
  'lineQueue.sort',
  'lineQueue.departmentId',
  'user.id as userId',
  'user.name',
  'user.lastName',
  'user.workPosition',
  'user.avatarUrl',
  'user.lastActivityAt',
] as const

/**
 * Who answers on the lines: the active people of their queues in order, those of departments among them.
 * Nobody stands twice on a line.
 */
export async function queueMembers(read: Reader, lineIds: readonly number[]): Promise<QueueMember[]> {
  if (lineIds.length === 0) return []
  const people = await read.db
    .selectFrom('lineQueue')
    .innerJoin('user', 'user.id', 'lineQueue.userId')
    .select(memberColumns)
    .where('lineQueue.lineId', 'in', lineIds)
    .where('user.active', '=', true)
    .where('user.kind', '=', 'employee')
    .unionAll(
      read.db
        .selectFrom('lineQueue')
        .innerJoin('userDepartment', 'userDepartment.departmentId', 'lineQueue.departmentId')
        .innerJoin('user', 'user.id', 'userDepartment.userId')
        .select(memberColumns)
        .where('lineQueue.lineId', 'in', lineIds)
        .where('user.active', '=', true)
        .where('user.kind', '=', 'employee'),
    )
    .execute()
  const seen = new Set<string>()
  const inOrder = people.toSorted(
    (a, b) => a.lineId - b.lineId || a.sort - b.sort || a.entryId - b.entryId || a.userId - b.userId,
  )
  return inOrder.filter(({ lineId, userId }) => {
    const key = `${lineId}:${userId}`
    return !seen.has(key) && seen.add(key)
  })
}

const directEntry = prepared<{ lineId: number; userId: number }>()((db, p) =>
  db.selectFrom('lineQueue').select('id').where('lineId', '=', p.lineId).where('userId', '=', p.userId).limit(1),
)
const departmentEntry = prepared<{ lineId: number; userId: number }>()((db, p) =>
  db
    .selectFrom('lineQueue')
    .innerJoin('userDepartment', 'userDepartment.departmentId', 'lineQueue.departmentId')
    .select('lineQueue.id')
    .where('lineQueue.lineId', '=', p.lineId)
    .where('userDepartment.userId', '=', p.userId)
    .limit(1),
)

/** Whether somebody stands in a line's queue, himself or by his department. */
export async function isOperator(read: Reader, lineId: number, userId: number): Promise<boolean> {
  const who = { lineId, userId }
  return (await read.first(directEntry, who)) !== undefined || (await read.first(departmentEntry, who)) !== undefined
}
