import { expect, test } from 'vitest'
import { z } from 'zod'
import { method, optional, required } from '../../src/rest/method.ts'
import { Registry } from '../../src/rest/registry.ts'
import { wire } from '../../src/rest/wire.ts'
import type { ContractMethod } from '../../tools/contract.ts'
import { coveragePage } from '../../tools/reference/coverage.ts'
import { anchor, table } from '../../tools/reference/markdown.ts'
import { familyPage } from '../../tools/reference/methods.ts'
import { settingsPage } from '../../tools/reference/settings.ts'
import { rowsOf, typeText } from '../../tools/reference/types.ts'

const person = z.strictObject({
  id: z.int().meta({ description: 'The id.' }),
  name: z.string(),
  a: z.string(),
  b: z.string(),
  c: z.string().nullable(),
  d: z.string().optional(),
})
const thingList = method('thing.list', {
  doc: 'Lists things.',
  scope: 'things',
  auth: 'admin',
  batch: false,
  params: {
    KIND: required(wire.oneOf('a', 'b|c'), 'Which kind.', { missing: 'noKind' }),
    FIELDS: optional(wire.object({ NAME: wire.text().meta({ description: 'The name.' }) }), 'What to set.'),
    start: optional(wire.integer(), 'Where to start.'),
  },
  result: z.array(person),
  errors: {
    noKind: ['NO_KIND', 400, 'Name a kind'],
    notYours: ['', 403, 'Access denied'],
    accessDenied: ['ACCESS_DENIED', 403, 'Access denied'],
  },
  read: async () => [],
})
const thingGet = method('thing.get', {
  doc: 'Gets one.',
  scope: 'basic',
  params: {},
  result: person,
  read: async () => ({}) as never,
})

test('a page says of each method who may call it, what it takes, gives and refuses', () => {
  const lines = familyPage('things', [thingList, thingGet]).split('\n')
  expect(lines).toContain('| [thing.list](#thinglist) | Lists things. |')
  expect(lines).toContain('Scope `things`. Administrators only. May not stand in a `batch`.')
  expect(lines).toContain('| `KIND` | `a`, `b\\|c` | yes | Which kind. |')
  expect(lines).toContain('| `FIELDS.NAME` | string |  | The name. |')
  expect(lines).toContain('**Result:** list of objects. `total` and `next` stand beside it.')
  expect(lines).toContain('| `[].id` | integer | The id. |')
  expect(lines).toContain('| `[].c` | string or null |  |')
  expect(lines).toContain('| `[].d` | string, may be absent |  |')
  expect(lines).toContain('| `NO_KIND` | 400 | Name a kind | `KIND` missing or empty |')
  expect(lines).toContain('| (empty) | 403 | Access denied | not yours |')
  // What the text says already is not said twice.
  expect(lines).toContain('| `ACCESS_DENIED` | 403 | Access denied |  |')
  expect(lines).toContain(
    "| `ERROR_ARGUMENT` | 400 | The value of an argument '…' has an invalid type | `KIND`, `FIELDS`, `start` of a wrong type |",
  )
  expect(lines).toContain('**Result:** object. Its keys are those of [thing.list](#thinglist).')
})

test('types are words', () => {
  expect(typeText({})).toBe('any')
  expect(typeText({ type: ['string', 'null'] })).toBe('string or null')
  expect(typeText({ anyOf: [{ const: false }, { type: 'array', items: { type: 'integer' } }] })).toBe(
    '`false` or list of integers',
  )
  expect(typeText({ type: 'array', items: { type: 'array', items: { type: 'string' } } })).toBe(
    'list of lists of strings',
  )
  expect(typeText({ type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }] })).toBe(
    'list: string, integer',
  )
  expect(typeText({ enum: ['Y', 'N', null] })).toBe('`Y`, `N`, null')
})

test('maps and lists within are told by their paths', () => {
  const schema = {
    type: 'object',
    additionalProperties: { type: 'array', items: { properties: { id: { type: 'integer' } }, required: ['id'] } },
  }
  expect(rowsOf(schema).map(({ key }) => key)).toEqual(['{key}', '{key}[].id'])
})

test('a table drops a column in which nothing stands, and keeps cells in their column', () => {
  expect(
    table(
      ['A', 'B', 'C'],
      [
        ['1', '', 'x|y'],
        ['2', '', 'two\nlines'],
      ],
    ),
  ).toEqual(['| A | C |', '| --- | --- |', '| 1 | x\\|y |', '| 2 | two lines |'])
  expect(anchor('imbot.v2.Chat.add')).toBe('imbotv2chatadd')
})

const documented = (name: string): ContractMethod => ({
  name,
  family: 'things',
  doc: '',
  scope: [],
  params: [],
  result: [],
  errors: [],
})

test('coverage counts what is carried and names what is not', () => {
  const contract = ['thing.list', 'thing.get', 'thing.add'].map(documented)
  const lines = coveragePage(new Registry([thingList, thingGet], []), contract, ['things', 'own']).split('\n')
  expect(lines).toContain('| [things](methods/things.md) | 3 | 2 | 66 % |')
  expect(lines).toContain('- `thing.add`')
  expect(lines).not.toContain('- `thing.list`')
  expect(lines).toContain('- Methods of our own: [own](methods/own.md)')
})

test('the page of settings shows each with its type and default', () => {
  expect(settingsPage()).toContain('| `timeZone` | string | `"UTC"` | IANA time zone of dates in answers. |')
})
