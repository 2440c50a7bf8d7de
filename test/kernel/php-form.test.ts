import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DEFAULT_FORM_LIMITS,
  addFormField,
  checkJsonShape,
  newFormTarget,
  parsePhpForm,
} from '../../src/kernel/php-form.ts'
import type { JsonObject, JsonValue } from '../../src/kernel/json.ts'
import { MalformedInput } from '../../src/kernel/malformed-input.ts'

/** PHP's `http_build_query`, which CRest and others send forms with. */
function buildQuery(value: JsonValue, name = ''): string {
  if (typeof value !== 'object' || value === null)
    return `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`
  return Object.entries(value)
    .map(([key, inner]) => buildQuery(inner, name === '' ? key : `${name}[${key}]`))
    .join('&')
}

function refuses(run: () => unknown): boolean {
  try {
    run()
    return false
  } catch (error) {
    if (error instanceof MalformedInput) return true
    throw error
  }
}

function nested(depth: number): unknown {
  return JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))
}

function milliseconds(run: () => unknown): number {
  const began = performance.now()
  run()
  return performance.now() - began
}

describe('parsePhpForm', () => {
  // Each line was compared with what parse_str of PHP 8.2 gives.
  it.each<[string, JsonObject]>([
    ['', {}],
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a&b=', { a: '', b: '' }],
    ['=1&&[a]=2&[]=3', {}],
    ['a=1=2', { a: '1=2' }],
    ['a=1&a=2', { a: '2' }],
    ['a[x]=1&a=2', { a: '2' }],
    ['a=1&a[x]=2', { a: { x: '2' } }],
    ['a[]=1&a[]=2', { a: ['1', '2'] }],
    ['a[ ]=1', { a: ['1'] }],
    ['a[b][c]=x&a[b][d]=y', { a: { b: { c: 'x', d: 'y' } } }],
    ['a[][n]=1&a[][n]=2', { a: [{ n: '1' }, { n: '2' }] }],
    ['a[0][n]=1&a[0][m]=2', { a: [{ n: '1', m: '2' }] }],
    ['0=x&1[k]=v', { 0: 'x', 1: { k: 'v' } }],
    ['a[0]=x&a[1]=y&a[0]=z', { a: ['z', 'y'] }],
    ['a[1]=x&a[0]=y', { a: { 1: 'x', 0: 'y' } }],
    ['a[0]=x&a[2]=y', { a: { 0: 'x', 2: 'y' } }],
    ['a[]=x&a[k]=y&a[]=z', { a: { 0: 'x', k: 'y', 1: 'z' } }],
    ['a[5]=1&a[]=2', { a: { 5: '1', 6: '2' } }],
    ['a[05]=1&a[]=2', { a: { '05': '1', 0: '2' } }],
    ['a[-3]=1&a[]=2', { a: { '-3': '1', '-2': '2' } }],
    ['a[length]=1&a[]=2', { a: { length: '1', 0: '2' } }],
    ['a%5Bb%5D=%D0%AF+%2B', { a: { b: 'Я +' } }],
    ['a[b]c=1', { a: { b: '1' } }],
    ['a[b][c=1', { a: { b: '1' } }],
    ['a[b[c]=1', { a: { 'b[c': '1' } }],
    ['a[[b]]=1', { a: { '[b': '1' } }],
    ['a]=1', { 'a]': '1' }],
    ['a[toString]=1&hasOwnProperty=2', { a: { toString: '1' }, hasOwnProperty: '2' }],
  ])('reads %s', (text, fields) => {
    expect(parsePhpForm(text)).toEqual(fields)
  })

  it('keeps dots, spaces and unclosed brackets in names, where PHP puts underscores', () => {
    expect(parsePhpForm('a.b=1&c d=2&e[f=3')).toEqual({ 'a.b': '1', 'c d': '2', 'e[f': '3' })
  })

  it('reads a batch, whose commands are encoded twice', () => {
    expect(parsePhpForm('halt=0&cmd[get]=user.get%3FID%3D1%26NAME%3Da%2520b')).toEqual({
      halt: '0',
      cmd: { get: 'user.get?ID=1&NAME=a%20b' },
    })
  })

  it('gives back whatever http_build_query can send', () => {
    const { tree } = fc.letrec<{ tree: JsonObject; node: JsonValue }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.string({ unit: 'grapheme' }),
        fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
        tie('tree'),
      ),
      tree: fc.dictionary(
        fc.stringMatching(/^[A-Za-z_>!%][A-Za-z_0-9]{0,8}$/).map((key) => `k${key}`),
        tie('node'),
        {
          minKeys: 1,
          maxKeys: 4,
          noNullPrototype: true,
        },
      ),
    }))
    fc.assert(
      fc.property(tree, (fields) => {
        expect(parsePhpForm(buildQuery(fields))).toEqual(fields)
      }),
    )
  })

  it('reads anything or refuses it, and touches no prototype', () => {
    const piece = fc.constantFrom(
      'a',
      '[',
      ']',
      '[]',
      '[0]',
      '__proto__',
      'constructor',
      'prototype',
      '=',
      '&',
      '%5B',
      '%',
      '+',
      '1',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        let form: JsonObject = {}
        refuses(() => (form = parsePhpForm(pieces.join(''))))
        expect(JSON.stringify(form)).not.toMatch(/"(?:__proto__|constructor|prototype)":/)
        expect(Object.keys(Object.prototype)).toEqual([])
        expect(Object.keys(Array.prototype)).toEqual([])
      }),
    )
  })

  it('drops a field with a dangerous key at any level', () => {
    const form = parsePhpForm(
      '__proto__[x]=1&a[__proto__][x]=1&a[constructor][prototype][x]=1&prototype=1&b[][__proto__]=1&c=2',
    )
    expect(form).toEqual({ c: '2' })
    expect(Object.getPrototypeOf(form)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it.each(['a=%', 'a=%zz', 'a=100%+sure', 'a=%ff', 'a=%c0%80', 'a=%ed%a0%80', '%f0%28=1'])('refuses %s', (text) => {
    expect(() => parsePhpForm(text)).toThrow(MalformedInput)
  })

  it('refuses beyond the limits, and not before', () => {
    const { variables, depth } = DEFAULT_FORM_LIMITS
    expect(Object.keys(parsePhpForm(Array.from({ length: variables }, (_, n) => `k${n}=1`).join('&')))).toHaveLength(
      variables,
    )
    expect(() => parsePhpForm('a[]=&'.repeat(variables + 1))).toThrow('More than 10000 variables: send fewer at once')
    expect(parsePhpForm(`a${'[a]'.repeat(depth)}=1`)).toHaveProperty('a')
    expect(() => parsePhpForm(`a${'[a]'.repeat(depth + 1)}=1`)).toThrow('Nested deeper than 64 levels')
    expect(() => parsePhpForm('a=1&b=2', { variables: 1, depth: 1 })).toThrow(MalformedInput)
  })

  it.each([
    ['a million fields', Array.from({ length: 1_000_000 }, (_, n) => `k${n}=1`).join('&')],
    ['a million fields without a value', 'a&'.repeat(1_000_000)],
    ['a million brackets', `a${'[a]'.repeat(1_000_000)}=1`],
  ])('refuses %s fast', (_name, text) => {
    expect(milliseconds(() => expect(refuses(() => parsePhpForm(text))).toBe(true))).toBeLessThan(500)
  })

  it.each([
    ['separators', '&'.repeat(5_000_000)],
    ['unclosed brackets', `${'['.repeat(100)}&`.repeat(9999) + `a${'['.repeat(3_000_000)}`],
    ['integer keys out of order', Array.from({ length: 9999 }, (_, n) => `a[${9999 - n}]=1`).join('&')],
    ['a long value', `a=${'%41'.repeat(2_000_000)}`],
  ])('reads %s in linear time', (_name, text) => {
    expect(milliseconds(() => parsePhpForm(text))).toBeLessThan(1500)
  })
})

describe('addFormField', () => {
  it('takes fields of a multipart body one at a time, and replaces a value that is not a container of brackets', () => {
    const target = newFormTarget()
    addFormField(target, 'files[0][]', 'a.txt')
    addFormField(target, 'files[0][]', 'YQ==')
    addFormField(target, 'given', ['x'])
    addFormField(target, 'given[k]', 'y')
    expect(target.finish()).toEqual({ files: [['a.txt', 'YQ==']], given: { k: 'y' } })
  })
})

describe('checkJsonShape', () => {
  it('lets through what JSON can hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        // fast-check likes to draw the very names that are taken out.
        const text = JSON.stringify(value).replaceAll(
          /__proto__|constructor|prototype/g,
          (name) => `not-${name.length}`,
        )
        expect(JSON.stringify(checkJsonShape(JSON.parse(text)))).toBe(text)
      }),
    )
  })

  it('takes out the dangerous keys at any level', () => {
    const text = '{"__proto__":{"x":1},"a":[{"constructor":1,"b":{"prototype":{"y":1},"c":2}}]}'
    const value = checkJsonShape(JSON.parse(text))
    expect(JSON.stringify(value)).toBe('{"a":[{"b":{"c":2}}]}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it('counts leaves and containers', () => {
    const value = { a: [1, 2], b: { c: null } }
    expect(checkJsonShape(value, { variables: 6, depth: 1 })).toBe(value)
    expect(() => checkJsonShape(value, { variables: 5, depth: 1 })).toThrow('More than 5 variables')
    expect(() => checkJsonShape(value, { variables: 6, depth: 0 })).toThrow('Nested deeper than 0 levels')
  })

  it('allows the same depth as a form', () => {
    expect(checkJsonShape(nested(65))).toHaveProperty('a')
    expect(() => checkJsonShape(nested(66))).toThrow(MalformedInput)
  })

  it('refuses fast', () => {
    const wide: unknown = Array.from({ length: 3_000_000 }, () => 1)
    const deep: unknown = JSON.parse('['.repeat(5000) + ']'.repeat(5000))
    expect(milliseconds(() => expect(refuses(() => checkJsonShape(wide))).toBe(true))).toBeLessThan(200)
    expect(milliseconds(() => expect(refuses(() => checkJsonShape(deep))).toBe(true))).toBeLessThan(200)
  })
})
