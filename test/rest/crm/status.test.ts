import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { crmPortal, grant } from '../../support/crm.ts'
import { ANNA } from '../../support/portal.ts'

type Shown = Record<string, unknown>

test('lists a book in its order with the groups of its stages', async () => {
  await using t = await crmPortal()
  const { result, total } = await t.call('crm.status.list', {
    order: { SORT: 'ASC' },
    filter: { ENTITY_ID: 'DEAL_STAGE' },
  })
  const stages = result as Shown[]
  expect(total).toBe(8)
  expect(stages.map((stage) => stage['STATUS_ID'])).toEqual([
    'NEW',
    'PREPARATION',
    'PREPAYMENT_INVOICE',
    'EXECUTING',
    'FINAL_INVOICE',
    'WON',
    'LOSE',
    'APOLOGY',
  ])
  expect(stages.map((stage) => (stage['EXTRA'] as Shown)['SEMANTICS'])).toEqual([
    'process',
    'process',
    'process',
    'process',
    'process',
    'success',
    'failure',
    'apology',
  ])
  expect(stages[0]).toMatchObject({ SORT: '10', SYSTEM: 'Y', SEMANTICS: null, COLOR: '#39A8EF', NAME_INIT: 'New' })
})

test.each<[JsonObject, number]>([
  [{ ENTITY_ID: 'STATUS', SEMANTICS: 'F' }, 1],
  [{ entity_id: ['STATUS', 'HONORIFIC'] }, 9],
  [{ ENTITY_ID: 'STATUS', SYSTEM: 'Y' }, 3],
  [{ ENTITY_ID: 'STATUS', STATUS_ID: 'NO' }, 0],
  [{ ENTITY_ID: 'STATUS', NO_SUCH: 'x' }, 5],
  [{ ENTITY_ID: 'STATUS', CATEGORY_ID: null }, 5],
  [{ ENTITY_ID: [] }, 0],
])('the filter %j leaves %i', async (filter, count) => {
  await using t = await crmPortal()
  expect(await t.result('crm.status.list', { filter })).toHaveLength(count)
})

test('an administrator adds, changes and deletes words', async () => {
  await using t = await crmPortal()
  const fields = { ENTITY_ID: 'DEAL_STAGE', STATUS_ID: 'DECISION', NAME: 'Decision', SORT: 45, COLOR: '#FFA900' }
  const id = await t.result<number>('crm.status.add', { fields })
  expect(await t.result('crm.status.get', { id })).toEqual({
    ...fields,
    ID: String(id),
    SORT: '45',
    NAME_INIT: '',
    SYSTEM: 'N',
    CATEGORY_ID: null,
    SEMANTICS: null,
  })
  const deal = await t.result<number>('crm.deal.add', { fields: { STAGE_ID: 'DECISION' } })
  expect(await t.result('crm.status.update', { id, fields: { NAME: 'Choice' } })).toBe(true)
  expect(await t.result('crm.status.get', { id })).toMatchObject({ NAME: 'Choice', SORT: '45' })
  expect(await t.error('crm.status.delete', { id })).toMatchObject({
    message: 'There are active items in this status.',
  })
  await t.call('crm.deal.delete', { id: deal })
  expect(await t.result('crm.status.delete', { id })).toBe(true)
  expect(await t.error('crm.status.get', { id })).toEqual({ code: '', status: 400, message: 'Status is not found.' })
})

test('tells each refusal', async () => {
  await using t = await crmPortal()
  const add = (fields: JsonObject) => t.error('crm.status.add', { fields })
  const good = { ENTITY_ID: 'SOURCE', STATUS_ID: 'FAIR', NAME: 'Fair' }
  expect(await t.error('crm.status.add')).toMatchObject({ message: "Parameter 'fields' must be array." })
  expect(await add({ NAME: 'x' })).toMatchObject({
    message: 'The field ENTITY_ID is required., The field STATUS_ID is required.',
  })
  expect(await add({ ...good, STATUS_ID: '' })).toMatchObject({ message: 'The field STATUS_ID is required.' })
  expect(await add({ ...good, NAME: '' })).toMatchObject({ message: 'The field Title is required.' })
  expect(await add({ ...good, ENTITY_ID: 'constructor' })).toMatchObject({
    message: 'Specified entity type is not supported.',
  })
  expect(await add({ ...good, STATUS_ID: 'CALL' })).toMatchObject({
    code: 'ERROR_CORE',
    message: 'The specified status ID already exists.',
  })
  expect(await add({ ...good, ENTITY_ID: 'STATUS', STATUS_ID: 'ünï' })).toMatchObject({
    message: 'Error on creating status.',
  })
  expect(await add({ ...good, SORT: 'first' })).toMatchObject({ message: 'Error on creating status.' })
  const late = await add({ ...good, ENTITY_ID: 'STATUS', SORT: 100 })
  expect(late.message).toMatch(/^Cannot create more stages after the final stage/)
  expect(await t.error('crm.status.update', { id: 'x', fields: {} })).toMatchObject({ message: 'Invalid identifier.' })
  expect(await t.error('crm.status.update', { id: 999, fields: {} })).toMatchObject({ message: 'Status is not found.' })
  const [won] = await t.result<Shown[]>('crm.status.list', { filter: { ENTITY_ID: 'DEAL_STAGE', STATUS_ID: 'WON' } })
  const id = String(won!['ID'])
  expect((await t.error('crm.status.delete', { id })).message).toMatch(/^CRM System Status can be deleted only/)
  expect(await t.result('crm.status.delete', { id, params: { FORCED: 'Y' } })).toBe(true)
  expect(await t.error('crm.status.list', { filter: { ID: 'x' } })).toMatchObject({ message: 'Invalid parameters.' })
  expect(await t.error('crm.status.list', { order: 'x' })).toMatchObject({ message: 'Invalid parameters.' })
  expect(await t.error('crm.status.entity.items', { entityId: 'NO_SUCH' })).toMatchObject({
    message: 'The parameter entityId is not defined or invalid.',
  })
})

test('reading wants a right to read something, changing an administrator', async () => {
  await using t = await crmPortal()
  await grant(t, ANNA, 'deal', { read: 'own' })
  const anna = t.as(ANNA)
  expect(await t.result('crm.status.entity.items', { entityId: 'STATUS' }, anna)).toHaveLength(5)
  expect(
    await t.error('crm.status.add', { fields: { ENTITY_ID: 'SOURCE', STATUS_ID: 'X', NAME: 'X' } }, anna),
  ).toMatchObject({
    code: '',
    message: 'Access denied.',
  })
})

test('the first stage of the book is the one of what is new', async () => {
  await using t = await crmPortal()
  await t.call('crm.status.add', { fields: { ENTITY_ID: 'STATUS', STATUS_ID: 'BEFORE', NAME: 'Before', SORT: 1 } })
  const id = await t.result<number>('crm.lead.add', { fields: {} })
  expect(await t.result('crm.lead.get', { id })).toMatchObject({ STATUS_ID: 'BEFORE' })
})

test('a portal seeded twice has each word once', async () => {
  await using t = await crmPortal()
  const before = await t.result<Shown[]>('crm.status.list')
  const { seedReferenceBooks } = await import('../../../src/domain/crm/reference-books.ts')
  await t.portal.store.write(seedReferenceBooks)
  expect(await t.result('crm.status.list')).toEqual(before)
})
