import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { wireEvents } from '../../../src/events/wire/index.ts'
import { botEvents } from '../../../src/events/wire/tell-bots.ts'
import { readContractEvents } from '../../../tools/contract.ts'
import { compare } from '../../conformance/compare.ts'
import { Exceptions, matches } from '../../conformance/contract.ts'
import { testPortal } from '../../support/portal.ts'
import { eventExceptions, notCarried, scopeExceptions } from './exceptions.ts'
import { scenarios } from './scenarios.ts'
import { toldBy } from './tell.ts'

/** The name on the wire; the contract's own names differ from it in one place. */
const documented = new Map(
  (await readContractEvents()).map((entry) => {
    const name = entry.example?.['event']
    return [(typeof name === 'string' ? name : entry.name).toUpperCase(), entry]
  }),
)
const exceptions = new Exceptions(eventExceptions)

test.each(wireEvents)('$name tells what happened, as documented', async (event) => {
  const happen = scenarios[event.name]
  if (!happen) throw new Error(`${event.name} is carried, but has no scenario in test/events/wire/scenarios.ts`)
  await using t = await testPortal()
  const happened = await happen(t)
  const told = (await toldBy(t, event)).at(-1)
  expect(told).toEqual(happened)
  const example = documented.get(event.name)?.example
  if (!example) return
  const differences = compare(example['data'], told?.data, 'data').filter(
    ({ path }) => !exceptions.cover((exception) => exception.event === event.name && matches(exception.path, path)),
  )
  expect(differences).toEqual([])
})

test('names and scopes are as documented; names of our own say whose they are', () => {
  const list = new Exceptions(scopeExceptions)
  const others = wireEvents.filter(({ name, scope }) => {
    const wanted = documented.get(name)?.scope
    // A page without a scope is everybody's.
    const isAsWanted = wanted === undefined || [...wanted, ...(wanted.length === 0 ? ['basic'] : [])].includes(scope)
    return !isAsWanted && !list.cover(({ event }) => matches(event, name))
  })
  expect(others.map(({ name }) => name)).toEqual([])
  expect(list.unused).toEqual([])
  const own = wireEvents.map(({ name }) => name).filter((name) => !documented.has(name))
  expect(own.filter((name) => !name.startsWith('ONCORDBOARD'))).toEqual([])
})

test('every documented event is carried, or it is said why not', () => {
  const carried = new Set([...wireEvents, ...botEvents].map(({ name }) => name))
  const list = new Exceptions(notCarried)
  const names = [...documented.keys()]
  expect(names.length).toBeGreaterThan(40)
  const missing = names.filter((name) => !carried.has(name) && !list.cover(({ event }) => matches(event, name)))
  expect(missing).toEqual([])
  expect(list.unused).toEqual([])
  const superfluous = [...carried].filter((name) => notCarried.some(({ event }) => matches(event, name)))
  expect(superfluous).toEqual([])
})

test('the guide names every event of our own and of open channels', async () => {
  const guide = await readFile(new URL('../../../docs/guide/event-bodies.md', import.meta.url), 'utf8')
  const names = wireEvents.filter(({ scope }) => scope === 'imopenlines').map(({ name }) => name)
  expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([])
})

test('no name stands twice', () => {
  const names = [...wireEvents, ...botEvents].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('the list of exceptions holds nothing that is not needed', () => {
  expect(exceptions.unused).toEqual([])
})
