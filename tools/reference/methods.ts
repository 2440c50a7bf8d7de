import { type JsonSchema, errorsOf, isPaged, paramSchema, resultSchema } from '../../src/rest/describe.ts'
import type { DescribedError } from '../../src/rest/describe.ts'
import type { Method } from '../../src/rest/method.ts'
import { scopesOf } from '../../src/rest/registry.ts'
import { anchor, code, page, table } from './markdown.ts'
import { rowsOf, typeText } from './types.ts'

/** A result with so many keys is told once a page; the methods after it point there. */
const WORTH_SHARING = 6

/** `docs/reference/methods/{family}.md`. */
export function familyPage(family: string, methods: readonly Method[]): string {
  const told = new Map<string, string>()
  return page([
    `# ${family}`,
    '',
    'Made by `npm run gen` from the declarations in `src/rest/`.',
    `How calls, types and common errors work: [README](../README.md).`,
    '',
    ...table(
      ['Method', 'What it does'],
      methods.map(({ name, doc }) => [`[${name}](#${anchor(name)})`, doc]),
    ),
    '',
    ...methods.flatMap((method) => [...methodSection(method, told), '']),
  ])
}

function methodSection(method: Method, told: Map<string, string>): string[] {
  return [
    `## ${method.name}`,
    '',
    method.doc,
    '',
    `${scopeText(method)} ${callersText(method)}${method.batch === false ? ' May not stand in a `batch`.' : ''}`,
    '',
    ...parameters(method),
    '',
    ...result(method, told),
    '',
    ...errors(method),
  ]
}

function scopeText(method: Method): string {
  const scopes = scopesOf(method)
  if (scopes.includes('basic')) return 'No scope needed.'
  return `Scope ${scopes.map(code).join(' or ')}.`
}

function callersText({ auth }: Method): string {
  if (auth === 'admin') return 'Administrators only.'
  if (auth === 'application') return 'Applications only; webhooks too where the portal lets them act as one.'
  return 'Any user, by webhook or application.'
}

function parameters(method: Method): string[] {
  const params = Object.entries(method.params)
  if (params.length === 0) return ['No parameters.']
  const rows = params.flatMap(([name, param]) => {
    const schema = paramSchema(param)
    return [
      [code(name), typeText(schema), param.required ? 'yes' : '', param.doc],
      ...rowsOf(schema, name).map(({ key, type, doc }) => [code(key), type.replace(', may be absent', ''), '', doc]),
    ]
  })
  return table(['Parameter', 'Type', 'Required', 'Meaning'], rows)
}

function result(method: Method, told: Map<string, string>): string[] {
  const schema = resultSchema(method)
  const rows = rowsOf(schema)
  const paged = isPaged(method) ? ' `total` and `next` stand beside it.' : ''
  const head = `**Result:** ${typeText(schema)}.${schema.description ? ` ${schema.description}` : ''}${paged}`
  if (rows.length === 0) return [head]
  const shape = JSON.stringify(itemOf(schema))
  const first = told.get(shape)
  if (first !== undefined) return [`${head} Its keys are those of [${first}](#${anchor(first)}).`]
  if (rows.length >= WORTH_SHARING) told.set(shape, method.name)
  return [
    head,
    '',
    ...table(
      ['Key', 'Type', 'Meaning'],
      rows.map(({ key, type, doc }) => [code(key), type, doc]),
    ),
  ]
}

/** What a list is a list of. */
function itemOf(schema: JsonSchema): JsonSchema {
  return schema.items && !schema.description ? itemOf(schema.items) : (schema.items ?? schema)
}

function errors(method: Method): string[] {
  const described = errorsOf(method)
  if (described.length === 0) return ['No errors of its own.']
  const rows = described.map((error) => [
    error.code === '' ? '(empty)' : code(error.code),
    String(error.status),
    error.description,
    when(error),
  ])
  return table(['Error', 'Status', 'Text', 'When'], rows)
}

function when(error: DescribedError): string {
  const { description, missing, invalid, reason } = error
  const both = missing.filter((name) => invalid.includes(name))
  const parts = [
    aboutParams(both, 'missing, empty or of a wrong type'),
    aboutParams(
      missing.filter((name) => !both.includes(name)),
      'missing or empty',
    ),
    aboutParams(
      invalid.filter((name) => !both.includes(name)),
      'of a wrong type',
    ),
  ].filter((part) => part !== '')
  if (parts.length > 0) return parts.join('; ')
  // The domain's word, where it says more than the text does.
  const said = `${error.code} ${description}`.toLowerCase()
  const told = words(reason)
  return told.split(' ').every((word) => said.includes(word)) ? '' : told
}

/** More names than a reader wants to see in one cell. */
const TOO_MANY = 5

function aboutParams(names: readonly string[], problem: string): string {
  if (names.length >= TOO_MANY) {
    return `${problem.startsWith('missing') ? 'a required parameter' : 'any other parameter'} ${problem}`
  }
  return names.length === 0 ? '' : `${names.map(code).join(', ')} ${problem}`
}

/** `chatNotInCrm`: chat not in crm. */
function words(reason: string): string {
  return reason.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
}
