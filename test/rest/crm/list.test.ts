import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { crmPortal } from '../../support/crm.ts'
import { ANNA, BORIS, type TestPortal } from '../../support/portal.ts'

type Shown = Record<string, unknown>

async function titles(t: TestPortal, filter: JsonObject, order: JsonObject = {}): Promise<unknown[]> {
  return (await t.result<Shown[]>('crm.deal.list', { filter, order, select: ['TITLE'] })).map((deal) => deal['TITLE'])
}

/** Deals a, b, c and d, each a day after the one before. */
async function deals(t: TestPortal): Promise<void> {
  const company = await t.result<number>('crm.company.add', { fields: { TITLE: 'C' } })
  const each: JsonObject[] = [
    { TITLE: 'Apple', OPPORTUNITY: 10, PROBABILITY: 10, UF_CRM_1: 'x', UTM_SOURCE: 'google' },
    { TITLE: 'banana_50%', OPPORTUNITY: 20, ASSIGNED_BY_ID: ANNA, COMPANY_ID: company, IS_RECURRING: 'Y' },
    { TITLE: 'Зелёный', OPPORTUNITY: 30.5, ASSIGNED_BY_ID: BORIS, STAGE_ID: 'WON', OPENED: 'N', UF_CRM_1: 7 },
    { TITLE: 'date', OPPORTUNITY: 0, ASSIGNED_BY_ID: ANNA, UF_CRM_1: '30', COMMENTS: 'later' },
  ]
  for (const fields of each) {
    await t.call('crm.deal.add', { fields })
    t.clock.advance(86_400_000)
  }
}

const [A, B, C, D] = ['Apple', 'banana_50%', 'Зелёный', 'date']

test.each<[string, JsonObject, unknown[]]>([
  ['no condition', {}, [A, B, C, D]],
  ['equal', { TITLE: 'Apple' }, [A]],
  ['equal, told', { '=OPPORTUNITY': '20' }, [B]],
  ['one of a list', { ASSIGNED_BY_ID: [ANNA, BORIS] }, [B, C, D]],
  ['in', { '@STAGE_ID': ['WON', 'LOSE'] }, [C]],
  ['in, as a structure', { '@STAGE_ID': { 0: 'WON', 1: 'LOSE' } }, [C]],
  ['in nothing', { '@STAGE_ID': [] }, []],
  ['not in', { '!@ASSIGNED_BY_ID': [ANNA, BORIS] }, [A]],
  ['not in nothing', { '!@ASSIGNED_BY_ID': [] }, [A, B, C, D]],
  ['not', { '!TITLE': 'Apple' }, [B, C, D]],
  ['not equal', { '!=PROBABILITY': 10 }, [B, C, D]],
  ['more', { '>OPPORTUNITY': 20 }, [C]],
  ['more or equal', { '>=OPPORTUNITY': 20 }, [B, C]],
  ['less', { '<OPPORTUNITY': 10 }, [D]],
  ['less or equal', { '<=OPPORTUNITY': 10 }, [A, D]],
  ['less than an absent one', { '<PROBABILITY': 50 }, [A]],
  ['between', { '><OPPORTUNITY': [10, 20] }, [A, B]],
  ['not between', { '!><OPPORTUNITY': [10, 20] }, [C, D]],
  ['contains', { '%TITLE': 'AN' }, [B]],
  ['contains, beyond ASCII', { '%TITLE': 'зелЁ' }, [C]],
  ['contains a percent sign', { '%TITLE': '%' }, [B]],
  ['contains an underscore', { '%TITLE': '_' }, [B]],
  ['does not contain', { '!%TITLE': 'a' }, [C]],
  ['a pattern from the start', { '=%TITLE': 'a%' }, [A]],
  ['a pattern to the end', { '%=TITLE': '%E' }, [A, D]],
  ['a pattern where _ is itself', { '=%TITLE': '____' }, []],
  ['not a pattern', { '!=%TITLE': '%a%' }, [C]],
  ['nothing', { COMPANY_ID: '' }, [A, C, D]],
  ['null', { COMPANY_ID: null }, [A, C, D]],
  ['not nothing', { '!COMPANY_ID': '' }, [B]],
  ['not an absent text', { '!=COMMENTS': null }, [D]],
  ['no', { OPENED: 'N' }, [C]],
  ['false', { OPENED: false }, [C]],
  ['yes among the others', { IS_RECURRING: 'Y' }, [B]],
  ['a mark', { UTM_SOURCE: 'google' }, [A]],
  ['no mark', { '!UTM_SOURCE': ['google', ''] }, []],
  ['a custom text', { UF_CRM_1: ['x', 7] }, [A, C]],
  ['a custom number', { '>UF_CRM_1': 8 }, [D]],
  ['no custom value', { UF_CRM_1: '' }, [B]],
  ['the group of the stage', { STAGE_SEMANTIC_ID: 'S', CLOSED: 'Y' }, [C]],
  ['two conditions on one field', { '>OPPORTUNITY': 0, '<OPPORTUNITY': 30 }, [A, B]],
  ['a name in small letters', { '>=opportunity': 20 }, [B, C]],
  ['a field that there is not', { NO_SUCH: 5, IMPORT: 'Y' }, [A, B, C, D]],
  ['an injection', { "TITLE' OR 1=1 --": 'x', '>"ID': 0 }, [A, B, C, D]],
])('filters by %s', async (_, filter, expected) => {
  await using t = await crmPortal()
  await deals(t)
  expect(await titles(t, filter)).toEqual(expected)
})

