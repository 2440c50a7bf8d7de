import { expect, test } from 'vitest'
import { compare, readAbbreviated } from './compare.ts'

test('values do not matter, keys and types do, both ways', () => {
  expect(compare({ ID: '1', on: true, n: 1.5 }, { ID: '2', on: false, n: 3 })).toEqual([])
  expect(compare({ a: 1, b: 'x' }, { a: '1', c: null })).toEqual([
    { path: 'result.a', expected: 'number 1', got: 'string "1"' },
    { path: 'result.b', expected: 'string', got: 'nothing' },
    { path: 'result.c', expected: 'nothing', got: 'null' },
  ])
})

test('null, an empty list and an empty object are three things', () => {
  expect(compare(null, [])).toHaveLength(1)
  expect(compare([], {})).toHaveLength(1)
  expect(compare({}, null)).toHaveLength(1)
})

test('lists are compared by their first items, and must hold one where the example does', () => {
  expect(compare([{ a: 1 }, { a: 'x' }], [{ a: 2 }])).toEqual([])
  expect(compare([{ a: 1 }], [{ a: 'x' }])).toMatchObject([{ path: 'result[].a' }])
  expect(compare([1], [])).toMatchObject([{ path: 'result', got: 'an empty list' }])
  expect(compare([], [1])).toEqual([])
})

test('maps by id are compared by their first values', () => {
  expect(compare({ 103: { a: 1 } }, { 7: { a: 2 } })).toEqual([])
  expect(compare({ chat1763: { a: 1 } }, { chat2: { a: '2' } })).toMatchObject([{ path: 'result{}.a' }])
  expect(compare({ livechat: 'x' }, { mine: 'y' }, 'result', (path) => path === 'result')).toEqual([])
})

test('fields that only the portal of the example has are passed over', () => {
  expect(compare({ ID: '1', UF_CRM_1: 'x', PARENT_ID_12: null }, { ID: '2' })).toEqual([])
})

test('reads examples that are cut short', () => {
  expect(readAbbreviated('{ "result": [ { "ID": "1" }, 48 more leads like it ], "total": 50, }')).toEqual({
    result: [{ ID: '1' }],
    total: 50,
  })
  expect(readAbbreviated('{ "result": { "7": { "a": 1 }, ... // for each user } }')).toEqual({
    result: { 7: { a: 1 } },
  })
  expect(readAbbreviated('"fields": { "A": 1 }')).toBeUndefined()
})
