import { type NumberedEvent, readEventsAfter } from '../storage/event-log.ts'
import type { Store } from '../storage/store.ts'
import { StoreUnavailable } from '../storage/unavailable.ts'

export interface FeedOptions {
  readonly store: Store
  /** Calls back when there may be something new: a hint, which may be lost or come twice. Answers how to stop that. */
  readonly onHint: (listener: () => void) => () => void
  /** How often to look without a hint, in milliseconds. */
  readonly poll?: number
}

const POLL = 1_000
const asleepOnly = (): void => {}

/**
 * Follows the events of a portal after a number, first what is there and then what comes, in order, each once.
 * Ends when the consumer stops, or `signal` says so. Hints make it quick; without them it looks every second, and goes
 * on looking while the database is out of reach.
 */
export async function* followEvents(
  { store, onHint, poll = POLL }: FeedOptions,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent> {
  let seq = from
  let wake = asleepOnly
  // A hint that comes while a page is read or handled counts for the time after it.
  let hinted = false
  const unlisten = onHint(() => {
    hinted = true
    wake()
  })
  try {
    while (!signal.aborted) {
      hinted = false
      const page = await readEventsAfter(store.read, seq).catch(nothingWhileUnavailable)
      for (const event of page) {
        yield event
        if (signal.aborted) return
        seq = event.seq
      }
      if (page.length === 0 && !hinted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, poll)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
          signal.addEventListener('abort', wake, { once: true })
        })
        signal.removeEventListener('abort', wake)
      }
    }
  } finally {
    unlisten()
  }
}

function nothingWhileUnavailable(error: unknown): [] {
  if (error instanceof StoreUnavailable) return []
  throw error
}
