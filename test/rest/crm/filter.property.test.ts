import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/kernel/json.ts'
import { RestError } from '../../../src/rest/errors.ts'
import { crmPortal } from '../../support/crm.ts'
import { ANNA, BORIS } from '../../support/portal.ts'

interface Row {
  readonly id: number
  readonly title: string
  readonly comments: string
  readonly opportunity: number
  readonly assignedById: number
  readonly probability: number | null
  readonly opened: boolean
}

const word = fc.constantFrom('', 'a', 'A', 'ab', 'b', 'abc', '%', 'a%c', '_', 'Ä', 'ä', '10', '\\')
const anyRow = fc.record({
  title: word.map((each) => `t${each}`),
  comments: word,
  opportunity: fc.integer({ min: 0, max: 5 }),
  assignedById: fc.constantFrom(1, ANNA, BORIS),
  probability: fc.option(fc.integer({ min: 0, max: 3 })),
  opened: fc.boolean(),
})

type Compare = (value: Row[keyof Row], given: unknown) => boolean
const isAbsent = (value: unknown): boolean => value === '' || value === null
const equal: Compare = (value, given) => (isAbsent(given) ? isAbsent(value) : value === given)
const order =
  (holds: (a: number | string, b: number | string) => boolean): Compare =>
  (value, given) =>
    !isAbsent(value) && !isAbsent(given) && holds(value as number | string, given as number | string)
const contains: Compare = (value, given) =>
  String(value ?? '')
    .toLowerCase()
    .includes(String(given).toLowerCase())

const operators: Readonly<Record<string, Compare>> = {
  '': equal,
  '=': equal,
  '!': (value, given) => !equal(value, given),
  '!=': (value, given) => !equal(value, given),
  '>': order((a, b) => a > b),
  '>=': order((a, b) => a >= b),
  '<': order((a, b) => a < b),
  '<=': order((a, b) => a <= b),
  '@': (value, given) => (given as unknown[]).some((each) => equal(value, each)),
  '!@': (value, given) => !(given as unknown[]).some((each) => equal(value, each)),
  '%': contains,
  '!%': (value, given) => !contains(value, given),
}

interface Told {
  readonly key: string
  readonly value: JsonValue
  readonly holds: (row: Row) => boolean
}

const texts = fc.constantFrom<keyof Row>('title', 'comments')
const numbers = fc.constantFrom<keyof Row>('opportunity', 'assignedById')
const textValue = fc.oneof(
  word,
  word.map((each) => `t${each}`),
)

function told(field: keyof Row, prefix: string, value: JsonValue): Told {
  return { key: `${prefix}${field}`, value, holds: (row) => operators[prefix]!(row[field], value) }
}

const single = fc.constantFrom('', '=', '!', '!=', '>', '>=', '<', '<=')
const several = fc.constantFrom('@', '!@')
const condition: fc.Arbitrary<Told> = fc.oneof(
  fc.tuple(texts, fc.oneof(single, fc.constantFrom('%', '!%')), textValue).map((parts) => told(...parts)),
  fc.tuple(texts, several, fc.array(textValue, { maxLength: 3 })).map((parts) => told(...parts)),
  fc.tuple(numbers, single, fc.integer({ min: -1, max: 6 })).map((parts) => told(...parts)),
  fc.tuple(numbers, several, fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 3 })).map((parts) => told(...parts)),
  fc
    .tuple(fc.constant<'probability'>('probability'), single, fc.integer({ min: 0, max: 4 }))
    .map((parts) => told(...parts)),
  fc
    .tuple(fc.constant<'probability'>('probability'), fc.constantFrom('=', '!='), fc.constant(null))
    .map((parts) => told(...parts)),
  fc
    .tuple(fc.constantFrom('=', '!='), fc.boolean())
    .map(([prefix, wanted]) => ({ ...told('opened', prefix, wanted), value: wanted ? 'Y' : 'N' })),
)

interface Group {
  readonly filter: JsonObject
  readonly holds: (row: Row) => boolean
}

function join(logic: 'AND' | 'OR', conditions: readonly Told[], groups: readonly Group[]): Group {
  const byKey = new Map(conditions.map((each) => [each.key, each]))
  const parts = [...byKey.values(), ...groups]
  return {
    filter: {
      logic,
      ...Object.fromEntries([...byKey.values()].map(({ key, value }) => [key, value])),
      ...Object.fromEntries(groups.map(({ filter }, place) => [String(place), filter])),
    },
    // A group of nothing keeps everything, whatever its logic.
    holds: (row) =>
      parts.length === 0 ||
      (logic === 'AND' ? parts.every((part) => part.holds(row)) : parts.some((part) => part.holds(row))),
  }
}

const { group } = fc.letrec<{ group: Group }>((tie) => ({
  group: fc
    .tuple(
      fc.constantFrom('AND' as const, 'OR' as const),
      fc.array(condition, { maxLength: 3 }),
      fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('group'), { maxLength: 2 })),
    )
    .map((parts) => join(...parts)),
}))

