import { expect, test } from 'vitest'
import { crmPortal } from '../../support/crm.ts'
import type { TestPortal } from '../../support/portal.ts'

async function contacts(t: TestPortal): Promise<number[]> {
  const ids: number[] = []
  for (const NAME of ['a', 'b', 'c']) ids.push(await t.result<number>('crm.contact.add', { fields: { NAME } }))
  return ids
}

async function boundTo(t: TestPortal, entityTypeId: number, id: number): Promise<unknown> {
  const { item } = await t.result<{
    item: { contactId?: number; contactIds?: number[]; companyId?: number; companyIds?: number[] }
  }>('crm.item.get', { entityTypeId, id })
  return entityTypeId === 3 ? [item.companyId, item.companyIds] : [item.contactId, item.contactIds]
}

test('a deal has contacts, and the first of them is its contact', async () => {
  await using t = await crmPortal()
  const [a, b, c] = (await contacts(t)) as [number, number, number]
  const id = await t.result<number>('crm.deal.add', { fields: { CONTACT_IDS: [b, a] } })
  expect(await boundTo(t, 2, id)).toEqual([b, [b, a]])
  expect(await t.result('crm.deal.get', { id })).toMatchObject({ CONTACT_ID: String(b) })

  await t.call('crm.deal.update', { id, fields: { CONTACT_ID: c } })
  expect(await boundTo(t, 2, id)).toEqual([c, [c, a]])
  await t.call('crm.deal.update', { id, fields: { CONTACT_ID: 0 } })
  expect(await boundTo(t, 2, id)).toEqual([a, [a]])
  await t.call('crm.item.update', { entityTypeId: 2, id, fields: { contactIds: [] } })
  expect(await boundTo(t, 2, id)).toEqual([0, []])
})

test('when a contact goes, the next one takes its place', async () => {
  await using t = await crmPortal()
  const [a, b] = (await contacts(t)) as [number, number]
  const id = await t.result<number>('crm.lead.add', { fields: { CONTACT_IDS: [a, b] } })
  expect(await t.result('crm.lead.get', { id })).toMatchObject({ IS_RETURN_CUSTOMER: 'Y' })
  await t.call('crm.contact.delete', { id: a })
  expect(await boundTo(t, 1, id)).toEqual([b, [b]])
})

test('contacts of a company are companies of the contacts', async () => {
  await using t = await crmPortal()
  const [a, b, c] = (await contacts(t)) as [number, number, number]
  const first = await t.result<number>('crm.company.add', { fields: { TITLE: 'One', CONTACT_ID: [a, b] } })
  const second = await t.result<number>('crm.company.add', { fields: { TITLE: 'Two', CONTACT_ID: [b, c] } })
  expect(await boundTo(t, 3, a)).toEqual([first, [first]])
  expect(await boundTo(t, 3, b)).toEqual([first, [first, second]])
  await t.call('crm.company.update', { id: first, fields: { CONTACT_ID: [c] } })
  expect(await boundTo(t, 3, a)).toEqual([0, []])
  expect(await boundTo(t, 3, b)).toEqual([second, [second]])
  expect(await boundTo(t, 3, c)).toEqual([second, [second, first]])
  await t.call('crm.contact.update', { id: c, fields: { COMPANY_IDS: [first] } })
  const { item } = await t.result<{ item: { contactIds: number[] } }>('crm.item.get', { entityTypeId: 4, id: second })
  expect(item.contactIds).toEqual([b])
})
