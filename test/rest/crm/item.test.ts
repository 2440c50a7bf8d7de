import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/kernel/json.ts'
import { crmPortal } from '../../support/crm.ts'
import { ANNA, BORIS, type TestPortal } from '../../support/portal.ts'

type Item = Record<string, unknown> & { id: number }

async function add(t: TestPortal, entityTypeId: number, fields: JsonObject = {}): Promise<Item> {
  return (await t.result<{ item: Item }>('crm.item.add', { entityTypeId, fields: { opened: 'Y', ...fields } })).item
}

test.each([1, 2, 3, 4])('an item of type %i is added, shown, changed and deleted', async (entityTypeId) => {
  await using t = await crmPortal()
  const item = await add(t, entityTypeId, {
    assignedById: ANNA,
    comments: 'c',
    utmSource: 'google',
    observers: [BORIS],
    ufCrm_17: 'x',
  })
  expect(item).toMatchObject({
    entityTypeId,
    assignedById: ANNA,
    createdBy: 1,
    opened: 'Y',
    comments: 'c',
    utmSource: 'google',
    utmTerm: null,
    observers: [BORIS],
    ufCrm_17: 'x',
  })
  expect(await t.result('crm.item.get', { entityTypeId, id: item.id })).toEqual({ item })
  const { item: changed } = await t.result<{ item: Item }>('crm.item.update', {
    entityTypeId,
    id: item.id,
    fields: { COMMENTS: 'd', UF_CRM_17: '' },
    useOriginalUfNames: 'Y',
  })
  const { ufCrm_17: _, ...others } = item
  expect({ ...changed, searchContent: item['searchContent'] }).toEqual({ ...others, comments: 'd' })
  expect(await t.result('crm.item.delete', { entityTypeId, id: item.id })).toEqual([])
  expect(await t.error('crm.item.get', { entityTypeId, id: item.id })).toEqual({
    code: 'NOT_FOUND',
    status: 400,
    message: 'Item not found',
  })
})

test('both faces show one entity', async () => {
  await using t = await crmPortal()
  const id = await t.result<number>('crm.lead.add', {
    fields: { TITLE: 'L', STATUS_ID: 'IN_PROCESS', OPPORTUNITY: '999.9', BIRTHDATE: '2000-01-01', UF_CRM_MY_FIELD: 5 },
  })
  const { item } = await t.result<{ item: Item }>('crm.item.get', { entityTypeId: '1', id: String(id) })
  expect(item).toMatchObject({
    id,
    title: 'L',
    stageId: 'IN_PROCESS',
    stageSemanticId: 'P',
    opportunity: 999.9,
    isManualOpportunity: 'N',
    birthdate: '2000-01-01T00:00:00+01:00',
    dateClosed: null,
    name: null,
    companyId: 0,
    contactIds: [],
    ufCrmMyField: 5,
    entityTypeId: 1,
  })
  await t.call('crm.item.update', { entityTypeId: 1, id, fields: { stageId: 'CONVERTED' } })
  expect(await t.result('crm.lead.get', { id })).toMatchObject({ STATUS_ID: 'CONVERTED', STATUS_SEMANTIC_ID: 'S' })
})

test('custom fields go by either name', async () => {
  await using t = await crmPortal()
  const { id } = await add(t, 2, { ufCrm_1: 'a', UF_CRM_MY_FIELD: 'b' })
  const get = (useOriginalUfNames: string) =>
    t.result<{ item: Item }>('crm.item.get', { entityTypeId: 2, id, useOriginalUfNames })
  expect((await get('N')).item).toMatchObject({ ufCrm_1: 'a', ufCrmMyField: 'b' })
  expect((await get('Y')).item).toMatchObject({ UF_CRM_1: 'a', UF_CRM_MY_FIELD: 'b' })
  const list = await t.result<{ items: Item[] }>('crm.item.list', {
    entityTypeId: 2,
    select: ['id', 'ufCrm_1'],
    filter: { '=ufCrm_1': 'a', UF_CRM_MY_FIELD: 'b' },
  })
  expect(list.items).toEqual([{ id, ufCrm_1: 'a' }])
})

