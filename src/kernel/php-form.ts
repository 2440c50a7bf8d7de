import type { JsonObject, JsonValue } from './json.ts'
import { MalformedInput } from './malformed-input.ts'

export interface FormLimits {
  /** How many variables one request may bring: fields of a form, or leaves and containers of JSON. */
  readonly variables: number
  /** How many levels of brackets, or of containers below the outermost. */
  readonly depth: number
}

export const DEFAULT_FORM_LIMITS: FormLimits = { variables: 10_000, depth: 64 }

type Container = JsonObject | JsonValue[]

/** `[]` in a name: the next free position. No other key of a path is empty. */
const APPEND = ''
const INTEGER_KEY = /^(?:0|-?[1-9]\d{0,14})$/

/** Keys that reach an object's prototype in careless code further on. */
function isDangerous(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}

function tooMany(limits: FormLimits): MalformedInput {
  return new MalformedInput(`More than ${limits.variables} variables: send fewer at once`)
}

function tooDeep(limits: FormLimits): MalformedInput {
  return new MalformedInput(`Nested deeper than ${limits.depth} levels: send a flatter structure`)
}

/** A form that is being read. */
export class FormTarget {
  readonly limits: FormLimits
  readonly fields: JsonObject = {}
  #variables = 0
  /** The containers that brackets made, each with the key that `[]` takes next; an array needs none but its length. */
  readonly #next = new Map<Container, number>()

  constructor(limits: FormLimits) {
    this.limits = limits
  }

  /** What the fields gave so far. */
  finish(): JsonObject {
    return this.fields
  }

  /** Throws {@link MalformedInput} beyond the limit. */
  count(): void {
    if (++this.#variables > this.limits.variables) throw tooMany(this.limits)
  }

  /** The container at a key, a new one in place of anything else. */
  open(parent: Container, key: string): Container {
    const present = Object.hasOwn(parent, key) ? (parent as JsonObject)[key] : undefined
    if (typeof present === 'object' && present !== null && this.#next.has(present)) return present
    const container: Container = []
    this.#next.set(container, 0)
    put(parent, key, container)
    return container
  }

  /** The key that `[]` stands for: after the largest integer key, as PHP counts. */
  nextKey(container: Container): string {
    if (Array.isArray(container)) return String(container.length)
    const next = this.#next.get(container) ?? -Infinity
    return next === -Infinity ? '0' : String(next)
  }

  /** The container as it has to be to take a key: an array stays one only while its keys run 0, 1, 2 … in order. */
  readyFor(container: Container, key: string, parent: Container, parentKey: string): Container {
    const integer = INTEGER_KEY.test(key) ? Number(key) : undefined
    if (!Array.isArray(container)) {
      if (integer !== undefined)
        this.#next.set(container, Math.max(this.#next.get(container) ?? -Infinity, integer + 1))
      return container
    }
    if (integer !== undefined && integer >= 0 && integer <= container.length) return container
    // Happens once in the life of a container, so that the whole stays linear.
    const object: JsonObject = {}
    for (const [position, value] of container.entries()) object[position] = value
    this.#next.delete(container)
    this.#next.set(object, Math.max(container.length || -Infinity, integer === undefined ? -Infinity : integer + 1))
    put(parent, parentKey, object)
    return object
  }
}

function put(container: Container, key: string, value: JsonValue): void {
  // An array takes its index as a string as well as an object its key.
  const places = container as JsonObject
  places[key] = value
}

/** `a[b][]` as `['a', 'b', APPEND]`; nothing for a name without a beginning. Throws beyond the depth. */
function pathOf(name: string, limits: FormLimits): string[] | undefined {
  let open = name.indexOf('[')
  if (open === -1 || name.indexOf(']', open) === -1) return name === '' ? undefined : [name]
  if (open === 0) return undefined
  const path = [name.slice(0, open)]
  // What follows a closed bracket and is not another whole one is passed over, as in PHP.
  while (name.charCodeAt(open) === 0x5b) {
    const close = name.indexOf(']', open)
    if (close === -1) break
    if (path.length > limits.depth) throw tooDeep(limits)
    const key = name.slice(open + 1, close)
    path.push(key.length === 1 && key.trim() === '' ? APPEND : key)
    open = close + 1
  }
  return path
}

/** An empty form, for {@link addFormField} to fill and `finish()` to end. */
export function newFormTarget(limits: FormLimits = DEFAULT_FORM_LIMITS): FormTarget {
  return new FormTarget(limits)
}

/**
 * Puts one field under its decoded name, such as `a[b][]`, into a form; for url-encoded and multipart bodies
 * alike. Throws {@link MalformedInput} beyond the limits.
 */
export function addFormField(target: FormTarget, name: string, value: JsonValue): void {
  target.count()
  const path = pathOf(name, target.limits)
  if (path === undefined || path.some(isDangerous)) return
  let parent: Container = target.fields
  let key = path[0]!
  for (let level = 1; level < path.length; level++) {
    const opened = target.open(parent, key)
    const named = path[level]!
    const inner = named === APPEND ? target.nextKey(opened) : named
    parent = target.readyFor(opened, inner, parent, key)
    key = inner
  }
  put(parent, key, value)
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw new MalformedInput('A field is not percent-encoded UTF-8: send "%" itself as %25, and text as UTF-8')
  }
}

/**
 * Reads a query string or an `application/x-www-form-urlencoded` body as PHP does, but for dots and spaces in
 * names, which stay. Values are strings, arrays and objects; a container whose keys are 0 … n-1 in order is an
 * array. Throws {@link MalformedInput} for wrong encoding and beyond the limits.
 */
export function parsePhpForm(text: string, limits: FormLimits = DEFAULT_FORM_LIMITS): JsonObject {
  const target = newFormTarget(limits)
  for (let start = 0; start < text.length;) {
    const ampersand = text.indexOf('&', start)
    const end = ampersand === -1 ? text.length : ampersand
    if (end > start) {
      // Cut out first: looking for `=` in the whole text would read it again for every field without one.
      const field = text.slice(start, end)
      const equals = field.indexOf('=')
      const name = equals === -1 ? field : field.slice(0, equals)
      addFormField(target, decode(name), equals === -1 ? '' : decode(field.slice(equals + 1)))
    }
    start = end + 1
  }
  return target.finish()
}

/**
 * Checks what `JSON.parse` gave, before anything walks it recursively, and takes the dangerous keys out of it
 * in place. Throws {@link MalformedInput} beyond the limits.
 */
export function checkJsonShape(value: unknown, limits: FormLimits = DEFAULT_FORM_LIMITS): JsonValue {
  if (typeof value !== 'object' || value === null) return value as JsonValue
  let variables = 1
  // Level by level, so that the depth need not be kept for each container.
  let level: object[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.depth) throw tooDeep(limits)
    const below: object[] = []
    for (const container of level) {
      if (Array.isArray(container)) {
        variables += container.length
        if (variables > limits.variables) throw tooMany(limits)
        for (const inner of container as unknown[]) if (typeof inner === 'object' && inner !== null) below.push(inner)
        continue
      }
      const object = container as Record<string, unknown>
      for (const key in object) {
        if (++variables > limits.variables) throw tooMany(limits)
        if (isDangerous(key)) {
          delete object[key]
          continue
        }
        const inner = object[key]
        if (typeof inner === 'object' && inner !== null) below.push(inner)
      }
    }
    level = below
  }
  return value as JsonValue
}
