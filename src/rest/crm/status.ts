import { z } from 'zod'
import { REFERENCE_BOOKS } from '../../domain/crm/reference-books.ts'
import {
  type Status,
  addStatus,
  checkMayReadSome,
  deleteStatus,
  findStatus,
  listStatuses,
  statusesOf,
  updateStatus,
} from '../../domain/crm/statuses.ts'
import type { JsonObject } from '../../kernel/json.ts'
import { type ErrorEntry, Page, method, optional, required } from '../method.ts'
import { out, wire, yesNo } from '../wire.ts'
import { describe, fieldDescription } from './describe-fields.ts'
import { listOf, textOf } from './read-values.ts'

const uncoded = (text: string): ErrorEntry => ['', 400, text]
const accessDenied = uncoded('Access denied.')
const statusNotFound = uncoded('Status is not found.')
const invalidIdentifier = uncoded('Invalid identifier.')

const status = z.strictObject({
  ID: out.idText(),
  ENTITY_ID: z.string(),
  STATUS_ID: z.string(),
  NAME: z.string(),
  NAME_INIT: z.string(),
  SORT: z.string(),
  SYSTEM: out.yesNo(),
  CATEGORY_ID: z.string().nullable(),
  COLOR: z.string(),
  SEMANTICS: z.string().nullable(),
})
const extra = z.strictObject({ SEMANTICS: z.enum(['process', 'success', 'failure', 'apology']), COLOR: z.string() })

function show(row: Status): z.input<typeof status> {
  return {
    ID: String(row.id),
    ENTITY_ID: row.entityId,
    STATUS_ID: row.statusId,
    NAME: row.name,
    NAME_INIT: row.nameInit,
    SORT: String(row.sort),
    SYSTEM: yesNo(row.system),
    CATEGORY_ID: row.categoryId === null ? null : String(row.categoryId),
    COLOR: row.color,
    SEMANTICS: row.semantics === '' ? null : row.semantics,
  }
}

function isStage(row: Status): boolean {
  return REFERENCE_BOOKS[row.entityId]?.stages !== undefined
}

function showWithExtra(row: Status) {
  if (!isStage(row)) return show(row)
  const semantics =
    row.semantics === 'S' ? 'success' : row.semantics === 'F' ? (row.system ? 'failure' : 'apology') : 'process'
  return { ...show(row), EXTRA: { SEMANTICS: semantics, COLOR: row.color } as const }
}

const COLUMNS: Readonly<Record<string, keyof Status>> = {
  ID: 'id',
  ENTITY_ID: 'entityId',
  STATUS_ID: 'statusId',
  NAME: 'name',
  NAME_INIT: 'nameInit',
  SORT: 'sort',
  SYSTEM: 'system',
  CATEGORY_ID: 'categoryId',
  COLOR: 'color',
  SEMANTICS: 'semantics',
}
function columnOf(name: string): keyof Status | undefined {
  const upper = name.toUpperCase()
  return Object.hasOwn(COLUMNS, upper) ? COLUMNS[upper] : undefined
}

const MOST_VALUES = 1_000

/** The values that a column may have, by column. Names that there are not are passed over. */
function readFilter(filter: JsonObject, fail: () => never): [keyof Status, (string | number | boolean | null)[]][] {
  return Object.entries(filter).flatMap(([name, value]) => {
    const column = columnOf(name.replace(/^[=@]/, ''))
    if (!column) return []
    const values = (listOf(value) ?? [value]).map((each) => readValue(column, each) ?? fail())
    if (values.length > MOST_VALUES) fail()
    return [[column, column === 'categoryId' ? values.map((each) => (each === '' ? null : each)) : values]]
  })
}

function readValue(column: keyof Status, value: unknown): string | number | boolean | undefined {
  if (column === 'system') return wire.flag().safeParse(value).data
  const text = value === null ? '' : textOf(value)
  if (column !== 'id' && column !== 'sort' && column !== 'categoryId') return text
  return text === '' && column === 'categoryId' ? '' : wire.integer().safeParse(text).data
}

function readOrder(order: JsonObject): [keyof Status, 'asc' | 'desc'][] {
  return Object.entries(order).flatMap(([name, value]) => {
    const column = columnOf(name)
    return column ? [[column, textOf(value)?.toUpperCase() === 'DESC' ? 'desc' : 'asc']] : []
  })
}

