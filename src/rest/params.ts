import type { JsonObject } from '../kernel/json.ts'
import { RestError } from './errors.ts'
import type { ErrorEntry, Method, Param } from './method.ts'

/** A parameter as sent. Letter case of names does not matter to clients, so the exact name wins over the others. */
function sent(params: JsonObject, name: string): unknown {
  if (Object.hasOwn(params, name)) return params[name]
  const lower = name.toLowerCase()
  for (const key in params) if (key.length === lower.length && key.toLowerCase() === lower) return params[key]
  return undefined
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function argumentError(method: Method, name: string, param: Param, problem: 'missing' | 'invalid'): RestError {
  const reason = problem === 'missing' ? param.missing : param.invalid
  const entry: ErrorEntry | undefined = reason === undefined ? undefined : method.errors?.[reason]
  if (entry) return new RestError(...entry)
  return problem === 'missing' || param.invalidIsEmpty
    ? new RestError('ERROR_ARGUMENT', 400, `Argument '${name}' is null or empty`)
    : new RestError('ERROR_ARGUMENT', 400, `The value of an argument '${name}' has an invalid type`)
}

/** The parameters of a method, checked and in their inner types. Throws the error that the method documents. */
export function parseParams(method: Method, params: JsonObject): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  const names = Object.keys(method.params)
  for (const [position, name] of names.entries()) {
    const param = method.params[name]!
    let value = sent(params, name)
    // Positional form: `0=…&1[…]` names parameters by their place.
    if (value === undefined && Object.hasOwn(params, position)) value = params[String(position)]
    if (isEmpty(value)) {
      if (param.required) throw argumentError(method, name, param, 'missing')
      // An empty string is a value only where text is wanted.
      const text = value === '' ? param.schema.safeParse('') : undefined
      values[name] = text?.success && text.data === '' ? '' : undefined
      continue
    }
    const parsed = param.schema.safeParse(value)
    if (!parsed.success) throw argumentError(method, name, param, 'invalid')
    values[name] = parsed.data
  }
  return values
}
