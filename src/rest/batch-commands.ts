import { type JsonObject, type JsonValue, isJsonObject } from '../kernel/json.ts'
import { RestError } from './errors.ts'

/** One command of a `batch`. */
export interface BatchCommand {
  /** Under which its result stands in the answer, and by which later commands refer to it. */
  readonly key: string
  /** As sent; empty when the command cannot be understood, so that it is told as an unknown method. */
  readonly method: string
  readonly params: JsonObject
}

/** How much one command may take over from earlier results, in UTF-16 units and values: `$result[a]$result[a]…`. */
const LARGEST_SUBSTITUTION = 2_000_000

const OPENING = '$result['

/**
 * The commands in the order in which they run. `cmd` is a list or an object of `method?query` strings, or of
 * `{method, params}`; clients leave an empty one out. `parseQuery` reads what follows the question mark.
 * Throws `ERROR_ARGUMENT` for a `cmd` of another type, and what `parseQuery` throws.
 */
export function parseBatchCommands(cmd: JsonValue, parseQuery: (text: string) => JsonObject): BatchCommand[] {
  if (cmd === null || cmd === '') return []
  if (typeof cmd !== 'object') {
    throw new RestError('ERROR_ARGUMENT', 400, `The value of an argument 'cmd' has an invalid type`)
  }
  return Object.entries(cmd).map(([key, command]) => ({ key, ...parseCommand(command, parseQuery) }))
}

function parseCommand(command: JsonValue, parseQuery: (text: string) => JsonObject): Omit<BatchCommand, 'key'> {
  if (typeof command === 'string') {
    const mark = command.indexOf('?')
    if (mark === -1) return { method: command.trim(), params: {} }
    return { method: command.slice(0, mark).trim(), params: parseQuery(command.slice(mark + 1)) }
  }
  const method = isJsonObject(command) ? command['method'] : undefined
  if (!isJsonObject(command) || typeof method !== 'string') return { method: '', params: {} }
  const { params } = command
  if (isJsonObject(params)) return { method, params }
  // PHP sends no parameters as `[]`, and positional ones as a list.
  return { method, params: Array.isArray(params) ? Object.fromEntries(Object.entries(params)) : {} }
}

/** `$result[key][path]…` found in a text: where it ends, and the keys of its path. */
interface Reference {
  readonly start: number
  readonly end: number
  readonly path: readonly [string, ...string[]]
}

/** One `[key]`, `['key']` or `["key"]` that opens at `open`. */
function readSegment(text: string, open: number): { key: string; end: number } | undefined {
  const quote = text[open + 1]
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, open + 2)
    if (close === -1 || text[close + 1] !== ']') return undefined
    return { key: text.slice(open + 2, close), end: close + 2 }
  }
  // Ends at the next bracket of either kind: so no text is read twice, whatever it holds.
  let close = open + 1
  while (close < text.length && text[close] !== ']' && text[close] !== '[') close++
  if (text[close] !== ']' || close === open + 1) return undefined
  return { key: text.slice(open + 1, close), end: close + 1 }
}

function findReference(text: string, from: number): Reference | undefined {
  for (let start = text.indexOf(OPENING, from); start !== -1; start = text.indexOf(OPENING, start + OPENING.length)) {
    const first = readSegment(text, start + OPENING.length - 1)
    if (first === undefined) continue
    const path: [string, ...string[]] = [first.key]
    let { end } = first
    while (text[end] === '[') {
      const segment = readSegment(text, end)
      if (segment === undefined) break
      path.push(segment.key)
      end = segment.end
    }
    return { start, end, path }
  }
  return undefined
}

/** What a reference points to; own properties only, so that no name reaches a prototype. */
function lookUp([key, ...path]: Reference['path'], results: ReadonlyMap<string, unknown>): unknown {
  let value = results.get(key)
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    // The length of a list is an own property too, but no part of the answer.
    if (Array.isArray(value) && step === 'length') return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

/** Text of a value inside a longer string, as PHP clients know it; lists and structures as JSON. */
function textOf(value: JsonValue): string {
  if (value === null || value === false) return ''
  if (value === true) return '1'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

class Substitution {
  readonly #results: ReadonlyMap<string, unknown>
  #left = LARGEST_SUBSTITUTION

  constructor(results: ReadonlyMap<string, unknown>) {
    this.#results = results
  }

  /** The parameters with every reference in their strings replaced; keys stay as they are. */
  inside(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.#inText(value)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((inner) => this.inside(inner))
    return this.inObject(value)
  }

  inObject(object: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, this.inside(inner)]))
  }

  #inText(text: string): JsonValue {
    let reference = findReference(text, 0)
    if (reference === undefined) return text
    if (reference.start === 0 && reference.end === text.length) return this.#valueOf(reference)
    const pieces: string[] = []
    let done = 0
    while (reference !== undefined) {
      pieces.push(text.slice(done, reference.start), textOf(this.#valueOf(reference)))
      done = reference.end
      reference = findReference(text, done)
    }
    pieces.push(text.slice(done))
    return pieces.join('')
  }

  #valueOf(reference: Reference): JsonValue {
    return this.#copy(lookUp(reference.path, this.#results))
  }

  /** A copy, so that a method which changes its parameters changes no result. */
  #copy(value: unknown): JsonValue {
    this.#spend(1)
    if (typeof value === 'string') this.#spend(value.length)
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
    if (typeof value !== 'object' || value === null) return null
    if (Array.isArray(value)) return value.map((inner: unknown) => this.#copy(inner))
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        this.#spend(key.length)
        return [key, this.#copy(inner)]
      }),
    )
  }

  #spend(size: number): void {
    this.#left -= size
    if (this.#left < 0) {
      throw new RestError(
        'ERROR_ARGUMENT',
        400,
        'The references of the command take over too much: refer to single fields of a result',
      )
    }
  }
}

/**
 * The parameters of a command with its references to earlier results filled in. A string that is one reference
 * takes the value in its type, or null when there is none; inside a longer string the value is put in as text.
 * What was put in is not searched again. Throws `ERROR_ARGUMENT` when it would grow beyond 2 million characters.
 */
export function resolveReferences(params: JsonObject, results: ReadonlyMap<string, unknown>): JsonObject {
  return new Substitution(results).inObject(params)
}

/**
 * A container of a batch's answer, as PHP writes it: `[]` when empty, a list when the keys are 0 … n-1 in
 * order, else an object.
 */
export function shapeOfKeys<Value>(entries: ReadonlyMap<string, Value>): Value[] | Record<string, Value> {
  let position = 0
  for (const key of entries.keys()) if (key !== String(position++)) return Object.fromEntries(entries)
  return [...entries.values()]
}
