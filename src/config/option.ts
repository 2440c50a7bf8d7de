import { UserError } from '../kernel/errors.ts'

/** What a command has to do with: it takes the options of its topics. */
export type Topic = 'data' | 'log' | 'addresses' | 'tls' | 'server' | 'output'

/** One thing that can be configured. */
export interface Option<T> {
  /** As commander takes it: `--port <number>`; without `<…>` it is a switch. */
  readonly flag: `--${string}`
  readonly env: `CORDBOARD_${string}`
  readonly topic: Topic
  /** One sentence: `--help` and the reference page show it. */
  readonly doc: string
  /** What may be given, in words that follow "must be": shown where something else was given. */
  readonly accepts: string
  /** The value, or `undefined` where the text is not one that the option accepts. */
  readonly parse: (text: string) => T | undefined
  readonly fallback: T
  /** The default as it is shown. */
  readonly shownDefault: string
  /** There may be a secret in the value: what was given is never repeated. */
  readonly secret?: true
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  1: true,
  true: true,
  yes: true,
  on: true,
  0: false,
  false: false,
  no: false,
  off: false,
}

export function nonEmpty(text: string): string | undefined {
  return text.trim() === '' ? undefined : text.trim()
}

export function integer(min: number, max: number): (text: string) => number | undefined {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? value : undefined
  }
}

export function oneOf<const T extends string>(values: readonly T[]): (text: string) => T | undefined {
  return (text) => values.find((value) => value === text)
}

export function boolean(text: string): boolean | undefined {
  return BOOLEANS[text.toLowerCase()]
}

/** An address of this server as others reach it: scheme, host and port, without a slash at the end. */
export function baseUrl(text: string): string | undefined {
  const url = URL.parse(text)
  const plain =
    url !== null &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === ''
  return plain && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : undefined
}

/** `postgres://user:password@host:port/database` with libpq's parameters, or through a socket: `postgres:///name?host=/run/postgresql`. */
export function postgresUrl(text: string): string | undefined {
  return /^postgres(?:ql)?:\/\/\S*\/\S+$/.test(text) ? text : undefined
}

/** What carries hints between processes: `memory`, `postgres`, or addresses of NATS servers with commas between them. */
export function busAddress(text: string): string | undefined {
  if (text === 'memory' || text === 'postgres') return text
  return text.split(',').every(isNatsAddress) ? text : undefined
}

function isNatsAddress(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.hostname === '' || (url.protocol !== 'nats:' && url.protocol !== 'tls:')) return false
  return isPercentEncoded(url.username) && isPercentEncoded(url.password)
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** The value of an option from one place where it was given. */
export function parseOption<T>(option: Option<T>, source: string, text: string): T {
  const value = option.parse(text)
  if (value !== undefined) return value
  const given = option.secret ? '' : `, not ${JSON.stringify(text)}`
  throw new UserError(`${source} must be ${option.accepts}${given}`)
}

/** `--port` of `--port <number>`. */
export function flagName(option: Option<unknown>): string {
  return option.flag.split(' ', 1)[0]!
}
