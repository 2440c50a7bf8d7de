import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchKeyOf } from '../../../src/domain/crm/multifields.ts'
import { camelCustomName, customName } from '../../../src/rest/crm/names.ts'

test.each([
  ['+7 (912) 345-67-89', '79123456789'],
  ['8 912 345 67 89', '79123456789'],
  ['007 912 345 67 89', '79123456789'],
  ['+49 30 123456', '4930123456'],
  ['0049 30 123456', '4930123456'],
  ['+8 1234567890', '81234567890'],
  ['030 123456', '030123456'],
  ['+49 30 123456 ext. 12', '4930123456'],
  ['+49 30 123456;12', '4930123456'],
  ['112', '112'],
  ['none', ''],
])('the key of the phone %s is %s', (phone, key) => {
  expect(matchKeyOf('PHONE', phone)).toBe(key)
})

test('the key of a key is itself, unless it begins as a trunk prefix does', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[1-79]\d{3,14}$/), (digits) => {
      expect(matchKeyOf('PHONE', `+${digits}`)).toBe(digits)
      expect(matchKeyOf('PHONE', matchKeyOf('PHONE', digits))).toBe(matchKeyOf('PHONE', digits))
    }),
  )
})

test.each([
  ['UF_CRM_1720019876534', 'ufCrm_1720019876534'],
  ['UF_CRM_2_1639669411830', 'ufCrm2_1639669411830'],
  ['UF_CRM_64A29A1CD5CC2', 'ufCrm_64a29a1cd5cc2'],
  ['UF_CRM_MY_FIELD', 'ufCrmMyField'],
])('%s is %s in camelCase', (upper, camel) => {
  expect(camelCustomName(upper)).toBe(camel)
  expect(customName(camel)).toBe(upper)
})

test('the camelCase of a custom field leads back to it', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^UF_CRM(?:_[A-Z0-9]{1,8}){1,4}$/), (name) => {
      expect(customName(camelCustomName(name))).toBe(name)
    }),
  )
})
