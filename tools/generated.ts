import { configurationPage } from '../src/config/page.ts'
import type { Method } from '../src/rest/method.ts'
import { Registry } from '../src/rest/registry.ts'
import type { ContractMethod } from './contract.ts'
import { coveragePage } from './reference/coverage.ts'
import { familyPage } from './reference/methods.ts'
import { settingsPage } from './reference/settings.ts'

const PAGES = 'docs/reference/methods/'

/** The generated files of the reference, by path. A page of a family that is gone is not among them. */
export function referencePages(methods: readonly Method[], contract: readonly ContractMethod[]): Map<string, string> {
  const registry = new Registry(
    methods,
    contract.map(({ name }) => name),
  )
  const families = methodsByFamily(registry.list(), contract)
  const files = new Map<string, string>()
  for (const [family, carried] of families) files.set(`${PAGES}${family}.md`, familyPage(family, carried))
  files.set('docs/reference/README.md', coveragePage(registry, contract, [...families.keys()]))
  files.set('docs/reference/configuration.md', configurationPage())
  files.set('docs/reference/portal-settings.md', settingsPage())
  return files
}

/** The families of the contract; a method that it does not document goes by the first part of its name. */
function methodsByFamily(methods: readonly Method[], contract: readonly ContractMethod[]): Map<string, Method[]> {
  const families = new Map(contract.map(({ name, family }) => [name.toLowerCase(), family]))
  const groups = Map.groupBy(methods, ({ name }) => families.get(name.toLowerCase()) ?? name.split('.', 1)[0]!)
  return new Map([...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
