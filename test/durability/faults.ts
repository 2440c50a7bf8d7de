import type { ChatLoad, SentMessage } from '../support/chat-load.ts'

/** Something that was done to the servers; times in milliseconds of `performance.now()`. */
export interface Fault {
  readonly name: string
  readonly began: number
  ended: number
}

/** Messages that have waited longer are a sign that something is still wrong, in milliseconds. */
const OVERDUE = 500
const SAMPLING = 25

/** Notes each fault with its time, and how the load fared meanwhile. */
export class Faults {
  readonly #load: ChatLoad
  readonly #began = performance.now()
  readonly #faults: Fault[] = []
  readonly #samples: { readonly at: number; readonly overdue: number }[] = []
  readonly #sampling: NodeJS.Timeout

  constructor(load: ChatLoad) {
    this.#load = load
    this.#sampling = setInterval(
      () => this.#samples.push({ at: performance.now(), overdue: load.overdue(OVERDUE) }),
      SAMPLING,
    )
  }

  /** Waits for a moment, in seconds since the beginning. */
  async at(moment: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#began + moment * 1000 - performance.now()))
  }

  /** Notes a fault that is over when `during` settles. */
  async note(name: string, during: () => Promise<unknown>): Promise<void> {
    const began = performance.now()
    const fault = { name, began, ended: Infinity }
    this.#faults.push(fault)
    console.log(`${this.#clock(began)} ${name}`)
    await during()
    fault.ended = performance.now()
    if (fault.ended - began > 1_000) console.log(`${this.#clock(fault.ended)} over: ${name}`)
  }

  stop(): void {
    clearInterval(this.#sampling)
  }

  /** The figures, as a table to read; `heard` is when a follower heard of events, and how long after they happened. */
  report(heard: readonly { readonly at: number; readonly delay: number }[] = []): string {
    const { messages } = this.#load
    const delays = (from: number, to: number): string => {
      const within = heard.filter(({ at }) => at >= from && at <= to).map(({ delay }) => delay)
      return within.length === 0 ? '' : `; events heard: ${shown(within)}`
    }
    const lines = [
      `${messages.length} messages; ${retriesOf(messages)}`,
      `${'answers'.padEnd(48)} ${answersBetween(messages, 0, Infinity)}${delays(0, Infinity)}`,
    ]
    for (const { name, began, ended } of this.#faults) {
      const normal = this.#normalAfter(ended)
      const until = normal === undefined ? Infinity : normal
      lines.push(
        `${this.#clock(began)} ${name.padEnd(38)} ${answersBetween(messages, began, until)}, normal ${seconds(until - ended)} s after${delays(began, ended)}`,
      )
    }
    return lines.join('\n')
  }

  /** The first moment after which nothing was overdue. */
  #normalAfter(moment: number): number | undefined {
    // What was hit is overdue only after a while.
    const first = this.#samples.findIndex(({ at }) => at >= moment + OVERDUE + SAMPLING)
    const rest = first < 0 ? [] : this.#samples.slice(first)
    if (rest[0]?.overdue === 0) return moment
    return rest.find(({ overdue }) => overdue === 0)?.at
  }

  #clock(at: number): string {
    return `[${seconds(at - this.#began).padStart(5)} s]`
  }
}

function seconds(duration: number): string {
  return (duration / 1000).toFixed(1)
}

/** How often messages were repeated, and why. */
function retriesOf(messages: readonly SentMessage[]): string {
  const causes = new Map<string, number>()
  for (const { attempts } of messages)
    for (const { outcome } of attempts) if (outcome !== '200') causes.set(outcome, (causes.get(outcome) ?? 0) + 1)
  const repeated = messages.filter(({ attempts }) => attempts.length > 1).length
  const most = Math.max(0, ...messages.map(({ attempts }) => attempts.length - 1))
  const list = Array.from(causes, ([cause, count]) => `${count} for ${cause}`).join(', ') || 'none'
  return `retries: ${list}; ${repeated} messages were repeated, one of them ${most} times at the most`
}

/** Answer times of the tries that ended between two moments: those that were acknowledged, and those that were not. */
function answersBetween(messages: readonly SentMessage[], from: number, to: number): string {
  const attempts = messages
    .flatMap(({ attempts: all }) => all)
    .filter(({ ended, began }) => ended >= from && began <= to)
  const times = (good: boolean): number[] =>
    attempts.filter(({ outcome }) => (outcome === '200') === good).map(({ began, ended }) => ended - began)
  return `200: ${shown(times(true))}, else: ${shown(times(false))}`
}

function shown(durations: readonly number[]): string {
  if (durations.length === 0) return 'none'
  const sorted = durations.toSorted((a, b) => a - b)
  return `${sorted.length} (p50 ${milliseconds(sorted, 0.5)}, p99 ${milliseconds(sorted, 0.99)}, max ${milliseconds(sorted, 1)} ms)`
}

function milliseconds(sorted: readonly number[], share: number): string {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(0)
}
