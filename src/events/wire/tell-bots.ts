import { botDelete, botJoinChat, botMessageAdd, botMessageDelete, botMessageUpdate } from './bot.ts'
import { commandAdd } from './bot-command.ts'
import type { BotTold, BotWireEvent } from './bot-event.ts'
import type { Telling } from './wire-event.ts'

/** Every event that goes to bots. */
export const botEvents: readonly BotWireEvent[] = [
  botMessageAdd,
  botMessageUpdate,
  botMessageDelete,
  botJoinChat,
  botDelete,
  commandAdd,
]

/** What bots are told of a domain event: one delivery each. */
export async function tellBots(telling: Telling): Promise<BotTold[]> {
  const told: BotTold[] = []
  for (const { on, tell } of botEvents) if (on === telling.event.type) told.push(...(await tell(telling)))
  return told
}
