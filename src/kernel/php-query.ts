import type { JsonValue } from './json.ts'

/** As PHP's `urlencode`: a space is `+`, and nothing but letters, digits, `-`, `_` and `.` stays as it is. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/**
 * A form body as PHP's `http_build_query` writes it: `data[FIELDS][ID]=7`, true as 1 and false as 0, without null and
 * without what is empty of fields.
 */
export function buildPhpQuery(fields: Readonly<Record<string, JsonValue>>): string {
  const pairs: string[] = []
  const add = (name: string, value: JsonValue): void => {
    if (value === null) return
    if (typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) add(`${name}[${key}]`, inner)
      return
    }
    pairs.push(`${encode(name)}=${encode(typeof value === 'boolean' ? (value ? '1' : '0') : String(value))}`)
  }
  for (const [name, value] of Object.entries(fields)) add(name, value)
  return pairs.join('&')
}