test.each<JsonValue>([0, 5, 31, 128, -1, 'x', [], 1.5, 9e15])('there is no type %j', async (entityTypeId) => {
  await using t = await crmPortal()
  const wanted = { code: 'NOT_FOUND', status: 400, message: 'SPA not found' }
  const params = { entityTypeId, id: 1, fields: { title: 'x' } }
  for (const what of ['add', 'get', 'list', 'update', 'delete', 'fields']) {
    expect(await t.error(`crm.item.${what}`, params)).toEqual(wanted)
  }
})

const invalid = (name: string) => ['CRM_FIELD_ERROR_VALUE_NOT_VALID', `Invalid value for field "${name}"`]

test('tells which value it cannot take, under the name that was sent', async () => {
  await using t = await crmPortal()
  const error = async (fields: JsonObject) => {
    const { code, status, message } = await t.error('crm.item.add', { entityTypeId: 2, fields })
    expect(status).toBe(400)
    return [code, message]
  }
  expect(await error({ assignedById: 99 })).toEqual(invalid('assignedById'))
  expect(await error({ opportunity: 'much' })).toEqual(invalid('opportunity'))
  expect(await error({ OPPORTUNITY: {} })).toEqual(invalid('OPPORTUNITY'))
  expect(await error({ stageId: 'NOWHERE' })).toEqual(invalid('stageId'))
  expect(await error({ categoryId: 9 })).toEqual(invalid('categoryId'))
  expect(await error({ begindate: 'soon' })).toEqual(invalid('begindate'))
  expect(await error({ contactIds: [99] })).toEqual(invalid('contactIds'))
  expect(await error({ observers: [99] })).toEqual(invalid('observers'))
  expect(await error({ contactIds: 5 })).toEqual([
    '100',
    'Expected iterable value for multiple field, but got number instead',
  ])
  expect(await error({ observers: 'all' })).toEqual([
    '100',
    'Expected iterable value for multiple field, but got string instead',
  ])
  const lead = (fm: JsonValue) => t.error('crm.item.add', { entityTypeId: 1, fields: { fm } })
  expect(await lead('x')).toMatchObject({ code: '100' })
  expect(await lead([{ typeId: 'EMAIL', value: 'nobody' }])).toMatchObject({ message: 'Invalid value for field "fm"' })
  expect(await lead([{ typeId: 'PIGEON', value: 'x' }])).toMatchObject({ message: 'Invalid value for field "fm"' })
  expect(await lead([5])).toMatchObject({ message: 'Invalid value for field "fm"' })
  expect(await t.result('crm.item.list', { entityTypeId: 1 })).toEqual({ items: [] })
})

test('groups of conditions nest and are joined by their logic', async () => {
  await using t = await crmPortal()
  for (const [name, lastName, opportunity] of [
    ['Ann', '', 10],
    ['', 'Bell', 20],
    ['', '', 30],
    ['Cid', 'Cole', 40],
  ] as const) {
    await add(t, 1, { name, lastName, opportunity })
  }
  const found = async (filter: JsonValue) => {
    const { items } = await t.result<{ items: Item[] }>('crm.item.list', {
      entityTypeId: 1,
      filter,
      select: ['opportunity'],
    })
    return items.map((item) => item['opportunity'])
  }
  const named = { logic: 'OR', 0: { '!=name': '' }, 1: { '!=lastName': '' } }
  expect(await found({ 0: named })).toEqual([10, 20, 40])
  expect(await found([named])).toEqual([10, 20, 40])
  expect(await found({ 0: named, '>=opportunity': 20 })).toEqual([20, 40])
  expect(await found({ LOGIC: 'or', name: 'Ann', 0: { lastName: 'Cole' } })).toEqual([10, 40])
  expect(
    await found({ logic: 'OR', 0: { logic: 'AND', name: 'Ann', lastName: 'x' }, 1: [{ opportunity: [30, 40] }] }),
  ).toEqual([30, 40])
  expect(await found({ 0: {} })).toEqual([10, 20, 30, 40])
  expect(await found([])).toEqual([10, 20, 30, 40])
})

