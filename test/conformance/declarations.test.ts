import { describe, expect, test } from 'vitest'
import { errorsOf } from '../../src/rest/describe.ts'
import { systemErrors } from '../../src/rest/errors.ts'
import type { Method } from '../../src/rest/method.ts'
import { scopesOf } from '../../src/rest/registry.ts'
import type { ContractError } from '../../tools/contract.ts'
import { Exceptions, carried, documentedParams, matches } from './contract.ts'
import { errorExceptions, paramExceptions, scopeExceptions } from './exceptions.ts'

const params = new Exceptions(paramExceptions)
const scopes = new Exceptions(scopeExceptions)
const errors = new Exceptions(errorExceptions)

describe.each(carried)('$name', ({ name, method, entry }) => {
  test('takes the documented parameters and no others', () => {
    const declared = Object.keys(method.params)
    const documented = documentedParams(entry).map((param) => param.name)
    const differences = [
      ...lacking(documented, declared).map((param) => ({ param, problem: 'documented, not declared' })),
      ...lacking(declared, documented).map((param) => ({ param, problem: 'declared, not documented' })),
    ]
    const told = differences
      .filter(({ param }) => !isExcused(name, param))
      .map(({ param, problem }) => `${param} is ${problem}`)
    expect(told.join('\n')).toBe('')
  })

  test('wants the documented scope', () => {
    const wanted = entry.scope.length === 0 ? ['basic'] : entry.scope
    const declared = scopes.cover((exception) => matches(exception.method, name)) ? wanted : scopesOf(method)
    expect([...declared].toSorted()).toEqual([...wanted].toSorted())
  })

  test('answers the documented errors', () => {
    const missing = entry.errors
      .filter((error) => !isAnswered(method, error))
      .filter(
        ({ code, message = '' }) =>
          !errors.cover(
            (exception) => matches(exception.method, name) && matches(exception.error, code === '' ? message : code),
          ),
      )
    const told = missing.map(({ code, status, message }) => `${code} ${status ?? ''}: ${message}`)
    expect(told.join('\n')).toBe('')
  })
})

test('the lists of exceptions hold nothing that is not needed', () => {
  expect([...params.unused, ...scopes.unused, ...errors.unused]).toEqual([])
})

function isExcused(name: string, param: string): boolean {
  return params.cover((exception) => matches(exception.method, name) && matches(exception.param, param))
}

function lacking(these: readonly string[], those: readonly string[]): string[] {
  const known = new Set(those.map((name) => name.toLowerCase()))
  return these.filter((name) => !known.has(name.toLowerCase()))
}

/** Whether a method can answer an error: by its code and status, and by its text where the page gives no code. */
function isAnswered(method: Method, { code, status, message }: ContractError): boolean {
  // What is told in HTTP 200 is a result: the scenarios compare those.
  if (status === 200) return true
  const own = errorsOf(method).filter((error) => error.code === code)
  const found = code === '' && message ? own.filter(({ description }) => sameText(description, message)) : own
  if (found.some((error) => error.status === (status ?? error.status))) return true
  return (
    code !== '' && Object.values(systemErrors).some(([name, number]) => name === code && number === (status ?? number))
  )
}

/** Whether two texts say the same: pages differ from the wire in their quotes, dots and ends. */
function sameText(declared: string, documented: string): boolean {
  const [one, other] = [plain(declared), plain(documented)]
  return one.startsWith(other) || other.startsWith(one)
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim()
}
