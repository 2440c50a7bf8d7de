const MASK = '***'

/** Parameters, fields and properties whose values are secrets, in any letter case. */
const NAMES =
  '(?:auth|auth_id|access_token|refresh_token|refresh_id|application_token|bot_token|token' +
  '|client_secret|secret|password|code)'

/** A name starts a text, or stands after anything that is no part of a name; `%5B` before it is no part. */
const BEFORE = '(?<=^|[^a-z0-9_]|%(?:25)?[0-9a-f]{2})'

/** A slash of a path, as JSON or a query may write it. */
const SLASH = String.raw`(?:\\{0,3}/|%2f|%252f)`

/** A double quote that cannot be the end of a string of JSON: a line of JSON must stay one. */
const INNER_QUOTE = '"(?![,}\\]:]|$)'

/**
 * Each captures what stays and then matches what is hidden. Those of quoted values come first: the others
 * might take a closing quote away. No loop can match the same text in two ways, so that all are linear.
 */
const PATTERNS: readonly RegExp[] = [
  // "name":"value" of JSON, cut off perhaps.
  new RegExp(String.raw`("${NAMES}"\s*:\s*")(?!")[^"\\]*(?:\\[^][^"\\]*)*`, 'gi'),
  // The same, or what Node prints, as a string within JSON.
  new RegExp(
    String.raw`((?:\\"${NAMES}\\"\s*|${BEFORE}${NAMES}'?):\s*\\")(?!\\")[^"\\]*(?:\\\\(?:\\[^]|[^"\\])[^"\\]*)*`,
    'gi',
  ),
  // Within JSON within JSON, as far as secrets without quotes go.
  new RegExp(String.raw`(\\\\\\"${NAMES}\\{3,}"\s*:\s*\\{3,}")[^"\\]+`, 'gi'),
  // name: 'value', as Node prints an object, with the quotes that the value leaves free.
  new RegExp(String.raw`(${BEFORE}${NAMES}'?:\s*')(?!')(?:[^'"\\]|\\[^]|${INNER_QUOTE})+`, 'gi'),
  new RegExp(String.raw`(${BEFORE}${NAMES}'?:\s*\x60)(?!\x60)(?:[^\x60"\\]|\\[^]|${INNER_QUOTE})+`, 'gi'),
  new RegExp(String.raw`(${BEFORE}${NAMES}'?:\s*${INNER_QUOTE})(?!")[^"\\]*(?:\\[^][^"\\]*)*`, 'gi'),
  // /rest/{user}/{secret}/… and /rest/api/{user}/{secret}/…
  new RegExp(
    String.raw`((?:/|%2f|%252f)rest${SLASH}+(?:api${SLASH}+)?\d+${SLASH}+)(?:[^\s"'<>/\\?#&%]|%(?!2f|252f|3f|26|22))+`,
    'gi',
  ),
  // name=value of a query or form, name[]=value too; ends at a space, an ampersand or a double quote.
  new RegExp(
    String.raw`(${BEFORE}${NAMES}(?:\]|%5d)?(?:\[\d*\]|%5b\d*%5d)?[ \t]*=[ \t]*)(?:[^\s&"<>\\]|\\[^\s"])+`,
    'gi',
  ),
  // The same once or twice encoded: a query within a query, as the commands of a batch are.
  new RegExp(String.raw`(${BEFORE}${NAMES}(?:%5d)?(?:%5b\d*%5d)?%3d)(?:[^\s&"<>\\%]|%(?!26))+`, 'gi'),
  new RegExp(String.raw`(${BEFORE}${NAMES}(?:%255d)?(?:%255b\d*%255d)?%253d)(?:[^\s&"<>\\%]|%(?!26|2526))+`, 'gi'),
  /(\bbearer(?:\s|%20|\+)+)[^\s"'\\,&]+/gi,
  /(\bauthorization["']?\s*[:=]\s*["']?basic\s+)[^\s"'\\,&]+/gi,
  // scheme://user:password@host
  /(:\/\/[^\s:@/"'?#]*:)[^\s@/"'?#]+(?=@)/g,
  // Methods of Telegram: /bot{id}:{token}/…
  /(\/bot\d+:)[\w-]+/g,
]
/** "name": 12345 */
const NUMBERS = new RegExp(String.raw`("${NAMES}"\s*:\s*)-?\d[\d.e+-]*`, 'gi')

/**
 * A text that may be logged: webhook codes, tokens, passwords and other secrets in addresses, forms, JSON and
 * headers are hidden. Hides too much rather than too little.
 */
export function redact(text: string): string {
  let redacted = text
  for (const pattern of PATTERNS) redacted = redacted.replace(pattern, `$1${MASK}`)
  return redacted.replace(NUMBERS, `$1"${MASK}"`)
}
