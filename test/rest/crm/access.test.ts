import { expect, test } from 'vitest'
import type { AccessLevel } from '../../../src/storage/schema/people.ts'
import { crmPortal, grant } from '../../support/crm.ts'
import { ADMIN, ANNA, BORIS, LEAVER, type TestPortal } from '../../support/portal.ts'

type Shown = Record<string, unknown>

/** Leads of the administrator, of Anna, of Boris (who works with both) and of one who has left, in this order. */
async function leads(t: TestPortal): Promise<number[]> {
  const ids: number[] = []
  for (const ASSIGNED_BY_ID of [ADMIN, ANNA, BORIS, LEAVER]) {
    ids.push(await t.result<number>('crm.lead.add', { fields: { ASSIGNED_BY_ID } }))
  }
  return ids
}

async function seen(t: TestPortal, method: 'crm.lead.list' | 'crm.item.list'): Promise<number[]> {
  const { result, total } = await t.call(method, { entityTypeId: 1 }, t.as(ANNA))
  const items = method === 'crm.lead.list' ? (result as Shown[]) : (result as { items: Shown[] }).items
  expect(total).toBe(items.length)
  return items.map((lead) => Number(lead['ID'] ?? lead['id']))
}

test.each<[AccessLevel, number[]]>([
  ['own', [1]],
  ['department', [0, 1, 2]],
  ['all', [0, 1, 2, 3]],
])('who may read %s sees just that, in lists, by id and in the count', async (level, places) => {
  await using t = await crmPortal()
  const ids = await leads(t)
  await grant(t, ANNA, 'lead', { read: level })
  const expected = places.map((place) => ids[place])
  expect(await seen(t, 'crm.lead.list')).toEqual(expected)
  expect(await seen(t, 'crm.item.list')).toEqual(expected)
  for (const id of expected) {
    expect(await t.result('crm.lead.get', { id: id! }, t.as(ANNA))).toMatchObject({ ID: String(id) })
  }
  const nobody = await t.error('crm.lead.get', { id: 999 }, t.as(ANNA))
  const nothing = await t.error('crm.item.get', { entityTypeId: 1, id: 999 }, t.as(ANNA))
  expect(nothing).toEqual({ code: 'NOT_FOUND', status: 400, message: 'Item not found' })
  for (const id of ids.filter((each) => !expected.includes(each))) {
    expect(await t.error('crm.lead.get', { id }, t.as(ANNA))).toEqual(nobody)
    expect(await t.error('crm.item.get', { entityTypeId: 1, id }, t.as(ANNA))).toEqual(nothing)
  }
})

test('who has no right at all is refused by every method, and sees an empty crm.item.list', async () => {
  await using t = await crmPortal()
  const [id] = (await leads(t)) as [number]
  const denied = { code: '', status: 400, message: 'Access denied' }
  const anna = t.as(ANNA)
  expect(await t.error('crm.lead.get', { id }, anna)).toEqual(denied)
  expect(await t.error('crm.lead.list', {}, anna)).toEqual(denied)
  expect(await t.error('crm.lead.fields', {}, anna)).toEqual(denied)
  expect(await t.error('crm.lead.update', { id, fields: {} }, anna)).toEqual(denied)
  expect(await t.error('crm.lead.delete', { id }, anna)).toEqual(denied)
  expect(await t.error('crm.lead.add', { fields: {} }, anna)).toEqual({ ...denied, message: 'Access denied.' })
  const item = { code: 'ACCESS_DENIED', status: 400, message: 'Access denied' }
  expect(await t.error('crm.item.add', { entityTypeId: 1, fields: { title: 'x' } }, anna)).toEqual(item)
  expect(await t.error('crm.item.delete', { entityTypeId: 1, id }, anna)).toEqual(item)
  const view = { ...item, message: 'You do not have permission to view this item' }
  expect(await t.error('crm.item.get', { entityTypeId: 1, id }, anna)).toEqual(view)
  expect(await t.error('crm.item.fields', { entityTypeId: 1 }, anna)).toEqual(view)
  expect(await seen(t, 'crm.item.list')).toEqual([])
  expect(await t.error('crm.status.list', {}, anna)).toMatchObject({ message: 'Access denied.' })
})

test('what may be seen and not changed is refused as such', async () => {
  await using t = await crmPortal()
  const ids = await leads(t)
  await grant(t, ANNA, 'lead', { read: 'department', update: 'own', delete: 'own' })
  const anna = t.as(ANNA)
  expect(await t.error('crm.lead.update', { id: ids[2]!, fields: { TITLE: 'x' } }, anna)).toMatchObject({
    message: 'Access denied',
  })
  expect(await t.error('crm.lead.delete', { id: ids[2]! }, anna)).toMatchObject({ message: 'Access denied' })
  expect(await t.error('crm.lead.update', { id: ids[3]!, fields: { TITLE: 'x' } }, anna)).toMatchObject({
    message: 'Not found',
  })
  expect(await t.result('crm.lead.update', { id: ids[1]!, fields: { TITLE: 'x' } }, anna)).toBe(true)
  expect(await t.result('crm.lead.delete', { id: ids[1]! }, anna)).toBe(true)
  const left = await t.result<Shown[]>('crm.lead.list')
  expect(left.map((lead) => Number(lead['ID']))).toEqual([ids[0], ids[2], ids[3]])
})

test('the right to add reaches as far as the person who becomes responsible', async () => {
  await using t = await crmPortal()
  await grant(t, ANNA, 'deal', { read: 'all', add: 'own' })
  await grant(t, BORIS, 'deal', { read: 'all', add: 'department' })
  const own = await t.result<number>('crm.deal.add', { fields: { TITLE: 'Mine' } }, t.as(ANNA))
  expect(await t.result('crm.deal.get', { id: own })).toMatchObject({
    ASSIGNED_BY_ID: String(ANNA),
    CREATED_BY_ID: String(ANNA),
  })
  expect(await t.error('crm.deal.add', { fields: { ASSIGNED_BY_ID: BORIS } }, t.as(ANNA))).toMatchObject({
    message: 'Access denied',
  })
  expect(await t.result('crm.deal.add', { fields: { ASSIGNED_BY_ID: ANNA } }, t.as(BORIS))).toBeGreaterThan(0)
  expect(await t.error('crm.deal.add', { fields: { ASSIGNED_BY_ID: LEAVER } }, t.as(BORIS))).toMatchObject({
    message: 'Access denied',
  })
  expect(await t.result('crm.deal.list')).toHaveLength(2)
})

test('an item handed to somebody else may leave the sight of who handed it on', async () => {
  await using t = await crmPortal()
  const ids = await leads(t)
  await grant(t, ANNA, 'lead', { read: 'own', update: 'own' })
  const handed = { entityTypeId: 1, id: ids[1]!, fields: { assignedById: BORIS } }
  expect(await t.result('crm.item.update', handed, t.as(ANNA))).toMatchObject({ item: { assignedById: BORIS } })
  expect(await t.error('crm.item.update', handed, t.as(ANNA))).toMatchObject({ code: 'NOT_FOUND' })
})
