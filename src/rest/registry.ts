import { closest } from 'fastest-levenshtein'
import { RestError } from './errors.ts'
import type { BindableEvent, Method } from './method.ts'

/** The methods that this server carries, and the names of all that the reference documents. */
export class Registry {
  readonly #methods = new Map<string, Method>()
  readonly #documented: readonly string[]
  readonly #events: readonly BindableEvent[]

  constructor(methods: readonly Method[], documented: readonly string[], events: readonly BindableEvent[] = []) {
    this.#events = events
    for (const method of methods) {
      const key = method.name.toLowerCase()
      if (this.#methods.has(key)) throw new Error(`Method ${method.name} is declared twice`)
      this.#methods.set(key, method)
    }
    this.#documented = documented
  }

  /** In any letter case. */
  find(name: string): Method | undefined {
    return this.#methods.get(name.toLowerCase())
  }

  /** The method, or 404 with the nearest name that the reference documents. */
  get(name: string): Method {
    const method = this.find(name)
    if (method) return method
    const nearest = closest(name.slice(0, 200), [...this.#documented])
    const hint =
      nearest.toLowerCase() === name.toLowerCase()
        ? `${nearest} is documented, but this version of Cordboard does not carry it yet`
        : `The nearest documented method is ${nearest}`
    throw new RestError('ERROR_METHOD_NOT_FOUND', 404, `Method not found! ${hint}`)
  }

  /** All of them, in the order of their names. */
  list(): Method[] {
    return [...this.#methods.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The events to which handlers can be bound. */
  events(): readonly BindableEvent[] {
    return this.#events
  }

  /** Every scope that some method or event wants, but for `basic`, which everybody has. */
  scopes(): string[] {
    const scopes = new Set(this.list().flatMap((method) => scopesOf(method)))
    for (const { scope } of this.#events) scopes.add(scope)
    scopes.delete('basic')
    return [...scopes].toSorted()
  }
}

/** The scopes of which a caller needs one. */
export function scopesOf(method: Method): readonly string[] {
  return typeof method.scope === 'string' ? [method.scope] : method.scope
}
