import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/kernel/json.ts'
import { parseBatchCommands, resolveReferences, shapeOfKeys } from '../../src/rest/batch-commands.ts'
import { RestError } from '../../src/rest/errors.ts'

/** Enough of a query parser for these tests; the real one is tested on its own. */
function parseQuery(text: string): JsonObject {
  return Object.fromEntries(new URLSearchParams(text))
}

function commands(cmd: JsonValue) {
  return parseBatchCommands(cmd, parseQuery)
}

function resolve(value: JsonValue, results: Record<string, unknown>): JsonValue | undefined {
  return resolveReferences({ value }, new Map(Object.entries(results)))['value']
}

describe('parseBatchCommands', () => {
  it('takes a list, an object, numeric and UUID keys', () => {
    const first = { method: 'user.current', params: {} }
    const second = { method: 'department.get', params: { ID: '1', NAME: 'a b' } }
    const sent = ['user.current', 'department.get?ID=1&NAME=a%20b']
    expect(commands(sent)).toEqual([
      { key: '0', ...first },
      { key: '1', ...second },
    ])
    expect(commands(Object.fromEntries(sent.entries()))).toEqual(commands(sent))
    const uuid = 'cbeb0cb5-33c1-4d22-8b1b-a1b6a0a8f2f1'
    expect(commands({ [uuid]: sent[0]!, cmd_1: sent[1]! })).toEqual([
      { key: uuid, ...first },
      { key: 'cmd_1', ...second },
    ])
  })

  it('keeps the order in which the commands stand', () => {
    expect(commands({ z: 'a', a: 'b', m: 'c' }).map(({ key }) => key)).toEqual(['z', 'a', 'm'])
  })

  it('takes a command as an object', () => {
    const list: JsonValue = [
      { method: 'user.get', params: { ID: 1 } },
      { method: 'user.get', params: [] },
      { method: 'user.get' },
      { method: 'user.get', params: [7, { a: 1 }] },
    ]
    expect(commands(list).map(({ params }) => params)).toEqual([{ ID: 1 }, {}, {}, { 0: 7, 1: { a: 1 } }])
  })

  it('splits at the first question mark only', () => {
    expect(commands(['im.message.add?MESSAGE=why?&a=1'])).toEqual([
      { key: '0', method: 'im.message.add', params: { MESSAGE: 'why?', a: '1' } },
    ])
    expect(commands([' user.current ?'])).toEqual([{ key: '0', method: 'user.current', params: {} }])
  })

  it('parses the query first, so that references may come encoded', () => {
    const [command] = commands(['user.get?ID=%24result%5Bget%5D%5BID%5D'])
    expect(command!.params).toEqual({ ID: '$result[get][ID]' })
  })

  it.each<[string, JsonValue]>([
    ['nothing', null],
    ['an empty string', ''],
    ['an empty list', []],
    ['an empty object', {}],
  ])('takes %s for no commands', (_name, cmd) => {
    expect(commands(cmd)).toEqual([])
  })

  it.each<[JsonValue]>([['user.current'], [5], [true]])('refuses %j', (cmd) => {
    expect(() => commands(cmd)).toThrow(RestError)
  })

  it('keeps the key of a command that it does not understand', () => {
    expect(commands([null, 5, ['user.get'], {}, { method: 1 }, ''])).toEqual(
      ['0', '1', '2', '3', '4', '5'].map((key) => ({ key, method: '', params: {} })),
    )
  })
})

