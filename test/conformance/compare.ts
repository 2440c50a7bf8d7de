/** Where a live answer and the documented example differ. */
export interface Difference {
  /** `result.items[].ID`; `{}` is the value of a map whose keys are ids. */
  readonly path: string
  readonly expected: string
  readonly got: string
}

type Json = Record<string, unknown>

/** Keys that only the portal of the example has: its custom fields and smart processes. */
const OF_THE_EXAMPLE = /^(UF_CRM_|UF_USR_|ufCrm|PARENT_ID_|parentId\d)/
/** Keys that are ids: `103`, `chat1763`. */
const ID_KEY = /^(?:chat)?\d+$/

/** Compares keys and JSON types both ways; values do not matter. Lists are compared by their first items. */
export function compare(
  expected: unknown,
  got: unknown,
  path = 'result',
  isMap: (path: string) => boolean = () => false,
): Difference[] {
  const [type, other] = [typeOf(expected), typeOf(got)]
  if (type !== other) return [{ path, expected: shown(expected, type), got: shown(got, other) }]
  if (type === 'array') return compareLists(expected as unknown[], got as unknown[], path, isMap)
  if (type === 'object') return compareObjects(expected as Json, got as Json, path, isMap)
  return []
}

function compareLists(
  expected: unknown[],
  got: unknown[],
  path: string,
  isMap: (path: string) => boolean,
): Difference[] {
  if (expected.length === 0) return []
  // Nothing to compare with would be an agreement about nothing.
  if (got.length === 0) return [{ path, expected: 'items', got: 'an empty list' }]
  return compare(expected[0], got[0], `${path}[]`, isMap)
}

function compareObjects(expected: Json, got: Json, path: string, isMap: (path: string) => boolean): Difference[] {
  const wanted = Object.keys(expected).filter((key) => !OF_THE_EXAMPLE.test(key))
  const found = Object.keys(got)
  const ids = wanted.length > 0 && wanted.every((key) => ID_KEY.test(key)) && found.every((key) => ID_KEY.test(key))
  if (ids || isMap(path)) {
    if (wanted.length === 0) return []
    if (found.length === 0) return [{ path, expected: 'entries', got: 'an empty map' }]
    return compare(expected[wanted[0]!], got[found[0]!], `${path}{}`, isMap)
  }
  return [
    ...wanted.flatMap((key) =>
      Object.hasOwn(got, key)
        ? compare(expected[key], got[key], `${path}.${key}`, isMap)
        : [{ path: `${path}.${key}`, expected: typeOf(expected[key]), got: 'nothing' }],
    ),
    ...found
      .filter((key) => !Object.hasOwn(expected, key))
      .map((key) => ({ path: `${path}.${key}`, expected: 'nothing', got: typeOf(got[key]) })),
  ]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function shown(value: unknown, type: string): string {
  return type === 'string' || type === 'number' || type === 'boolean' ? `${type} ${JSON.stringify(value)}` : type
}

/** Reads an example that its page abbreviates with dots, comments or "48 more". Nothing where that is not enough. */
export function readAbbreviated(raw: string): Json | undefined {
  const text = raw
    .replaceAll(/,?\s*\d+ more [\w ]+/g, '')
    .replaceAll(/\.\.\.\s*(?:\/\/[^{}[\]"]*)?/g, '')
    .replaceAll(/,(?=\s*[}\]])/g, '')
    .trim()
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