export const statusList = method('crm.status.list', {
  doc: 'Lists words of the reference books that meet a filter, all at once.',
  scope: 'crm',
  params: {
    order: optional(wire.fields(), '`ASC` or `DESC` by field.', { invalid: 'invalidParameters' }),
    filter: optional(wire.fields(), 'The value, or a list of values, by field.', { invalid: 'invalidParameters' }),
  },
  result: z.array(status.extend({ EXTRA: extra.optional() })),
  errors: { accessDenied, invalidParameters: uncoded('Invalid parameters.') },
  async read({ params, caller, fail }, read) {
    await checkMayReadSome(read, caller)
    const filter = readFilter(params.filter ?? {}, () => fail('invalidParameters'))
    const rows = await listStatuses(read, filter, readOrder(params.order ?? {}))
    return new Page(rows.map(showWithExtra), rows.length)
  },
})

export const statusGet = method('crm.status.get', {
  doc: 'Gives a word of a reference book.',
  scope: 'crm',
  params: { id: required(wire.id(), 'The id of the word.', { missing: 'statusNotFound', invalid: 'statusNotFound' }) },
  result: status,
  errors: { accessDenied, statusNotFound },
  async read({ params, caller, fail }, read) {
    await checkMayReadSome(read, caller)
    return show((await findStatus(read, params.id)) ?? fail('statusNotFound'))
  },
})

export const statusFields = method('crm.status.fields', {
  doc: 'Describes the fields of a word of a reference book.',
  scope: 'crm',
  params: {},
  result: z.record(z.string(), fieldDescription),
  read: async () => ({
    ID: describe('integer', 'ID', { readOnly: true }),
    ENTITY_ID: describe('string', 'Reference book', { required: true, immutable: true }),
    STATUS_ID: describe('string', 'Code', { required: true, immutable: true }),
    SORT: describe('integer', 'Place'),
    NAME: describe('string', 'Name', { required: true }),
    NAME_INIT: describe('string', 'Name that it came with', { readOnly: true }),
    SYSTEM: describe('char', 'Came with the portal', { readOnly: true }),
    CATEGORY_ID: describe('integer', 'Pipeline', { immutable: true }),
    COLOR: describe('string', 'Colour'),
    SEMANTICS: describe('char', 'Stage group', { immutable: true }),
    EXTRA: describe('crm_status_extra', 'More'),
  }),
})

export const statusEntityItems = method('crm.status.entity.items', {
  doc: 'Lists the words of one reference book in their order.',
  scope: 'crm',
  params: {
    entityId: required(wire.text(100), 'The reference book, for example `DEAL_STAGE`.', {
      missing: 'unknownBook',
      invalid: 'unknownBook',
    }),
  },
  result: z.array(z.strictObject({ NAME: z.string(), SORT: z.int(), STATUS_ID: z.string() })),
  errors: { accessDenied, unknownBook: uncoded('The parameter entityId is not defined or invalid.') },
  async read({ params, caller, fail }, read) {
    await checkMayReadSome(read, caller)
    if (!Object.hasOwn(REFERENCE_BOOKS, params.entityId)) fail('unknownBook')
    const rows = await statusesOf(read, params.entityId)
    return rows.map((row) => ({ NAME: row.name, SORT: row.sort, STATUS_ID: row.statusId }))
  },
})

const semanticInfo = z.strictObject({
  START_FIELD: z.string(),
  FINAL_SUCCESS_FIELD: z.string(),
  FINAL_UNSUCCESS_FIELD: z.string(),
  FINAL_SORT: z.int(),
})

export const statusEntityTypes = method('crm.status.entity.types', {
  doc: 'Lists the reference books.',
  scope: 'crm',
  params: {},
  result: z.array(
    z.strictObject({
      ID: z.string(),
      NAME: z.string(),
      SEMANTIC_INFO: semanticInfo.optional(),
      ENTITY_TYPE_ID: z.int().optional(),
      FIELD_ATTRIBUTE_SCOPE: z.string().optional(),
      CATEGORY_ID: z.int().optional(),
    }),
  ),
  read: async () =>
    Object.entries(REFERENCE_BOOKS).map(([ID, { title, stages }]) => ({
      ID,
      NAME: title,
      ...(stages
        ? {
            SEMANTIC_INFO: {
              START_FIELD: stages.start,
              FINAL_SUCCESS_FIELD: stages.won,
              FINAL_UNSUCCESS_FIELD: stages.lost,
              FINAL_SORT: 0,
            },
            ENTITY_TYPE_ID: stages.entityTypeId,
            ...(ID === 'DEAL_STAGE' ? { FIELD_ATTRIBUTE_SCOPE: '', CATEGORY_ID: 0 } : {}),
          }
        : {}),
    })),
})

