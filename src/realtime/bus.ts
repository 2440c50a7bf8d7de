import type { JsonObject } from '../kernel/json.ts'
import type { Logger } from '../kernel/log.ts'

/**
 * Called with the last hint of a topic; with `undefined` where hints may have been missed or one was too large to be
 * carried: then there may be anything, and the listener looks into the database itself.
 */
export type Listener = (hint: JsonObject | undefined) => void

export interface BusOptions {
  /** Tells installations apart that share a database or a NATS. Only buses of one scope hear each other. */
  readonly scope: string
  /** Told of lines that were cut or came back, and of listeners that threw. */
  readonly log: Logger
}

export interface BusCounters {
  /** Hints that were delivered here, and sent to the others where there was a line, after coalescing. */
  readonly published: number
  /** Hints that came from other processes, of whatever topic. */
  readonly received: number
  /** How often the line was cut and came back. */
  readonly reconnects: number
}

/**
 * Carries hints between the processes of one installation: "of this topic there is something up to N". The database is
 * the truth: a lost hint costs the time until the next look, never a message. So nothing here waits, repeats or is kept.
 */
export interface Bus extends AsyncDisposable {
  /** Others can be heard and reached. Always so where there are none to reach, until the bus is closed. */
  readonly connected: boolean
  readonly counters: BusCounters

  /**
   * Sends a hint to every listener of the topic, here and in other processes; never throws and never waits. Of hints
   * that come within some milliseconds only the last one of each topic is sent: it has to say all that those before it
   * said. Where the line is cut the others miss it. `hint` must not be changed afterwards.
   */
  publish(topic: string, hint: JsonObject): void

  /**
   * Calls the listener with every hint of the topic, those of this process too, and with `undefined` whenever the line
   * to the others has come up: at first, and after each cut. Who subscribes first and then reads misses nothing.
   * A listener that throws is logged and hurts nobody else. Returns what ends the subscription.
   */
  subscribe(topic: string, listener: Listener): () => void

  /** Hands on what was published, as far as that is quick; nothing is heard or sent afterwards. */
  close(): Promise<void>
}
