import type { Store } from './store.ts'

/** In milliseconds: what another process has written is seen within a second, the time of a call included. */
const LONGEST_AGE = 900
const MOST_KEPT = 10_000

interface Kept<Value> {
  readonly value: Value
  readonly version: number
  readonly readAt: number
}

/**
 * Values that every call needs and that hardly ever change: who a secret belongs to, the portal's settings.
 * A write of this process to any of the tables is seen at once, one of another process within a second.
 */
export class RecentReads<Value> {
  readonly #store: Pick<Store, 'version'>
  readonly #tables: readonly string[]
  readonly #kept = new Map<string, Kept<Value>>()

  constructor(store: Pick<Store, 'version'>, tables: readonly string[]) {
    this.#store = store
    this.#tables = tables
  }

  /** The kept value, else what `load` gives; nothing is kept when it throws. */
  async get(key: string, load: () => Promise<Value>): Promise<Value> {
    // The age of a reading has nothing to do with the portal's clock, which a test may stop.
    const now = performance.now()
    const version = this.#store.version(this.#tables)
    const kept = this.#kept.get(key)
    if (kept && kept.version === version && now - kept.readAt < LONGEST_AGE) return kept.value
    const value = await load()
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear()
    this.#kept.set(key, { value, version, readAt: now })
    return value
  }
}