const fieldsNotArray = uncoded("Parameter 'fields' must be array.")
const fieldsParam = required(wire.fields(), 'The fields of the word.', {
  missing: 'fieldsNotArray',
  invalid: 'fieldsNotArray',
})
const LONGEST_NAME = 255

/** `fields` by upper-case name; a value of the wrong type ends the call. */
function readFields(fields: JsonObject, wrong: () => never) {
  const sent = new Map(Object.entries(fields).map(([name, value]) => [name.toUpperCase(), value]))
  const text = (name: string, max = LONGEST_NAME): string | undefined => {
    const value = sent.get(name)
    if (value === undefined || value === null) return undefined
    const read = textOf(value)
    return read === undefined || read.length > max ? wrong() : read
  }
  const sort = sent.get('SORT')
  return {
    text,
    sort:
      sort === undefined || sort === null || sort === '' ? undefined : (wire.integer().safeParse(sort).data ?? wrong()),
    color: text('COLOR', 20),
  }
}

export const statusAdd = method('crm.status.add', {
  doc: 'Adds a word to a reference book.',
  scope: 'crm',
  auth: 'admin',
  params: { fields: fieldsParam },
  result: z.int().positive(),
  errors: {
    adminOnly: accessDenied,
    fieldsNotArray,
    required: uncoded('The field ENTITY_ID is required., The field STATUS_ID is required.'),
    nameRequired: uncoded('The field Title is required.'),
    unknownBook: uncoded('Specified entity type is not supported.'),
    afterFinalStage: uncoded(
      'Cannot create more stages after the final stage because the final successful stage already exists. Try using sort order values less than that of the final stage.',
    ),
    invalidStatus: uncoded('Error on creating status.'),
    statusExists: ['ERROR_CORE', 400, 'The specified status ID already exists.'],
  },
  async write(call, tx) {
    const { text, sort, color } = readFields(call.params.fields, () => call.fail('invalidStatus'))
    const [entityId, statusId, name] = [text('ENTITY_ID') ?? '', text('STATUS_ID') ?? '', text('NAME') ?? '']
    const missing = [...(entityId === '' ? ['ENTITY_ID'] : []), ...(statusId === '' ? ['STATUS_ID'] : [])]
    if (missing.length > 0) call.fail('required', missing.map((each) => `The field ${each} is required.`).join(', '))
    if (name === '') call.fail('nameRequired')
    const group = (text('SEMANTICS') ?? '').toUpperCase()
    const semantics =
      group === '' || group === 'P' ? '' : group === 'S' || group === 'F' ? group : call.fail('invalidStatus')
    return addStatus(tx, { entityId, statusId, name, sort: sort ?? 10, color: color ?? '', semantics })
  },
})

const statusId = required(wire.id(), 'The id of the word.', {
  missing: 'invalidIdentifier',
  invalid: 'invalidIdentifier',
})

export const statusUpdate = method('crm.status.update', {
  doc: 'Changes the name, the place or the colour of a word of a reference book.',
  scope: 'crm',
  auth: 'admin',
  params: { id: statusId, fields: fieldsParam },
  result: z.literal(true),
  errors: {
    adminOnly: accessDenied,
    invalidIdentifier,
    statusNotFound,
    fieldsNotArray,
    invalidStatus: uncoded('Error on updating status.'),
  },
  async write(call, tx) {
    const { text, sort, color } = readFields(call.params.fields, () => call.fail('invalidStatus'))
    const name = text('NAME')
    if (name === '') call.fail('invalidStatus')
    await updateStatus(tx, call.params.id, {
      ...(name === undefined ? {} : { name }),
      ...(sort === undefined ? {} : { sort }),
      ...(color === undefined ? {} : { color }),
    })
    return true as const
  },
})

export const statusDelete = method('crm.status.delete', {
  doc: 'Deletes a word of a reference book; one that came with the portal only by force.',
  scope: 'crm',
  auth: 'admin',
  params: { id: statusId, params: optional(wire.fields(), '`FORCED`: `Y` deletes what came with the portal too.') },
  result: z.literal(true),
  errors: {
    adminOnly: accessDenied,
    invalidIdentifier,
    statusNotFound,
    systemStatus: uncoded('CRM System Status can be deleted only if parameter FORCED is specified and equal to "Y".'),
    statusInUse: uncoded('There are active items in this status.'),
  },
  async write({ params }, tx) {
    await deleteStatus(tx, params.id, params.params?.['FORCED'] === 'Y')
    return true as const
  },
})
