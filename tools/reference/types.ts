import type { JsonSchema } from '../../src/rest/describe.ts'

/** One line of a table: a key of a structure, with dots and `[]` for what is within. */
export interface Row {
  readonly key: string
  readonly type: string
  readonly doc: string
}

const DEEPEST = 3

/** A type in words, for a cell of a table. */
export function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return 'object'
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return unique(choices.map(typeText)).join(' or ')
  if (schema.const !== undefined) return literal(schema.const)
  if (schema.enum) return schema.enum.map(literal).join(', ')
  const types = [schema.type ?? 'any'].flat()
  return unique(types.map((type) => (type === 'array' ? listText(schema) : type))).join(' or ')
}

function listText({ items, prefixItems }: JsonSchema): string {
  if (prefixItems) return `list: ${prefixItems.map(typeText).join(', ')}`
  const item = items === undefined ? 'any' : typeText(items)
  if (item === 'any') return 'list'
  return `list of ${item.includes('`') || item.includes(' or ') ? `(${item})` : plural(item)}`
}

function plural(type: string): string {
  if (type.startsWith('list')) return type.replace('list', 'lists')
  return type === 'null' ? type : `${type}s`
}

function literal(value: unknown): string {
  return value === null ? 'null' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)]
}

/** The keys of a structure, and of the structures within; none where it is a plain value. */
export function rowsOf(schema: JsonSchema, prefix = '', depth = 0): Row[] {
  const inner = structureOf(schema)
  if (!inner || depth >= DEEPEST) return []
  const base = prefix + inner.suffix
  const dotted = base === '' ? '' : `${base}.`
  const rows = Object.entries(inner.schema.properties ?? {}).flatMap(([key, property]) => [
    { key: dotted + key, type: typeText(property) + optionalMark(inner.schema, key), doc: property.description ?? '' },
    ...rowsOf(property, dotted + key, depth + 1),
  ])
  const others = inner.schema.additionalProperties
  if (typeof others === 'object' && Object.keys(others).length > 0) {
    const key = `${dotted}{key}`
    rows.push({ key, type: typeText(others), doc: others.description ?? '' }, ...rowsOf(others, key, depth + 1))
  }
  return rows
}

function optionalMark(schema: JsonSchema, key: string): string {
  return schema.required?.includes(key) ? '' : ', may be absent'
}

/** The structure that a type holds, be it alone, in a list or as one of several choices. */
function structureOf(schema: JsonSchema): { schema: JsonSchema; suffix: string } | undefined {
  if (schema.properties || typeof schema.additionalProperties === 'object') return { schema, suffix: '' }
  if (schema.items) {
    const item = structureOf(schema.items)
    return item && { schema: item.schema, suffix: `[]${item.suffix}` }
  }
  for (const choice of schema.anyOf ?? schema.oneOf ?? []) {
    const found = structureOf(choice)
    if (found) return found
  }
  return undefined
}
