import { expect, test } from 'vitest'
import type { Caller } from '../../src/domain/caller.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import { RestError } from '../../src/rest/errors.ts'
import { type TestPortal } from '../support/portal.ts'
import { Exceptions, carried, documentedParams, matches } from './contract.ts'
import { requiredExceptions } from './exceptions.ts'
import { scenarioOf } from './scenarios/index.ts'
import { newPortal } from './world.ts'

const exceptions = new Exceptions(requiredExceptions)

const cases = carried.flatMap(({ name, method, entry }) => {
  const declared = Object.keys(method.params).filter((param) => method.params[param]!.required)
  const documented = documentedParams(entry).flatMap((param) => (param.required ? [param.name] : []))
  const params = new Map([...documented, ...declared].map((param) => [param.toLowerCase(), param]))
  return [...params.values()].map((param) => ({ name, param, entry }))
})

test.each(cases)('$name without $param answers its documented error', async ({ name, param, entry }) => {
  const arrange = scenarioOf(name)
  if (!arrange || exceptions.cover((exception) => matches(exception.method, name) && matches(exception.param, param)))
    return
  await using t = await newPortal()
  const { params, caller } = await arrange(t)
  const others = Object.fromEntries(Object.entries(params).filter(([key]) => key.toLowerCase() !== param.toLowerCase()))
  const documented = new Set(['ERROR_ARGUMENT', ...entry.errors.map(({ code }) => code)])
  const telling = entry.errors.filter(({ message = '' }) => tellsOfMissing(message, param)).map(({ code }) => code)
  const wanted = telling.length > 0 ? telling : [...documented]
  for (const sent of [others, { ...others, [param]: null }, { ...others, [param]: '' }] as JsonObject[]) {
    expect(wanted).toContain(await refusalOf(t, name, sent, caller))
  }
})

test('the list of exceptions holds nothing that is not needed', () => {
  expect(exceptions.unused).toEqual([])
})

/** The code with which a call is refused. Some methods tell it in a result, with HTTP 200, as their pages say. */
async function refusalOf(t: TestPortal, name: string, params: JsonObject, caller: Caller | undefined): Promise<string> {
  try {
    const { result } = await t.call(name, params, caller)
    if (typeof result === 'object' && result !== null && 'error' in result) return String(result.error)
  } catch (error) {
    if (error instanceof RestError && error.status >= 400 && error.status < 500) return error.code
    throw error
  }
  throw new Error(`${name} did not fail with ${JSON.stringify(params).slice(0, 500)}`)
}

/** Whether the documented text of an error is about this parameter not being there. */
function tellsOfMissing(message: string, param: string): boolean {
  const names = new RegExp(`\\b${param}\\b`, 'i').test(message)
  return names && /empty|null|not (?:specified|passed|set|provided|defined)|required|missing|no value/i.test(message)
}
