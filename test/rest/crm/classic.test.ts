import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { crmPortal, eventsOf } from '../../support/crm.ts'
import { ADMIN, ANNA, LEAVER } from '../../support/portal.ts'

type Shown = Record<string, unknown>
const ENTITIES = ['lead', 'deal', 'contact', 'company'] as const

test.each(ENTITIES)('a %s is added, read, changed and deleted, and each is told', async (type) => {
  await using t = await crmPortal()
  const nameField = type === 'contact' ? 'NAME' : 'TITLE'
  const id = await t.result<number>(`crm.${type}.add`, { fields: { [nameField]: ' Ünï 😀 ', COMMENTS: 'one\ntwo' } })
  expect(await t.result(`crm.${type}.get`, { id })).toMatchObject({
    ID: String(id),
    [nameField]: ' Ünï 😀 ',
    COMMENTS: 'one\ntwo',
    ASSIGNED_BY_ID: '1',
    CREATED_BY_ID: '1',
    OPENED: 'Y',
  })
  t.clock.advance(60_000)
  expect(
    await t.result(`crm.${type}.update`, { id, fields: { COMMENTS: '', ASSIGNED_BY_ID: ANNA } }, t.as(ADMIN)),
  ).toBe(true)
  const changed = await t.result<Shown>(`crm.${type}.get`, { ID: String(id) })
  expect(changed).toMatchObject({ COMMENTS: null, ASSIGNED_BY_ID: String(ANNA), [nameField]: ' Ünï 😀 ' })
  expect(Date.parse(String(changed['DATE_MODIFY'])) - Date.parse(String(changed['DATE_CREATE']))).toBe(60_000)
  expect(await t.result(`crm.${type}.delete`, { id })).toBe(true)
  expect(await t.result(`crm.${type}.list`)).toEqual([])
  const told = (await eventsOf(t)).map(({ type: kind, subject }) => [kind, subject])
  expect(told).toEqual(['added', 'updated', 'deleted'].map((what) => [`${type}.${what}`, `${type}:${id}`]))
})

test('what does not change is neither written nor told', async () => {
  await using t = await crmPortal()
  const fields = { TITLE: 'Same', OPPORTUNITY: 10.5, UF_CRM_1: ['a', 'b'], UTM_SOURCE: 'google' }
  const id = await t.result<number>('crm.lead.add', { fields })
  t.clock.advance(5_000)
  await t.call('crm.lead.update', { id, fields: { ...fields, OPPORTUNITY: '10.5' } })
  expect(await eventsOf(t)).toHaveLength(1)
  const lead = await t.result<Shown>('crm.lead.get', { id })
  expect(lead['DATE_MODIFY']).toBe(lead['DATE_CREATE'])
})

