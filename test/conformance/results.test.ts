import { expect, test } from 'vitest'
import { type Difference, compare, readAbbreviated } from './compare.ts'
import { Exceptions, carried, documentedAs, matches } from './contract.ts'
import { maps, resultExceptions } from './exceptions.ts'
import { scenarioNames, scenarioOf } from './scenarios/index.ts'
import { newPortal } from './world.ts'

const exceptions = new Exceptions(resultExceptions)

test.each(carried)('$name answers as documented', async ({ name, entry }) => {
  const arrange = scenarioOf(name)
  if (!arrange) throw new Error(`${name} is carried, but has no scenario in test/conformance/scenarios/`)
  await using t = await newPortal()
  const { params, caller } = await arrange(t)
  const answer: unknown = JSON.parse(JSON.stringify(await t.call(name, params, caller)))
  const example = readExample(entry.example)
  if (!example) return
  const told = differences(name, example, answer as Answer).map(
    ({ path, expected, got }) => `${path}: documented ${expected}, answered ${got}`,
  )
  expect(told.join('\n')).toBe('')
})

test('every scenario is of a documented method', () => {
  expect(scenarioNames().filter((name) => !documentedAs(name))).toEqual([])
})

test('the list of exceptions holds nothing that is not needed', () => {
  expect(exceptions.unused).toEqual([])
})

type Answer = Readonly<Record<string, unknown>>

/** The example of a success; nothing where the page shows none that could be read. */
function readExample(example: Answer | undefined): Answer | undefined {
  const whole = typeof example?.['raw'] === 'string' ? readAbbreviated(example['raw']) : example
  return whole && 'result' in whole ? whole : undefined
}

function differences(name: string, example: Answer, answer: Answer): Difference[] {
  const isMap = (path: string): boolean => maps.some((map) => matches(map.method, name) && matches(map.path, path))
  const found = compare(example['result'], answer['result'], 'result', isMap)
  if ('total' in example !== 'total' in answer) {
    found.push({ path: 'total', expected: String(example['total']), got: String(answer['total']) })
  }
  return found.filter(
    ({ path }) => !exceptions.cover((exception) => matches(exception.method, name) && matches(exception.path, path)),
  )
}