test('compares times by the second, as they are shown', async () => {
  await using t = await crmPortal()
  t.clock.advance(345)
  await deals(t)
  const shown = await t.result<Shown[]>('crm.deal.list', { select: ['DATE_CREATE'], filter: { '<=TITLE': 'zzz' } })
  const [first, second] = shown.map((deal) => String(deal['DATE_CREATE']))
  expect(await titles(t, { DATE_CREATE: first! })).toEqual([A])
  expect(await titles(t, { '!DATE_CREATE': [first!, second!] })).toEqual([C, D])
  expect(await titles(t, { '<=DATE_CREATE': first! })).toEqual([A])
  expect(await titles(t, { '<DATE_CREATE': first! })).toEqual([])
  expect(await titles(t, { '>DATE_CREATE': second! })).toEqual([C, D])
  expect(await titles(t, { '>=DATE_CREATE': second!.slice(0, 10) })).toEqual([B, C, D])
})

test.each<[JsonObject, unknown[]]>([
  [{ OPPORTUNITY: 'desc' }, [C, B, A, D]],
  [{ ASSIGNED_BY_ID: 'ASC', OPPORTUNITY: 'DESC' }, [A, B, D, C]],
  [{ UF_CRM_1: 'DESC', ID: 'DESC' }, [A, C, D, B]],
  [{ UTM_SOURCE: 'DESC' }, [A, B, C, D]],
  [{ NO_SUCH: 'ASC', CONTACT_IDS: 'ASC', ID: 'DESC' }, [D, C, B, A]],
])('orders by %j, and by id within', async (order, expected) => {
  await using t = await crmPortal()
  await deals(t)
  expect(await titles(t, {}, order)).toEqual(expected)
})

