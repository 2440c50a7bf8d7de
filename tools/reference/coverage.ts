import { systemErrors } from '../../src/rest/errors.ts'
import type { Registry } from '../../src/rest/registry.ts'
import type { ContractMethod } from '../contract.ts'
import { code, count, page, table } from './markdown.ts'

/** Carried by the dispatcher itself, not by a declaration. */
const CARRIED_BY_THE_DISPATCHER = new Set(['batch'])

export function isCarried(registry: Registry, name: string): boolean {
  return registry.find(name) !== undefined || CARRIED_BY_THE_DISPATCHER.has(name)
}

/** `docs/reference/README.md`. `pages` are the families that have a page. */
export function coveragePage(
  registry: Registry,
  contract: readonly ContractMethod[],
  pages: readonly string[],
): string {
  const families = Map.groupBy(contract, ({ family }) => family)
  const rows = [...families].map(([family, documented]) => {
    const carried = documented.filter(({ name }) => isCarried(registry, name)).length
    const link = pages.includes(family) ? `[${family}](methods/${family}.md)` : family
    return [link, String(documented.length), String(carried), percent(carried, documented.length)]
  })
  const carried = contract.filter(({ name }) => isCarried(registry, name)).length
  const missing = [...families].flatMap(([family, documented]) => {
    const names = documented.flatMap(({ name }) => (isCarried(registry, name) ? [] : [name]))
    return names.length === 0 ? [] : [`### ${family}`, '', ...names.toSorted().map((name) => `- ${code(name)}`), '']
  })
  const extra = pages.filter((family) => !families.has(family))
  return page([
    '# Reference',
    '',
    'Made by `npm run gen`. Beside it:',
    '',
    '- [Configuration](configuration.md) of the server',
    '- [Settings](portal-settings.md) of a portal',
    '- OpenAPI 3.1 of all methods: `GET /rest/openapi.json` of a running server',
    ...(extra.length === 0
      ? []
      : [`- Methods of our own: ${extra.map((name) => `[${name}](methods/${name}.md)`).join(', ')}`]),
    '',
    ...HOW_TO_CALL,
    '',
    '## Errors that every method can answer',
    '',
    ...table(
      ['Error', 'Status', 'Text'],
      Object.values(systemErrors).map(([name, status, text]) => [code(name), String(status), text]),
    ),
    '',
    '## Coverage',
    '',
    `${carried} of ${count(contract.length, 'documented method')} (${percent(carried, contract.length)}).`,
    '',
    ...table(['Family', 'Documented', 'Carried', 'Percent'], rows),
    '',
    '## Not carried yet',
    '',
    ...(missing.length === 0 ? ['Every documented method is carried.'] : missing),
  ])
}

const HOW_TO_CALL = [
  '## How to call',
  '',
  'Send `POST` with JSON or a form, or `GET` with a query, to one of:',
  '',
  '- `/rest/{user}/{secret}/{method}`, by an inbound webhook',
  '- `/rest/{method}`, with an access token as `auth` or as `Authorization: Bearer`',
  '',
  'Names of methods and parameters are taken in any letter case. A number may come as a string, a boolean as',
  '`Y`/`N`, `1`/`0` or `true`/`false`, a list of one as its only item.',
  '',
  'A success is `{"result": …, "time": {…}}`. Lists add `total` and, but for the last page, `next`: send it back',
  'as `start`. A page holds 50. A failure is `{"error": code, "error_description": text}` with its HTTP status.',
]

function percent(part: number, whole: number): string {
  // Rounded down: 100 % means all.
  return `${Math.floor((part * 100) / whole)} %`
}
