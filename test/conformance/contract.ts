import type { Method } from '../../src/rest/method.ts'
import { type ContractMethod, readContract, readContractEvents } from '../../tools/contract.ts'
import { registry } from '../support/portal.ts'

const contract = await readContract()
const events = await readContractEvents()
const byName = new Map(contract.map((entry) => [entry.name.toLowerCase(), entry]))

/** What the reference says of a method; nothing where the method is our own. */
export function documentedAs(name: string): ContractMethod | undefined {
  return byName.get(name.toLowerCase())
}

/** Every method that is both carried and documented. */
export const carried: readonly { readonly name: string; readonly method: Method; readonly entry: ContractMethod }[] =
  registry.list().flatMap((method) => {
    const entry = documentedAs(method.name)
    return entry ? [{ name: method.name, method, entry }] : []
  })

export interface DocumentedParam {
  readonly name: string
  readonly type: string
  readonly required: boolean
}

/** The parameters of the method itself; tables of what is within one are left to the tests of the method. */
export function documentedParams(entry: ContractMethod): DocumentedParam[] {
  const own = entry.params.filter(({ of }) => /^(?:method|additional) param/i.test(of ?? ''))
  // Some pages describe the only parameter at once: "Parameter fields".
  const only = /^parameter (\w+)$/i.exec(entry.params[0]?.of ?? '')?.[1]
  if (own.length === 0 && only) return [{ name: only, type: 'object', required: true }]
  const found = new Map<string, DocumentedParam>()
  for (const { name, type, required } of own.flatMap(({ fields }) => fields)) {
    const [plain] = name.replaceAll(/[*^]/g, '').split(/[.[]/, 1)
    // `TITLE (LANG)` stands within another parameter.
    if (!plain || plain.includes(' ') || found.has(plain)) continue
    found.set(plain, { name: plain, type, required: required ?? name.includes('^*^') })
  }
  return [...found.values()]
}

/** Whether a method's name, or a path, is meant: `*` stands for anything. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern.split('*').map((part) => part.replaceAll(/[.[\]{}()+?^$|\\]/g, String.raw`\$&`))
  return new RegExp(`^${source.join('.*')}$`, 'i').test(text)
}

/** A list of known disagreements. Those that nothing needed any more are told, so that the list stays true. */
export class Exceptions<T extends object> {
  readonly #list: readonly T[]
  readonly #used = new Set<T>()

  constructor(list: readonly T[]) {
    this.#list = list
  }

  /** Whether one of them is about this. */
  cover(test: (exception: T) => boolean): boolean {
    const found = this.#list.filter(test)
    for (const exception of found) this.#used.add(exception)
    return found.length > 0
  }

  get unused(): T[] {
    return this.#list.filter((exception) => !this.#used.has(exception))
  }
}

/** The documented body of an event. */
export function documentedEvent(name: string): Readonly<Record<string, unknown>> {
  const entry = events.find((event) => event.name.toLowerCase() === name.toLowerCase())
  if (!entry?.example) throw new Error(`The contract shows no body of ${name}`)
  return entry.example
}
