import type { JsonObject } from '../../kernel/json.ts'
import type { Telling } from './wire-event.ts'

/** What one bot is told. It goes to an address that the bot was registered with, whether or not anything is bound. */
export interface BotTold {
  readonly botId: number
  /** `app:3`, or `webhook:1/client`: on whose behalf the delivery is made, also once the bot is gone. */
  readonly owner: string
  readonly address: string
  /** The name on the wire: `ONIMBOTMESSAGEADD`. */
  readonly event: string
  /** `data` of the body, by wire names, without what lets the handler call as the bot. */
  readonly data: JsonObject
  /** Where within `data` that belongs, for {@link withBotAuth}; nowhere for a bot that is gone. */
  readonly authAt?: readonly [list: string, id: string]
}

/** An event that goes to bots. One constant each. */
export interface BotWireEvent {
  /** In upper case, as it goes on the wire. */
  readonly name: string
  /** One line: when it comes. */
  readonly doc: string
  readonly scope: 'imbot'
  /** The domain event that it tells of. */
  readonly on: string
  /** One entry for each bot that hears of it; none where no bot does. */
  readonly tell: (telling: Telling) => Promise<readonly BotTold[]>
}

/**
 * `data` with the bot's own authorisation (`access_token`, `user_id`, …, as `auth` of a body), which stands beside
 * the bot's id and once more below `AUTH`. It is made when the event is sent: tokens do not outlast a queue.
 */
export function withBotAuth({ data, authAt }: Pick<BotTold, 'data' | 'authAt'>, auth: JsonObject): JsonObject {
  if (!authAt) return data
  const [list, id] = authAt
  const entries = data[list] as Record<string, JsonObject>
  return { ...data, [list]: { ...entries, [id]: { ...auth, AUTH: auth, ...entries[id] } } }
}
