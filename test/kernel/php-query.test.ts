import { expect, test } from 'vitest'
import { parsePhpForm } from '../../src/kernel/php-form.ts'
import { buildPhpQuery } from '../../src/kernel/php-query.ts'

test('writes what PHP writes', () => {
  expect(
    buildPhpQuery({
      event: 'ONCRMLEADADD',
      data: { FIELDS: { ID: 7 }, list: ['a', 'b'], yes: true, no: false, nothing: null, empty: {}, none: [], text: '' },
      ts: 1.5,
    }),
  ).toBe(
    'event=ONCRMLEADADD&data%5BFIELDS%5D%5BID%5D=7&data%5Blist%5D%5B0%5D=a&data%5Blist%5D%5B1%5D=b&data%5Byes%5D=1&data%5Bno%5D=0&data%5Btext%5D=&ts=1.5',
  )
  // As http_build_query gives for "a b+c&d=é~!'()*-_.".
  expect(buildPhpQuery({ q: "a b+c&d=é~!'()*-_." })).toBe('q=a+b%2Bc%26d%3D%C3%A9%7E%21%27%28%29%2A-_.')
})

test('what it writes is read back', () => {
  const fields = { a: { b: ['1', { c: 'x y' }], ключ: 'Ü & ü' }, z: '[]=%' }
  expect(parsePhpForm(buildPhpQuery(fields))).toEqual(fields)
})
