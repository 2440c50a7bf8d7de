import type { JsonObject } from '../kernel/json.ts'
import type { Bus, BusCounters, BusOptions, Listener } from './bus.ts'
import { Coalescer } from './coalesce.ts'
import { Listeners } from './listeners.ts'

/** The bus of a process that is alone: there is no line, so nothing is ever missed. */
export class MemoryBus implements Bus {
  readonly #listeners: Listeners
  readonly #coalescer: Coalescer
  #published = 0
  #closed = false

  constructor({ log }: Pick<BusOptions, 'log'>) {
    this.#listeners = new Listeners(log)
    this.#coalescer = new Coalescer((hints) => {
      this.#published += hints.size
      for (const [topic, hint] of hints) this.#listeners.call(topic, hint)
    })
  }

  get connected(): boolean {
    return !this.#closed
  }

  get counters(): BusCounters {
    return { published: this.#published, received: 0, reconnects: 0 }
  }

  publish(topic: string, hint: JsonObject): void {
    if (!this.#closed) this.#coalescer.add(topic, hint)
  }

  subscribe(topic: string, listener: Listener): () => void {
    return this.#closed ? () => {} : this.#listeners.add(topic, listener)
  }

  close(): Promise<void> {
    this.#closed = true
    this.#coalescer.flush()
    this.#listeners.clear()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