test.each<[JsonObject, string]>([
  [{ filter: { noSuch: 1 } }, "Invalid filter: field 'noSuch' is not allowed in filter"],
  [{ filter: { '!=%fm': 1 } }, "Invalid filter: field 'fm' is not allowed in filter"],
  [{ filter: { observers: 1 } }, "Invalid filter: field 'observers' is not allowed in filter"],
  [{ filter: { constructor: 1 } }, "Invalid filter: field 'constructor' is not allowed in filter"],
  [{ filter: { '>id': 'x' } }, "Invalid filter: field 'id' has invalid value"],
  [{ filter: { '>id': [1, 2] } }, "Invalid filter: field 'id' has invalid value"],
  [{ filter: { '><id': [1] } }, "Invalid filter: field 'id' has invalid value"],
  [{ filter: { '>createdTime': 'yesterday' } }, "Invalid filter: field 'createdTime' has invalid value"],
  [{ filter: { title: { a: { b: 1 } } } }, "Invalid filter: field 'title' has invalid value"],
  [{ filter: { 0: 'x' } }, "Invalid filter: field '0' has invalid value"],
  [{ filter: { logic: 'XOR' } }, "Invalid filter: field 'logic' has invalid value"],
  [{ filter: 'x' }, "Invalid filter: field 'filter' has invalid value"],
  [{ order: { noSuch: 'ASC' } }, "Invalid order: field 'noSuch' is not allowed in order"],
  [{ order: { contactIds: 'ASC' } }, "Invalid order: field 'contactIds' is not allowed in order"],
  [{ order: { id: 'UP' } }, "Invalid order: allowed sort directions are ASC, DESC. But got 'UP' for field 'id'"],
])('refuses %j', async (params, message) => {
  await using t = await crmPortal()
  expect(await t.error('crm.item.list', { entityTypeId: 1, ...params })).toEqual({
    code: 'INVALID_ARG_VALUE',
    status: 400,
    message,
  })
})

const wide = (count: number): JsonValue => Array.from({ length: count }, (_, n) => ({ logic: 'OR', id: n, title: 'x' }))

test('filters too large to be meant are refused, not tried', async () => {
  await using t = await crmPortal()
  const deep = (levels: number): JsonObject => (levels === 0 ? { id: 1 } : { 0: deep(levels - 1) })
  const list = (filter: JsonValue) => t.error('crm.item.list', { entityTypeId: 1, filter })
  for (const filter of [
    deep(30),
    wide(1_000),
    { '@id': Array.from({ length: 5_000 }, (_, n) => n) },
    { '%title': 'x'.repeat(60_000) },
  ]) {
    expect(await list(filter)).toMatchObject({ code: 'INVALID_ARG_VALUE', status: 400 })
  }
  expect(await t.result('crm.item.list', { entityTypeId: 1, filter: wide(150) })).toEqual({ items: [] })
  expect(await t.result('crm.item.list', { entityTypeId: 1, filter: deep(20) })).toEqual({ items: [] })
})

test('selects what is asked for; fm comes with everything only', async () => {
  await using t = await crmPortal()
  await add(t, 1, { title: 'x', fm: [{ typeId: 'PHONE', value: '1' }] })
  const keys = async (select: string[]) => {
    const { items } = await t.result<{ items: Item[] }>('crm.item.list', { entityTypeId: 1, select })
    return Object.keys(items[0]!).toSorted()
  }
  expect(await keys(['title', 'ASSIGNED_BY_ID', 'fm', 'noSuch'])).toEqual(['assignedById', 'id', 'title'])
  expect(await keys(['*'])).toContain('fm')
  expect(await keys([])).toEqual(await keys(['*', 'title']))
})

test.each([1, 2, 3, 4])('crm.item.fields of type %i names fields that an item has', async (entityTypeId) => {
  await using t = await crmPortal()
  const { fields } = await t.result<{ fields: Record<string, JsonObject> }>('crm.item.fields', { entityTypeId })
  const item = await add(t, entityTypeId)
  expect(Object.keys(item)).toEqual(expect.arrayContaining(Object.keys(fields)))
  expect(fields['assignedById']).toMatchObject({ type: 'user', isReadOnly: false, upperName: 'ASSIGNED_BY_ID' })
  expect(fields['createdTime']).toMatchObject({ type: 'datetime', isReadOnly: true, upperName: 'CREATED_TIME' })
})
