import { expect, test } from 'vitest'
import { crmPortal, grant } from '../../support/crm.ts'
import { ANNA } from '../../support/portal.ts'

const METHOD = 'crm.duplicate.findbycomm'

test('finds a phone however it is written, and an e-mail in any letter case', async () => {
  await using t = await crmPortal()
  const lead = await t.result<number>('crm.lead.add', {
    fields: { PHONE: '8 (912) 345-67-89', EMAIL: 'Lena@Example.com' },
  })
  const contact = await t.result<number>('crm.contact.add', { fields: { PHONE: '+7 912 345 67 89;12' } })
  const company = await t.result<number>('crm.company.add', { fields: { EMAIL: 'lena@example.com' } })
  expect(await t.result(METHOD, { type: 'PHONE', values: ['007 912 3456789'] })).toEqual({
    LEAD: [lead],
    CONTACT: [contact],
  })
  expect(await t.result(METHOD, { type: 'email', values: ['LENA@example.COM'] })).toEqual({
    LEAD: [lead],
    COMPANY: [company],
  })
  expect(await t.result(METHOD, { type: 'PHONE', values: ['79123456789'], entity_type: 'contact' })).toEqual({
    CONTACT: [contact],
  })
  expect(await t.result(METHOD, { type: 'PHONE', values: ['123'] })).toEqual([])
})

test('gives at most twenty, and enough of one kind ends the search', async () => {
  await using t = await crmPortal()
  for (let n = 0; n < 21; n++) await t.call('crm.lead.add', { fields: { EMAIL: 'a@b.de' } })
  await t.call('crm.contact.add', { fields: { EMAIL: 'a@b.de' } })
  const found = await t.result<{ LEAD: number[] }>(METHOD, { type: 'EMAIL', values: ['a@b.de'] })
  expect(found.LEAD).toHaveLength(20)
  expect(found).not.toHaveProperty('CONTACT')
})

test('shows only what the caller may read', async () => {
  await using t = await crmPortal()
  await t.call('crm.lead.add', { fields: { PHONE: '111222' } })
  const own = await t.result<number>('crm.lead.add', { fields: { PHONE: '111222', ASSIGNED_BY_ID: ANNA } })
  expect(await t.error(METHOD, { type: 'PHONE', values: ['111222'] }, t.as(ANNA))).toEqual({
    code: '',
    status: 403,
    message: 'Access denied',
  })
  await grant(t, ANNA, 'lead', { read: 'own' })
  expect(await t.result(METHOD, { type: 'PHONE', values: ['111222'] }, t.as(ANNA))).toEqual({ LEAD: [own] })
})

const error = (message: string) => ({ code: '', status: 400, message })

test('tells what is missing', async () => {
  await using t = await crmPortal()
  expect(await t.error(METHOD, { values: ['1'] })).toEqual(error('Communication type is not defined'))
  expect(await t.error(METHOD, { type: 'WEB', values: ['1'] })).toEqual(
    error("Communication type 'WEB' is not supported in current context"),
  )
  for (const values of [undefined, null, '', [], ['', ' '], [{}]]) {
    const params = values === undefined ? { type: 'PHONE' } : { type: 'PHONE', values }
    expect(await t.error(METHOD, params)).toEqual(error('Communication values is not defined'))
  }
})
