import fc from 'fast-check'
import { expect, test } from 'vitest'
import { camelCustomName, customName } from '../../../src/rest/crm/names.ts'

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
