import { expect, test } from 'vitest'
import { readDay, readMoment } from '../../src/rest/date-input.ts'

const ZONE = 'Europe/Berlin'
const at = (iso: string): number => Date.parse(iso)

test.each([
  ['2026-03-01T10:00:00+03:00', '2026-03-01T07:00:00Z'],
  ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00Z'],
  ['2026-03-01T10:00:00', '2026-03-01T09:00:00Z'],
  ['2026-03-01 10:00:00', '2026-03-01T09:00:00Z'],
  ['2026-03-01 10:00', '2026-03-01T09:00:00Z'],
  [' 01.03.2026 10:00:00 ', '2026-03-01T09:00:00Z'],
  ['03/01/2026 10:00 pm', '2026-03-01T21:00:00Z'],
])('%s is the second of %s', (text, iso) => {
  expect(readMoment(text, ZONE)).toEqual({ from: at(iso), to: at(iso) + 1000, isDay: false })
})

test.each(['2026-03-29', '29.03.2026', '03/29/2026'])('%s is the whole day, however long', (text) => {
  expect(readMoment(text, ZONE)).toEqual({
    from: at('2026-03-28T23:00:00Z'),
    to: at('2026-03-29T22:00:00Z'),
    isDay: true,
  })
  expect(readDay(text, ZONE)).toBe('2026-03-29')
})

test.each([
  '',
  'soon',
  '2026-13-01',
  '2026-02-30',
  '32.01.2026',
  '9999-99-99T99:99:99+99:99',
  'x'.repeat(1000),
  5,
  null,
  undefined,
  [],
  {},
])('%o is no date', (input) => {
  expect(readMoment(input, ZONE)).toBeUndefined()
  expect(readDay(input, ZONE)).toBeUndefined()
})
