import type { JsonObject } from '../kernel/json.ts'

/** Milliseconds in which hints of one topic become one: short against a transaction, long against a turn. */
const WINDOW = 2

/** Gathers hints for some milliseconds and hands on the last one of each topic, in the order of first mention. */
export class Coalescer {
  readonly #flushed: (hints: ReadonlyMap<string, JsonObject>) => void
  #gathered = new Map<string, JsonObject>()
  #timer: NodeJS.Timeout | undefined

  constructor(flushed: (hints: ReadonlyMap<string, JsonObject>) => void) {
    this.#flushed = flushed
  }

  add(topic: string, hint: JsonObject): void {
    this.#gathered.set(topic, hint)
    this.#timer ??= setTimeout(() => this.flush(), WINDOW)
  }

  /** Hands on at once what was gathered; does nothing where there is nothing. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const hints = this.#gathered
    this.#gathered = new Map()
    if (hints.size > 0) this.#flushed(hints)
  }
}
