import { expect, test } from 'vitest'
import { crmPortal } from '../../support/crm.ts'

interface Value {
  readonly ID: string
  readonly VALUE: string
  readonly VALUE_TYPE: string
  readonly TYPE_ID: string
}

test('phones are added, changed by id and deleted; the others stay', async () => {
  await using t = await crmPortal()
  const phones = ['222', '333', '444', '555'].map((VALUE) => ({ VALUE, VALUE_TYPE: 'WORK' }))
  const id = await t.result<number>('crm.contact.add', {
    fields: { NAME: 'N', PHONE: phones, EMAIL: [{ VALUE: 'A@b.de' }] },
  })
  const contact = () => t.result<{ PHONE?: Value[]; EMAIL?: Value[]; HAS_PHONE: string }>('crm.contact.get', { id })
  const ids = (await contact()).PHONE!.map((phone) => phone.ID)

  const changes = [
    { ID: ids[0]!, DELETE: 'Y' },
    { ID: ids[1]!, VALUE: '' },
    { ID: ids[2]! },
    { VALUE: '666', VALUE_TYPE: 'HOME' },
  ]
  await t.call('crm.contact.update', { id, fields: { PHONE: changes } })
  const after = await contact()
  expect(after.PHONE).toMatchObject([
    { ID: ids[3], VALUE: '555', TYPE_ID: 'PHONE' },
    { VALUE: '666', VALUE_TYPE: 'HOME' },
  ])
  expect(after.EMAIL).toMatchObject([{ VALUE: 'A@b.de', VALUE_TYPE: 'WORK' }])

  await t.call('crm.contact.update', { id, fields: { PHONE: [{ ID: ids[3]!, VALUE: '777', VALUE_TYPE: 'MOBILE' }] } })
  expect((await contact()).PHONE![0]).toEqual({ ID: ids[3], VALUE: '777', VALUE_TYPE: 'MOBILE', TYPE_ID: 'PHONE' })
  expect(await t.result<unknown[]>('crm.contact.list', { filter: { PHONE: '555' } })).toEqual([])
  expect(await t.result<unknown[]>('crm.contact.list', { filter: { PHONE: '777' } })).toHaveLength(1)
})

test('values of somebody else are out of reach', async () => {
  await using t = await crmPortal()
  const one = await t.result<number>('crm.contact.add', { fields: { PHONE: '111' } })
  const other = await t.result<number>('crm.contact.add', { fields: { PHONE: '222' } })
  const [phone] = (await t.result<{ PHONE: Value[] }>('crm.contact.get', { id: one })).PHONE
  await t.call('crm.contact.update', { id: other, fields: { PHONE: [{ ID: phone!.ID, DELETE: 'Y' }] } })
  expect(await t.result('crm.contact.get', { id: one })).toMatchObject({ PHONE: [{ VALUE: '111' }], HAS_PHONE: 'Y' })
})

test('the same values over crm.item: fm by id, new ones, and a value that goes', async () => {
  await using t = await crmPortal()
  const fm = [
    { typeId: 'PHONE', valueType: 'WORK', value: '+49 30 1' },
    { typeId: 'EMAIL', valueType: 'HOME', value: 'a@b.de' },
  ]
  const { item } = await t.result<{ item: { id: number; fm: { id: number }[] } }>('crm.item.add', {
    entityTypeId: 1,
    fields: { fm },
  })
  expect(item).toMatchObject({
    hasPhone: 'Y',
    hasEmail: 'Y',
    phone: '+49 30 1',
    phoneWork: '+49 30 1',
    emailHome: 'a@b.de',
    emailWork: '',
  })
  const [phone, email] = item.fm.map(({ id }) => id)
  const changed = await t.result('crm.item.update', {
    entityTypeId: 1,
    id: item.id,
    fields: {
      fm: {
        [String(phone)]: { typeId: 'PHONE', valueType: 'MOBILE', value: '+49 30 2' },
        [String(email)]: { typeId: 'EMAIL', value: '' },
        n0: { typeId: 'WEB', valueType: 'WORK', value: 'example.com' },
      },
    },
  })
  expect(changed).toMatchObject({
    item: {
      hasEmail: 'N',
      fm: [
        { id: phone, value: '+49 30 2', valueType: 'MOBILE' },
        { typeId: 'WEB', value: 'example.com' },
      ],
    },
  })
})

test('a deal has none of its own', async () => {
  await using t = await crmPortal()
  const id = await t.result<number>('crm.deal.add', { fields: { PHONE: '123' } })
  expect(await t.result('crm.deal.get', { id })).not.toHaveProperty('PHONE')
  expect(await t.result('crm.item.get', { entityTypeId: 2, id })).not.toHaveProperty('item.fm')
})