test('selects fields, custom ones and multifields', async () => {
  await using t = await crmPortal()
  await t.call('crm.contact.add', { fields: { NAME: 'N', PHONE: '1', EMAIL: 'a@b.de', UF_CRM_1: 'x', UF_CRM_2: 'y' } })
  const keys = async (select?: unknown) => {
    const params = select === undefined ? {} : { select: select as string[] }
    const [contact] = await t.result<Shown[]>('crm.contact.list', params)
    return Object.keys(contact!)
  }
  expect(await keys(['NAME'])).toEqual(['ID', 'NAME'])
  expect(await keys('NAME')).toEqual(['ID', 'NAME'])
  expect(await keys(['name', 'EMAIL', 'NO_SUCH', 'UF_CRM_2'])).toEqual(['ID', 'NAME', 'UF_CRM_2', 'EMAIL'])
  expect(await keys(['UF_*'])).toEqual(['ID', 'UF_CRM_1', 'UF_CRM_2'])
  const all = await keys(['*'])
  expect(all).not.toContain('UF_CRM_1')
  expect(all).not.toContain('PHONE')
  expect(await keys([])).toEqual([...all, 'UF_CRM_1', 'UF_CRM_2'])
  expect(await keys()).toEqual([...all, 'UF_CRM_1', 'UF_CRM_2'])
  const [shown] = await t.result<Shown[]>('crm.contact.list', { select: ['HAS_PHONE', 'HAS_IMOL'] })
  expect(shown).toMatchObject({ HAS_PHONE: 'Y', HAS_IMOL: 'N' })
})

test('pages of fifty, and a walk without counting', async () => {
  await using t = await crmPortal()
  for (let n = 1; n <= 101; n++) await t.call('crm.lead.add', { fields: { TITLE: `Lead ${n}` } })
  const page = async (params: JsonObject) => {
    const { result, total, next } = await t.call('crm.lead.list', { select: ['ID'], order: { ID: 'ASC' }, ...params })
    const ids = (result as Shown[]).map((lead) => Number(lead['ID']))
    return { first: ids[0], last: ids.at(-1), count: ids.length, total, next }
  }
  expect(await page({})).toEqual({ first: 1, last: 50, count: 50, total: 101, next: 50 })
  expect(await page({ start: '50' })).toEqual({ first: 51, last: 100, count: 50, total: 101, next: 100 })
  expect(await page({ start: 100 })).toEqual({ first: 101, last: 101, count: 1, total: 101, next: undefined })
  expect(await page({ start: 150 })).toMatchObject({ count: 0, total: 101, next: undefined })
  const uncounted = { total: undefined, next: undefined }
  expect(await page({ start: -1, filter: { '>ID': 70 } })).toEqual({ first: 71, last: 101, count: 31, ...uncounted })
  expect(await page({ start: -1, filter: { '>ID': 0 } })).toEqual({ first: 1, last: 50, count: 50, ...uncounted })
})

test('finds by phone and e-mail, presence and bindings', async () => {
  await using t = await crmPortal()
  const company = await t.result<number>('crm.company.add', { fields: { TITLE: 'C' } })
  const one = await t.result<number>('crm.contact.add', { fields: { PHONE: '+7 912 345-67-89', COMPANY_ID: company } })
  const two = await t.result<number>('crm.contact.add', { fields: { EMAIL: 'Two@B.de', IM: 'imol|chat|1' } })
  const ids = async (filter: JsonObject) =>
    (await t.result<Shown[]>('crm.contact.list', { filter, select: ['ID'] })).map((contact) => Number(contact['ID']))
  expect(await ids({ PHONE: '8 (912) 3456789' })).toEqual([one])
  expect(await ids({ EMAIL: ['two@b.de', 'x@y.z'] })).toEqual([two])
  expect(await ids({ '!PHONE': '' })).toEqual([one])
  expect(await ids({ PHONE: '' })).toEqual([two])
  expect(await ids({ '%EMAIL': 'TWO@' })).toEqual([two])
  expect(await ids({ HAS_PHONE: 'Y' })).toEqual([one])
  expect(await ids({ HAS_PHONE: 'N', HAS_EMAIL: 'Y', HAS_IMOL: 'Y' })).toEqual([two])
  expect(await ids({ COMPANY_ID: company })).toEqual([one])
  expect(await ids({ '!COMPANY_IDS': company })).toEqual([two])
})
