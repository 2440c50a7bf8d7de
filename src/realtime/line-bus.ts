import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Logger } from '../kernel/log.ts'
import { Backoff } from './backoff.ts'
import type { Bus, BusCounters, BusOptions, Listener } from './bus.ts'
import { Coalescer } from './coalesce.ts'
import { Listeners } from './listeners.ts'
import { decodeHint, encodeHint } from './wire.ts'

/** Milliseconds that `close` gives to what is still to be sent. */
const LAST_WORDS = 500

/** One connection to what carries hints between processes, from when it hears everything until it ends. */
export interface Line {
  /** The reason, when the line was cut or closed; never rejects. */
  readonly ended: Promise<unknown>
  /** Sends encoded hints by topic. Not called again before it is settled; may stay pending where the line is cut. */
  send(hints: ReadonlyMap<string, string>): Promise<void>
  /** Settles soon, also where the line is dead. */
  close(): Promise<void>
}

/** What a line tells. */
export interface LineEvents {
  /** Anything that came, foreign or not. */
  heard(payload: string): void
  /** Something went wrong that does not end the line. */
  failed(error: unknown): void
}

/** Opens a line once. Rejects with the reason, within seconds, and at once where it can when the signal comes. */
export type OpenLine = (events: LineEvents, signal: AbortSignal) => Promise<Line>

/** The bus over a line that may be cut at any time: it is opened again for ever, with growing delay. */
export class LineBus implements Bus {
  readonly #open: OpenLine
  readonly #log: Logger
  readonly #listeners: Listeners
  readonly #coalescer = new Coalescer((hints) => this.#flushed(hints))
  /** Own hints that come back over the wire are known by it: they were delivered already. */
  readonly #name = randomUUID()
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #line: Line | undefined
  /** The last hint of each topic that the line has yet to take. */
  #unsent = new Map<string, string>()
  #sending: Promise<void> | undefined
  #published = 0
  #received = 0
  #timesUp = 0
  /** What was logged last of the line: a server that stays away is not logged at every try. */
  #toldOf: string | undefined

  constructor(open: OpenLine, { log }: Pick<BusOptions, 'log'>) {
    this.#open = open
    this.#log = log
    this.#listeners = new Listeners(log)
    this.#running = this.#run()
  }

  get connected(): boolean {
    return this.#line !== undefined
  }

  get counters(): BusCounters {
    return { published: this.#published, received: this.#received, reconnects: Math.max(0, this.#timesUp - 1) }
  }

  publish(topic: string, hint: JsonObject): void {
    if (!this.#closed) this.#coalescer.add(topic, hint)
  }

  subscribe(topic: string, listener: Listener): () => void {
    return this.#closed ? () => {} : this.#listeners.add(topic, listener)
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closing.abort()
      this.#coalescer.flush()
      this.#listeners.clear()
      const sending = this.#sending
      if (sending !== undefined) await within(LAST_WORDS, sending)
      await this.#line?.close()
    }
    await this.#running
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  #flushed(hints: ReadonlyMap<string, JsonObject>): void {
    this.#published += hints.size
    for (const [topic, hint] of hints) {
      this.#listeners.call(topic, hint)
      if (this.#line !== undefined) this.#enqueue(topic, hint)
    }
    if (this.#line !== undefined) this.#sending ??= this.#send(this.#line)
  }

  #enqueue(topic: string, hint: JsonObject): void {
    try {
      this.#unsent.set(topic, encodeHint({ from: this.#name, topic, hint }))
    } catch (error) {
      this.#tell(error, 'A hint cannot be sent')
    }
  }

  /** While the line is slow, later hints replace those that wait: no more than one of each topic ever does. */
  async #send(line: Line): Promise<void> {
    while (this.#line === line && this.#unsent.size > 0) {
      const hints = this.#unsent
      this.#unsent = new Map()
      try {
        await line.send(hints)
      } catch (error) {
        if (this.#line === line) this.#tell(error, 'Hints were not sent to the other processes')
      }
    }
    if (this.#line === line) this.#sending = undefined
  }

  /** Ends when the bus is closed; never rejects. */
  async #run(): Promise<void> {
    const backoff = new Backoff()
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        const line = await this.#open({ heard: this.#heard, failed: this.#failed }, signal)
        const since = performance.now()
        const reason = await this.#use(line)
        backoff.ended(performance.now() - since)
        if (!signal.aborted) this.#tell(reason, 'The line to the other processes was cut: it is tried again')
      } catch (error) {
        if (!signal.aborted) this.#tell(error, 'There is no line to the other processes: it is tried again')
      }
      await delay(backoff.next(), undefined, { signal }).catch(() => {})
    }
  }

  /** Returns why the line ended. */
  async #use(line: Line): Promise<unknown> {
    if (this.#closed) {
      await line.close()
      return undefined
    }
    this.#line = line
    this.#timesUp++
    if (this.#toldOf !== undefined) this.#log.warn('The line to the other processes is up')
    this.#toldOf = undefined
    this.#listeners.callAll()
    const reason = await line.ended
    this.#line = undefined
    this.#sending = undefined
    this.#unsent.clear()
    return reason
  }

  readonly #heard = (payload: string): void => {
    const heard = this.#closed ? undefined : decodeHint(payload)
    if (heard === undefined || heard.from === this.#name) return
    this.#received++
    this.#listeners.call(heard.topic, heard.hint)
  }

  readonly #failed = (error: unknown): void => this.#tell(error, 'The line to the other processes has trouble')

  #tell(error: unknown, what: string): void {
    const told = `${what}: ${messageOf(error)}`
    if (told !== this.#toldOf) this.#log.warn({ err: error }, what)
    this.#toldOf = told
  }
}

/** Waits for the promise, but not longer than so many milliseconds. Does not reject. */
export async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  const stop = new AbortController()
  try {
    await Promise.race([promise, delay(milliseconds, undefined, { signal: stop.signal })])
  } catch {
    // The promise was rejected: it is settled, and that is all that was waited for.
  } finally {
    stop.abort()
  }
}
