import type { JsonObject } from '../kernel/json.ts'
import type { Logger } from '../kernel/log.ts'
import type { Listener } from './bus.ts'

interface Subscription {
  readonly listener: Listener
}

/** Who listens to what, in this process. */
export class Listeners {
  readonly #topics = new Map<string, Set<Subscription>>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  /** Returns what takes the listener away again; the same function may be there more than once. */
  add(topic: string, listener: Listener): () => void {
    const subscription = { listener }
    const subscriptions = this.#topics.get(topic) ?? new Set()
    this.#topics.set(topic, subscriptions.add(subscription))
    return () => {
      subscriptions.delete(subscription)
      if (subscriptions.size === 0 && this.#topics.get(topic) === subscriptions) this.#topics.delete(topic)
    }
  }

  call(topic: string, hint: JsonObject | undefined): void {
    const subscriptions = this.#topics.get(topic)
    // A copy: a listener may subscribe, and what it adds is not called with what was there before.
    for (const subscription of Array.from(subscriptions ?? [])) {
      // One listener may have ended the subscription of another.
      if (subscriptions?.has(subscription) !== true) continue
      try {
        subscription.listener(hint)
      } catch (error) {
        this.#log.error({ err: error, topic }, 'A listener of the bus failed')
      }
    }
  }

  /** Tells everybody that hints may have been missed. */
  callAll(): void {
    for (const topic of Array.from(this.#topics.keys())) this.call(topic, undefined)
  }

  clear(): void {
    for (const subscriptions of this.#topics.values()) subscriptions.clear()
    this.#topics.clear()
  }
}
