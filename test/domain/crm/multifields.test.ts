import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchKeyOf } from '../../../src/domain/crm/multifields.ts'

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
