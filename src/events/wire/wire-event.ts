import type { Portal } from '../../domain/portals/portal.ts'
import type { JsonObject } from '../../kernel/json.ts'
import type { NumberedEvent } from '../../storage/event-log.ts'
import type { Reader } from '../../storage/store.ts'

/** What the body of an event is made from: the event, and what the portal holds when it is sent. */
export interface Telling {
  readonly event: NumberedEvent
  readonly read: Reader
  /** For addresses and the time zone of dates. */
  readonly portal: Pick<Portal, 'baseUrl' | 'name'>
}

/** To whom an event goes: everybody who has bound a handler to it, or only these owners (`app:3`, `webhook:1/client`). */
export interface Told {
  /** `data` of the body, by wire names; one event tells nothing but a number. */
  readonly data: JsonObject | number
  /** Whose handlers hear of it; everybody's where it is left out. */
  readonly owners?: readonly string[]
}

/** An event as handlers are told it. One constant each, in the file of its family. */
export interface WireEvent {
  /** In upper case, as it goes on the wire: `ONCRMLEADADD`. */
  readonly name: string
  /** One line: when it comes. */
  readonly doc: string
  /** The scope that a handler's application needs. */
  readonly scope: string
  /** The domain event that it tells of: `lead.added`. */
  readonly on: string
  /** Whether it can be kept for `event.offline.get`; so it is where nothing is said. */
  readonly offline?: boolean
  /** What is told; nothing where this one is not meant (a message of a group chat is none of an open channel). */
  readonly tell: (telling: Telling) => Promise<Told | undefined>
}
