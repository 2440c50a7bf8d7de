import { expect, test } from 'vitest'
import { wire } from '../../src/rest/wire.ts'

const read = (schema: { safeParse(value: unknown): { success: boolean; data?: unknown } }, value: unknown): unknown => {
  const { success, data } = schema.safeParse(value)
  return success ? data : 'refused'
}

test.each([
  [7, 7],
  ['7', 7],
  [' 7 ', 7],
  ['0', 'refused'],
  [-1, 'refused'],
  ['7.5', 'refused'],
  ['7e3', 'refused'],
  [2 ** 53, 'refused'],
  ['99999999999999999999', 'refused'],
  [[7], 'refused'],
  [true, 'refused'],
])('an id: %j', (value, wanted) => {
  expect(read(wire.id(), value)).toEqual(wanted)
})

test.each([
  [true, true],
  ['Y', true],
  ['1', true],
  [1, true],
  ['false', false],
  ['N', false],
  [0, false],
  ['maybe', 'refused'],
  [2, 'refused'],
])('a flag: %j', (value, wanted) => {
  expect(read(wire.flag(), value)).toEqual(wanted)
})

test('text is kept as it is, but for what no database or client can hold', () => {
  expect(read(wire.text(), ' [b]x[/b]\r\n😀 ')).toBe(' [b]x[/b]\r\n😀 ')
  expect(read(wire.text(), 12)).toBe('12')
  expect(read(wire.text(), 'a\0b')).toBe('refused')
  expect(read(wire.text(), '\uD800')).toBe('refused')
  expect(read(wire.text(), { text: 'x' })).toBe('refused')
})

test('the length of text is counted in characters, as people count', () => {
  expect(read(wire.text(3), '😀😀😀')).toBe('😀😀😀')
  expect(read(wire.text(3), '😀😀😀😀')).toBe('refused')
})

test('a list may come as one item or as an object', () => {
  expect(read(wire.list(wire.id()), ['1', 2])).toEqual([1, 2])
  expect(read(wire.list(wire.id()), '3')).toEqual([3])
  expect(read(wire.list(wire.id()), { 0: 1, 5: 2 })).toEqual([1, 2])
  expect(read(wire.list(wire.id()), [])).toEqual([])
})

test('a structure may come as an empty list, as PHP sends an empty one', () => {
  expect(read(wire.fields(), [])).toEqual({})
  expect(read(wire.fields(), { a: { b: ['c'] } })).toEqual({ a: { b: ['c'] } })
  expect(read(wire.fields(), { a: { b: ['\0'] } })).toBe('refused')
  expect(read(wire.fields(), 'text')).toBe('refused')
})