describe('resolveReferences', () => {
  const results = {
    0: { ID: '7' },
    cmd_0: Array.from({ length: 50 }, (_, n) => ({ ID: n + 1 })),
    x: {
      items: Array.from({ length: 50 }, (_, n) => ({ id: n * 2 })),
      total: 50,
      title: 'A "b"',
      no: false,
      yes: true,
      none: null,
    },
    id: 12,
    'odd key]': { "it's": 'ok' },
  }

  it.each<[string, JsonValue]>([
    ['$result[0][ID]', '7'],
    ['$result[cmd_0][49][ID]', 50],
    ['$result[x][items][49][id]', 98],
    ['$result[id]', 12],
    ['$result["x"][\'total\']', 50],
    ["$result['odd key]'][\"it's\"]", 'ok'],
    ['$result[x][no]', false],
    ['$result[x][none]', null],
    ['$result[0]', { ID: '7' }],
  ])('gives %s its value in its type', (text, value) => {
    expect(resolve(text, results)).toEqual(value)
  })

  it.each([
    '$result[y]',
    '$result[0][id]',
    '$result[id][ID]',
    '$result[cmd_0][50]',
    '$result[cmd_0][-1]',
    '$result[x][title][0]',
  ])('gives null for %s, and nothing inside a text', (text) => {
    expect(resolve(text, results)).toBeNull()
    expect(resolve(`<${text}>`, results)).toBe('<>')
  })

  it.each(['constructor', '__proto__', 'toString', 'length', 'map', 'hasOwnProperty'])('does not reach %s', (name) => {
    expect(resolve(`$result[${name}]`, results)).toBeNull()
    expect(resolve(`$result[x][${name}]`, results)).toBeNull()
    expect(resolve(`$result[cmd_0][${name}]`, results)).toBeNull()
    expect(resolve(`$result[x][title][${name}]`, results)).toBeNull()
  })

  it('puts values into a longer text as text', () => {
    expect(resolve('Deal $result[0][ID], $result[x][title] of $result[x][total]!', results)).toBe(
      'Deal 7, A "b" of 50!',
    )
    expect(resolve('$result[id]$result[id]', results)).toBe('1212')
    expect(resolve('[$result[x][yes]|$result[x][no]|$result[x][none]]', results)).toBe('[1||]')
    expect(resolve('=$result[0]', results)).toBe('={"ID":"7"}')
    expect(resolve('$result[0][ID] ', results)).toBe('7 ')
  })

  it.each([
    '$result',
    '$result[',
    '$result[]',
    '$result[0',
    "$result['0]",
    '$results[0]',
    'result[0]',
    '$result [0]',
    '$result["0]',
  ])('leaves %s as it is', (text) => {
    expect(resolve(text, results)).toBe(text)
  })

  it('ends a reference at the first bracket that is none of its own', () => {
    expect(resolve('$result[0][ID][', results)).toBe('7[')
    expect(resolve('$result[$result[id]]', results)).toBe('$result[12]')
    expect(resolve('$result[0][ID]]', results)).toBe('7]')
  })

  it('resolves at any depth, in values only', () => {
    expect(resolve({ '$result[id]': ['$result[id]', { a: 'n$result[id]', b: 1, c: null, d: true }] }, results)).toEqual(
      {
        '$result[id]': [12, { a: 'n12', b: 1, c: null, d: true }],
      },
    )
  })

  it('does not search what it put in', () => {
    const sly = { a: '$result[b]', b: 'secret', c: '$result[', d: { deep: '$result[b]' } }
    expect(resolve('$result[a]', sly)).toBe('$result[b]')
    expect(resolve('-$result[a]', sly)).toBe('-$result[b]')
    expect(resolve('$result[c]b]', sly)).toBe('$result[b]')
    expect(resolve('$result[d]', sly)).toEqual({ deep: '$result[b]' })
  })

  it('gives copies', () => {
    const list = [{ ID: 1 }]
    const params = resolveReferences({ a: '$result[x]' }, new Map([['x', list]]))
    expect(params).toEqual({ a: [{ ID: 1 }] })
    ;(params['a'] as JsonObject[])[0]!['ID'] = 2
    expect(list).toEqual([{ ID: 1 }])
  })

  it('bounds how much is taken over', () => {
    const big = { text: 'x'.repeat(100_000), list: Array.from({ length: 1000 }, () => 'y'.repeat(100)) }
    expect(() => resolve('$result[text]'.repeat(21), big)).toThrow('take over too much')
    expect(() =>
      resolve(
        Array.from({ length: 21 }, () => '$result[list]'),
        big,
      ),
    ).toThrow(RestError)
    expect(resolve('$result[text]'.repeat(19), big)).toHaveLength(1_900_000)
  })

  it('finds any path in any result, whole or in a text', () => {
    const key = fc.stringMatching(/^[A-Za-z0-9_ .:-]{1,8}$/)
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
    fc.assert(
      fc.property(
        fc.array(key, { minLength: 1, maxLength: 6 }),
        leaf,
        fc.string(),
        fc.boolean(),
        (path, value, around, quoted) => {
          const [first, ...steps] = path
          const result = steps.reduceRight<JsonValue>((inner, step) => ({ [step]: inner, other: 1 }), value)
          const reference = `$result${path.map((step) => (quoted ? `["${step}"]` : `[${step}]`)).join('')}`
          const given = new Map([[first!, result]])
          expect(resolveReferences({ a: reference }, given)).toEqual({ a: value })
          fc.pre(!around.includes('$') && !around.includes('['))
          const text = typeof value === 'boolean' ? (value ? '1' : '') : String(value ?? '')
          expect(resolveReferences({ a: `>${reference}${around}` }, given)).toEqual({ a: `>${text}${around}` })
        },
      ),
    )
  })

  it('changes nothing without references, and throws nothing', () => {
    const pieces = fc.array(fc.constantFrom('$result', '[', ']', '"', "'", 'a', '[0]', '$', 'result['), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('')
        const resolved = resolve(text, {})
        fc.pre(!text.includes('$result['))
        expect(resolved).toBe(text)
      }),
    )
  })

  it.each(['$result[', "$result['", '$result["a', '$result[a][', '$result[$result[a]', '['])(
    'reads many "%s" in linear time',
    (piece) => {
      const began = performance.now()
      resolve(piece.repeat(300_000), { a: 1 })
      expect(performance.now() - began).toBeLessThan(1500)
    },
  )
})

describe('shapeOfKeys', () => {
  it.each<[string[], string]>([
    [[], '[]'],
    [['0'], '["v"]'],
    [['0', '1', '2'], '["v","v","v"]'],
    [['1'], '{"1":"v"}'],
    [['0', '2'], '{"0":"v","2":"v"}'],
    [['1', '0'], '{"0":"v","1":"v"}'],
    [['00'], '{"00":"v"}'],
    [['a', 'b'], '{"a":"v","b":"v"}'],
    [['0', '__proto__'], '{"0":"v","__proto__":"v"}'],
  ])('of %j is %s', (keys, json) => {
    const shape = shapeOfKeys(new Map(keys.map((key) => [key, 'v'])))
    expect(JSON.stringify(shape)).toBe(json)
    expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(shape))
  })
})
