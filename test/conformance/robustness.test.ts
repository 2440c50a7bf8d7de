import { expect, test } from 'vitest'
import { type JsonObject, type JsonValue, isJsonObject } from '../../src/kernel/json.ts'
import { RestError } from '../../src/rest/errors.ts'
import { type TestPortal } from '../support/portal.ts'
import { carried } from './contract.ts'
import type { Scenario } from './scenario.ts'
import { scenarioOf } from './scenarios/index.ts'
import { newPortal } from './world.ts'

const LONG = 'x'.repeat(100_000)
const DEEP: JsonValue = JSON.parse(`${'['.repeat(200)}1${']'.repeat(200)}`) as JsonValue
const POLLUTED = JSON.parse(
  '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}},"toString":1}',
) as JsonObject

/** What no client should send and some client does. */
const BAD: Readonly<Record<string, JsonValue>> = {
  null: null,
  'an empty string': '',
  blanks: '  ',
  zero: 0,
  'minus one': -1,
  'a fraction': 1.5,
  '2^53': 2 ** 53,
  '2^63 as text': '9223372036854775808',
  '1e300': 1e300,
  true: true,
  false: false,
  words: 'no such thing',
  'a quote': "'; drop table message; --",
  'half a surrogate pair': 'a\uD800b',
  NUL: 'a\0b',
  'a long text': LONG,
  'an empty list': [],
  'a list': [1, 'a', null, {}],
  'lists in lists': [[[]], [[1]]],
  'a deep list': DEEP,
  'an object': { a: 1 },
  'an object in an object': { a: { b: { c: null } } },
  'an object with names of prototypes': POLLUTED,
  'names of prototypes': ['__proto__', 'constructor', 'toString', 'hasOwnProperty'],
  'a name of a prototype': 'constructor',
  'a percent pattern': '%_\\',
  'a wild date': '9999-99-99T99:99:99+99:99',
}

test.each(carried)('$name stands any input', async ({ name, method }) => {
  const arrange = scenarioOf(name)
  if (!arrange) return
  await using t = await newPortal()
  const scenario = await arrange(t)
  const failures: string[] = []
  for (const param of Object.keys(method.params)) {
    const given = givenAs(scenario.params, param)
    for (const [what, value] of Object.entries(BAD)) {
      await attempt(t, name, scenario, { [param]: value }, `${param}: ${what}`, failures)
      if (!isJsonObject(given)) continue
      for (const key of Object.keys(given)) {
        await attempt(t, name, scenario, { [param]: { ...given, [key]: value } }, `${param}.${key}: ${what}`, failures)
      }
    }
  }
  expect(failures.join('\n')).toBe('')
  expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
})

function givenAs(params: JsonObject, name: string): JsonValue | undefined {
  return Object.entries(params).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

/** Calls with one thing changed: it may succeed, or fail with an error that tells the client what is wrong. */
async function attempt(
  t: TestPortal,
  name: string,
  { params, caller }: Scenario,
  change: JsonObject,
  what: string,
  failures: string[],
): Promise<void> {
  const [changed] = Object.keys(change)
  const others = Object.entries(params).filter(([key]) => key.toLowerCase() !== changed!.toLowerCase())
  try {
    await t.call(name, { ...Object.fromEntries(others), ...change }, caller)
  } catch (error) {
    if (error instanceof RestError && error.status < 500) return
    failures.push(`${what}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`)
  }
}