test('filters agree with what they say', async () => {
  await using t = await crmPortal()
  const rows: Row[] = []
  for (const row of fc.sample(anyRow, { numRuns: 40, seed: 7 })) {
    const { item } = await t.result<{ item: { id: number } }>('crm.item.add', { entityTypeId: 2, fields: row })
    rows.push({ ...row, id: item.id })
  }
  await fc.assert(
    fc.asyncProperty(group, async ({ filter, holds }) => {
      const params = { entityTypeId: 2, filter, select: ['id'], start: -1 }
      const { items } = await t.result<{ items: { id: number }[] }>('crm.item.list', params)
      expect(items.map(({ id }) => id)).toEqual(rows.filter(holds).map(({ id }) => id))
    }),
    { numRuns: 300 },
  )
})

/** `assignedById` as `ASSIGNED_BY_ID`. */
const upper = (key: string): string => key.replace(/[A-Z]/g, '_$&').toUpperCase()

test('the two families of methods read conditions alike', async () => {
  await using t = await crmPortal()
  for (const row of fc.sample(anyRow, { numRuns: 30, seed: 8 }))
    await t.call('crm.item.add', { entityTypeId: 2, fields: row })
  await fc.assert(
    fc.asyncProperty(fc.array(condition, { maxLength: 3 }), async (conditions) => {
      const { filter } = join('AND', conditions, [])
      const classic = Object.fromEntries(Object.entries(filter).map(([key, value]) => [upper(key), value]))
      const { items } = await t.result<{ items: { id: number }[] }>('crm.item.list', {
        entityTypeId: 2,
        filter,
        select: ['id'],
      })
      const deals = await t.result<{ ID: string }[]>('crm.deal.list', { filter: classic, select: ['ID'] })
      expect(deals.map(({ ID }) => Number(ID))).toEqual(items.map(({ id }) => id))
    }),
    { numRuns: 100 },
  )
})

const prefix = fc.constantFrom(
  '',
  '=',
  '!',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
  '@',
  '!@',
  '%',
  '!%',
  '=%',
  '%=',
  '!=%',
  '!%=',
  '><',
  '!><',
  '?',
  '!!',
)
const name = fc.oneof(
  fc.constantFrom(
    'ID',
    'TITLE',
    'OPPORTUNITY',
    'DATE_CREATE',
    'BIRTHDATE',
    'OPENED',
    'CONTACT_IDS',
    'COMPANY_ID',
    'PHONE',
    'EMAIL',
  ),
  fc.constantFrom(
    'HAS_PHONE',
    'HAS_IMOL',
    'UTM_SOURCE',
    'IS_RETURN_CUSTOMER',
    'ADDRESS_LOC_ADDR_ID',
    'UF_CRM_1',
    'LAST_ACTIVITY_BY',
  ),
  fc.constantFrom(
    'id',
    'stageId',
    'createdTime',
    'birthdate',
    'contactIds',
    'phone',
    'ufCrm_1',
    'observers',
    'logic',
    '0',
    '__proto__',
  ),
  fc.string(),
)
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, '', 'Y', '2024-01-01', '01.01.2024', '99999999999999999999', 1e300, '%', "' or 1=1"),
)
const anyValue = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 3 }),
) as fc.Arbitrary<JsonValue>
const anyFilter = fc
  .array(fc.tuple(prefix, name, anyValue), { maxLength: 5 })
  .map((entries) => Object.fromEntries(entries.map(([first, second, value]) => [first + second, value])))

/** The status with which something ends that may fail as documented; anything else that fails is thrown on. */
async function statusOf(work: () => Promise<unknown>): Promise<number> {
  try {
    await work()
    return 200
  } catch (error) {
    if (error instanceof RestError) return error.status
    throw error
  }
}

test('no filter, order or selection is a server error', async () => {
  await using t = await crmPortal()
  await t.call('crm.lead.add', { fields: { TITLE: 'x', PHONE: '1', UF_CRM_1: 5, BIRTHDATE: '2000-01-01' } })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('crm.lead.list', 'crm.item.list', 'crm.company.list', 'crm.status.list'),
      anyFilter,
      anyFilter,
      fc.oneof(anyValue, fc.array(name)),
      async (method, filter, sorting, select) => {
        expect([200, 400]).toContain(
          await statusOf(() => t.call(method, { entityTypeId: 1, filter, order: sorting, select })),
        )
      },
    ),
    { numRuns: 600 },
  )
})

test('no fields are a server error, and what is taken can be read', async () => {
  await using t = await crmPortal()
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('lead', 'deal', 'contact', 'company'), anyFilter, async (type, fields) => {
      const status = await statusOf(async () => {
        const id = await t.result<number>(`crm.${type}.add`, { fields })
        await t.call(`crm.${type}.get`, { id })
        await t.call(`crm.${type}.update`, { id, fields })
      })
      expect([200, 400]).toContain(status)
    }),
    { numRuns: 300 },
  )
})
