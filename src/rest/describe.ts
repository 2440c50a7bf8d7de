import { z } from 'zod'
import type { Method, Param } from './method.ts'

/** JSON Schema, as far as declarations use it. */
export interface JsonSchema {
  type?: string | string[]
  description?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema
  prefixItems?: JsonSchema[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  $ref?: string
  $defs?: Record<string, JsonSchema>
  [keyword: string]: unknown
}

/** What a client sends. Types of the wire take other forms too (`"5"` for 5, `Y` for true); this names the plain one. */
export function paramSchema(param: Param): JsonSchema {
  return { description: param.doc, ...toJsonSchema(param.schema) }
}

/** What stands in `result`. */
export function resultSchema(method: Method): JsonSchema {
  return toJsonSchema(method.result)
}

/** Whether `total` and `next` may stand beside the result. */
export function isPaged(method: Method): boolean {
  return Object.keys(method.params).some((name) => name.toLowerCase() === 'start')
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    // A coerced parameter is described by what it becomes; a result by what the handler gives.
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Every integer of JSON is bounded by what a double holds: saying so on each is noise.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (isAnyString(jsonSchema.propertyNames)) delete jsonSchema.propertyNames
    },
  })
  return json as JsonSchema
}

function isAnyString(names: unknown): boolean {
  return typeof names === 'object' && names !== null && Object.keys(names).length === 1 && 'type' in names
}

/** An error of one method, as it is told. */
export interface DescribedError {
  readonly code: string
  readonly status: number
  readonly description: string
  /** The parameters that it is about; none where a rule of the domain says no. */
  readonly missing: readonly string[]
  readonly invalid: readonly string[]
  /** The domain's word for it; empty where only parameters lead to it. */
  readonly reason: string
}

/** The errors that a method itself can answer; those of the whole API are `systemErrors`. */
export function errorsOf(method: Method): DescribedError[] {
  const params = Object.entries(method.params)
  const about = (problem: 'missing' | 'invalid', reason: string | undefined): string[] =>
    params
      .filter(([, param]) => (problem === 'invalid' || param.required) && param[problem] === reason)
      .map(([name]) => name)
  const own = Object.entries(method.errors ?? {}).map(([reason, [code, status, description]]) => ({
    code,
    status,
    description,
    missing: about('missing', reason),
    invalid: about('invalid', reason),
    reason,
  }))
  const common = { code: 'ERROR_ARGUMENT', status: 400 }
  const unnamed = about('missing', undefined)
  const wrong = about('invalid', undefined)
  const empty = wrong.filter((name) => method.params[name]!.invalidIsEmpty)
  const mistyped = wrong.filter((name) => !method.params[name]!.invalidIsEmpty)
  if (unnamed.length + empty.length > 0) {
    own.push({ ...common, description: "Argument '…' is null or empty", missing: unnamed, invalid: empty, reason: '' })
  }
  if (mistyped.length > 0) {
    const description = "The value of an argument '…' has an invalid type"
    own.push({ ...common, description, missing: [], invalid: mistyped, reason: '' })
  }
  return own
}