test('classic types on the wire: ids and amounts are strings, dates carry the zone, absent texts are null', async () => {
  await using t = await crmPortal()
  const id = await t.result<number>('crm.lead.add', {
    fields: {
      OPPORTUNITY: '12500',
      IS_MANUAL_OPPORTUNITY: true,
      BIRTHDATE: '11.11.2001',
      UTM_SOURCE: 'google',
      ADDRESS_CITY: 'Berlin',
    },
  })
  const lead = await t.result<Shown>('crm.lead.get', { id })
  expect(lead).toMatchObject({
    TITLE: `Lead #${id}`,
    OPPORTUNITY: '12500.00',
    IS_MANUAL_OPPORTUNITY: 'Y',
    BIRTHDATE: '2001-11-11T00:00:00+01:00',
    CURRENCY_ID: 'USD',
    STATUS_ID: 'NEW',
    STATUS_SEMANTIC_ID: 'P',
    SOURCE_ID: 'CALL',
    UTM_SOURCE: 'google',
    UTM_TERM: null,
    ADDRESS_CITY: 'Berlin',
    ADDRESS_COUNTRY: null,
    DATE_CLOSED: '',
    COMPANY_ID: null,
    IS_RETURN_CUSTOMER: 'N',
    HAS_PHONE: 'N',
  })
  expect(lead['DATE_CREATE']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
  expect(lead).not.toHaveProperty('PHONE')
})

test('a deal starts today and closes in a week; its final stage closes it', async () => {
  await using t = await crmPortal()
  const id = await t.result<number>('crm.deal.add', { fields: { TITLE: 'Deal' } })
  const deal = await t.result<Shown>('crm.deal.get', { id })
  const days = (Date.parse(String(deal['CLOSEDATE'])) - Date.parse(String(deal['BEGINDATE']))) / 86_400_000
  expect(Math.round(days)).toBe(7)
  expect(deal).toMatchObject({
    STAGE_ID: 'NEW',
    IS_NEW: 'Y',
    CLOSED: 'N',
    CATEGORY_ID: '0',
    TYPE_ID: 'SALE',
    TAX_VALUE: '0.00',
  })

  t.clock.advance(86_400_000)
  await t.call('crm.deal.update', { id, fields: { STAGE_ID: 'WON', CLOSED: 'N' } }, t.as(ADMIN))
  const won = await t.result<Shown>('crm.deal.get', { id })
  expect(won).toMatchObject({ STAGE_ID: 'WON', STAGE_SEMANTIC_ID: 'S', CLOSED: 'Y', IS_NEW: 'N', MOVED_BY_ID: '1' })
  expect(won['MOVED_TIME']).toBe(won['DATE_MODIFY'])
  expect(String(won['CLOSEDATE']).slice(0, 10)).toBe(String(won['MOVED_TIME']).slice(0, 10))

  await t.call('crm.deal.update', { id, fields: { STAGE_ID: 'EXECUTING' } })
  expect(await t.result('crm.deal.get', { id })).toMatchObject({ STAGE_SEMANTIC_ID: 'P', CLOSED: 'N' })
})

test('a lead that is lost carries the date of its closing until it is taken up again', async () => {
  await using t = await crmPortal()
  const id = await t.result<number>('crm.lead.add', { fields: { STATUS_ID: 'JUNK' } })
  const lost = await t.result<Shown>('crm.lead.get', { id })
  expect(lost).toMatchObject({ STATUS_SEMANTIC_ID: 'F', DATE_CLOSED: lost['DATE_CREATE'] })
  await t.call('crm.lead.update', { id, fields: { STATUS_ID: 'IN_PROCESS' } })
  expect(await t.result('crm.lead.get', { id })).toMatchObject({ STATUS_SEMANTIC_ID: 'P', DATE_CLOSED: '' })
})

test('fields that there are not, or that only the portal sets, are passed over', async () => {
  await using t = await crmPortal()
  const fields = {
    TITLE: 'Deal',
    NO_SUCH_FIELD: 1,
    ID: 77,
    CREATED_BY_ID: ANNA,
    DATE_CREATE: '2000-01-01',
    LEAD_ID: 5,
    constructor: 'x',
  }
  const id = await t.result<number>('crm.deal.add', { fields })
  expect(id).not.toBe(77)
  const deal = await t.result<Shown>('crm.deal.get', { id })
  expect(deal).toMatchObject({ CREATED_BY_ID: '1', LEAD_ID: null })
  expect(String(deal['DATE_CREATE'])).not.toContain('2000-')
  expect(deal).not.toHaveProperty('NO_SUCH_FIELD')
})

test('custom fields are kept as sent and go when they are emptied', async () => {
  await using t = await crmPortal()
  const fields = { UF_CRM_TEXT: 'a "b"', UF_CRM_2: 7, uf_crm_list: [1, { a: null }], UF_CRM_NO: false }
  const id = await t.result<number>('crm.company.add', { fields: { TITLE: 'C', ...fields } })
  expect(await t.result('crm.company.get', { id })).toMatchObject({
    UF_CRM_TEXT: 'a "b"',
    UF_CRM_2: 7,
    UF_CRM_LIST: [1, { a: null }],
    UF_CRM_NO: false,
  })
  await t.call('crm.company.update', { id, fields: { UF_CRM_TEXT: '', UF_CRM_2: null } })
  const left = await t.result<Shown>('crm.company.get', { id })
  expect(left).not.toHaveProperty('UF_CRM_TEXT')
  expect(left).not.toHaveProperty('UF_CRM_2')
  expect(left).toHaveProperty('UF_CRM_LIST')
})

const error = (code: string, message: string) => ({ code, status: 400, message })

test('each documented error has its code, status and text', async () => {
  await using t = await crmPortal()
  const id = await t.result<number>('crm.contact.add', { fields: { NAME: 'Lena' } })
  expect(await t.error('crm.lead.get', {})).toEqual(error('', 'ID is not defined or invalid'))
  expect(await t.error('crm.lead.get', { id: 9 })).toEqual(error('', 'Not found'))
  expect(await t.error('crm.deal.update', { id: 9, fields: {} })).toEqual(error('', 'Not found'))
  expect(await t.error('crm.deal.add', { fields: 'x' })).toEqual(error('', "Parameter 'fields' must be array"))
  expect(await t.error('crm.deal.add', {})).toEqual(error('', "Parameter 'fields' must be array"))
  expect(await t.error('crm.deal.add', { fields: {}, params: 'x' })).toEqual(
    error('', "Parameter 'params' must be array"),
  )
  expect(await t.error('crm.deal.add', { fields: { CURRENCY_ID: 'euro' } })).toEqual(
    error('', 'Invalid value for the "Currency" field'),
  )
  expect(await t.error('crm.contact.update', { id: 9, fields: {} })).toEqual(error('', 'Contact is not found'))
  expect(await t.error('crm.contact.delete', { id: 9 })).toEqual(error('ERROR_CORE', 'Element not found'))
  expect(await t.error('crm.contact.update', { id, fields: { EMAIL: [{ VALUE: 'nobody' }] } })).toEqual(
    error('ERROR_CORE', 'The field Work e-mail contains an invalid address'),
  )
  expect(await t.error('crm.company.get', { id: 'x' })).toEqual(error('', 'Not found'))
  expect(await t.error('crm.company.delete', { id: 9 })).toEqual(error('', 'Company is not found'))
  expect(await t.error('crm.company.update', { id: 9, fields: 1 })).toEqual(
    error('', "Parameter 'fields' must be an array"),
  )
  expect(await t.error('crm.company.add', { fields: { EMAIL: 'a@b@c' } })).toEqual(
    error('ERROR_CORE', 'The E-mail field contains an invalid address'),
  )
  expect(await t.error('crm.deal.list', { filter: 'x' })).toEqual(error('', "Parameter 'filter' must be array."))
  expect(await t.error('crm.deal.list', { order: 'x' })).toEqual(error('', "Parameter 'order' must be array."))
  expect(await t.error('crm.deal.list', { filter: { '>ID': 'x' } })).toEqual(
    error('', 'Failed to get list. General error.'),
  )
})

test.each<[string, JsonObject]>([
  ['a person there is not', { ASSIGNED_BY_ID: 99 }],
  ['a person by name', { ASSIGNED_BY_ID: 'Anna' }],
  ['a stage there is not', { STATUS_ID: 'NOWHERE' }],
  ['a stage of another book', { STATUS_ID: 'WON' }],
  ['an amount in words', { OPPORTUNITY: 'much' }],
  ['an amount without end', { OPPORTUNITY: Infinity }],
  ['a list for a text', { TITLE: ['a'] }],
  ['a structure for a text', { NAME: { a: 1 } }],
  ['a contact there is not', { CONTACT_ID: 99 }],
  ['contacts there are not', { CONTACT_IDS: [98, 99] }],
  ['a company beyond every id', { COMPANY_ID: 9e15 }],
  ['a date that is none', { BIRTHDATE: '2001-02-31' }],
  ['neither yes nor no', { OPENED: 'maybe' }],
  ['NUL', { COMMENTS: 'a\0b' }],
  ['half a surrogate pair', { PHONE: [{ VALUE: '\uD800' }] }],
  ['a phone that is a list', { PHONE: [{ VALUE: [1] }] }],
])('refuses %s and writes nothing', async (_, fields) => {
  await using t = await crmPortal()
  const { code, status } = await t.error('crm.lead.add', { fields: { TITLE: 'Lead', ...fields } })
  expect({ code, status }).toEqual({ code: expect.stringMatching(/^$|^ERROR_ARGUMENT$/) as string, status: 400 })
  const id = await t.result<number>('crm.lead.add', { fields: { TITLE: 'Lead' } })
  await t.error('crm.lead.update', { id, fields: { SECOND_NAME: 'x', ...fields } })
  expect(await t.result<Shown[]>('crm.lead.list')).toMatchObject([{ ID: String(id), SECOND_NAME: null, TITLE: 'Lead' }])
})

test('somebody who has left may still be responsible for what is imported', async () => {
  await using t = await crmPortal()
  const id = await t.result<number>('crm.lead.add', { fields: { ASSIGNED_BY_ID: LEAVER } })
  expect(await t.result('crm.lead.get', { id })).toMatchObject({ ASSIGNED_BY_ID: String(LEAVER) })
})

test('deleting takes phones, bindings and the ties to chats along', async () => {
  await using t = await crmPortal()
  const company = await t.result<number>('crm.company.add', { fields: { TITLE: 'C' } })
  const contact = await t.result<number>('crm.contact.add', {
    fields: { NAME: 'N', PHONE: '+49301', COMPANY_ID: company },
  })
  const deal = await t.result<number>('crm.deal.add', { fields: { CONTACT_ID: contact, COMPANY_ID: company } })
  const now = t.clock.now()
  await t.portal.store.write(async (tx) => {
    await tx.db
      .insertInto('chatCrm')
      .values({ chatId: 5, entityType: 'contact', entityId: contact, createdAt: now })
      .execute()
  })
  await t.call('crm.contact.delete', { id: contact })
  await t.call('crm.company.delete', { id: company })
  expect(await t.result('crm.deal.get', { id: deal })).toMatchObject({ CONTACT_ID: null, COMPANY_ID: null })
  const { db } = t.portal.store.read
  expect(await db.selectFrom('multifield').selectAll().execute()).toEqual([])
  expect(await db.selectFrom('crmBinding').selectAll().execute()).toEqual([])
  expect(await db.selectFrom('chatCrm').select('removedAt').execute()).toEqual([{ removedAt: now }])
})

test.each(ENTITIES)('crm.%s.fields describes what get answers', async (type) => {
  await using t = await crmPortal()
  const id = await t.result<number>(`crm.${type}.add`, { fields: {} })
  const fields = await t.result<Record<string, Shown>>(`crm.${type}.fields`)
  const shown = Object.keys(await t.result<Shown>(`crm.${type}.get`, { id })).filter((name) => name !== 'FACE_ID')
  expect(Object.keys(fields)).toEqual(expect.arrayContaining(shown))
  expect(fields['ID']).toEqual({
    type: 'integer',
    isRequired: false,
    isReadOnly: true,
    isImmutable: false,
    isMultiple: false,
    isDynamic: false,
    title: 'ID',
  })
  expect(fields['ASSIGNED_BY_ID']).toMatchObject({ type: 'user', isReadOnly: false })
})
