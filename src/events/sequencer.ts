import { messageOf } from '../kernel/errors.ts'
import { numberEvents } from '../storage/event-log.ts'
import type { Store } from '../storage/store.ts'

/** An event after a pause is numbered after so many milliseconds, … */
const SOON = 2
/** … and those that come one upon another together: each numbering is a transaction. */
const GATHERING = 20
/** How often events are looked for that a process wrote which then died, in milliseconds. */
const POLL = 1_000
/** How long another process's numbering is waited for, in milliseconds. */
const BUSY = 20

export interface SequencerOptions {
  readonly store: Store
  /** Told the last number after each numbering: the moment to wake who waits for events, here and elsewhere. */
  readonly onNumbered: (lastSeq: number) => void
  readonly onError: (reason: string) => void
}

/** Numbers the events of one portal while this process runs: soon after its own writes, and by a slow poll. */
export class Sequencer {
  readonly #options: SequencerOptions
  readonly #poll: NodeJS.Timeout
  readonly #unlisten: () => void
  #next: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #stopped = false
  #numberedAt = 0

  constructor(options: SequencerOptions) {
    this.#options = options
    this.#unlisten = options.store.onWrite('outbox', () =>
      this.#wake(performance.now() - this.#numberedAt > GATHERING ? SOON : GATHERING),
    )
    this.#poll = setInterval(() => this.#wake(0), POLL)
    this.#poll.unref()
    // What was written before, by a process that has ended or by commands.
    this.#wake(0)
  }

  /** Numbers what this process has written, and begins nothing more. */
  async stop(): Promise<void> {
    this.#unlisten()
    clearInterval(this.#poll)
    clearTimeout(this.#next)
    await this.#running
    this.#stopped = true
    await this.#number()
  }

  #wake(delay: number): void {
    if (this.#next || this.#running || this.#stopped) return
    this.#next = setTimeout(() => {
      this.#next = undefined
      this.#running = this.#number().finally(() => (this.#running = undefined))
    }, delay)
  }

  async #number(): Promise<void> {
    const { store, onNumbered, onError } = this.#options
    try {
      for (;;) {
        const numbered = await numberEvents(store)
        if (numbered === 'none') return
        if (numbered === 'busy') {
          // It began before our events were there, and may not see them.
          if (!this.#stopped) setTimeout(() => this.#wake(0), BUSY).unref()
          return
        }
        this.#numberedAt = performance.now()
        onNumbered(numbered)
      }
    } catch (error) {
      // They stay in the outbox, and the next poll looks for them.
      onError(messageOf(error))
    }
  }
}
