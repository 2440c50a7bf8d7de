import { z } from 'zod'
import { accessLevel } from '../../domain/crm/access.ts'
import { findDuplicates } from '../../domain/crm/duplicates.ts'
import { method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'

const TYPES = ['lead', 'contact', 'company'] as const
const MOST_VALUES = 20
const MOST_FOUND = 20

const ids = z.array(z.int().positive()).optional()

export const duplicateFind = method('crm.duplicate.findbycomm', {
  doc: 'Finds the leads, contacts and companies that have one of these phones or e-mails.',
  scope: 'crm',
  params: {
    type: required(wire.text(100), '`PHONE` or `EMAIL`.', { missing: 'typeMissing', invalid: 'typeMissing' }),
    values: required(wire.list(wire.text(1_000)), 'Phones or e-mails; the first twenty count.', {
      missing: 'valuesMissing',
      invalid: 'valuesMissing',
    }),
    entity_type: optional(
      wire.oneOf('LEAD', 'CONTACT', 'COMPANY'),
      '`LEAD`, `CONTACT` or `COMPANY`; all three when left out.',
    ),
  },
  result: z.union([z.strictObject({ LEAD: ids, CONTACT: ids, COMPANY: ids }), z.array(z.never())]),
  errors: {
    accessDenied: ['', 403, 'Access denied'],
    typeMissing: ['', 400, 'Communication type is not defined'],
    typeUnknown: ['', 400, "Communication type '{type}' is not supported in current context"],
    valuesMissing: ['', 400, 'Communication values is not defined'],
  },
  async read({ params, caller, fail }, read) {
    const typeId = params.type.toUpperCase()
    if (typeId !== 'PHONE' && typeId !== 'EMAIL') {
      return fail('typeUnknown', `Communication type '${params.type}' is not supported in current context`)
    }
    const values = params.values.filter((value) => value.trim() !== '').slice(0, MOST_VALUES)
    if (values.length === 0) return fail('valuesMissing')
    const wanted = TYPES.filter((type) => params.entity_type === undefined || type.toUpperCase() === params.entity_type)
    const levels = await Promise.all(
      wanted.map(async (type) => ({ type, level: await accessLevel(read, caller, 'read', type) })),
    )
    if (levels.every(({ level }) => level === 'none')) return fail('accessDenied')
    const found: Record<string, number[]> = {}
    for (const { type, level } of levels) {
      const duplicates = await findDuplicates(
        read,
        { typeId, values, entityType: type, limit: MOST_FOUND },
        level,
        caller,
      )
      if (duplicates.length > 0) found[type.toUpperCase()] = duplicates
      // Enough of one kind ends the search.
      if (duplicates.length >= MOST_FOUND) break
    }
    return Object.keys(found).length > 0 ? found : []
  },
})
