import { type BotAddress, type NamedBy, keepBotHandlers } from '../delivery/bot-handlers.ts'
import type { Tx } from '../../storage/store.ts'
import type { BotEvent } from './bots.ts'

/** What the events of a bot are called on the wire. */
const WIRE_NAMES: Readonly<Record<BotEvent, string>> = {
  messageAdd: 'ONIMBOTMESSAGEADD',
  messageUpdate: 'ONIMBOTMESSAGEUPDATE',
  messageDelete: 'ONIMBOTMESSAGEDELETE',
  welcomeMessage: 'ONIMBOTJOINCHAT',
  botDelete: 'ONIMBOTDELETE',
}
const COMMAND = 'ONIMCOMMANDADD'

/** After the addresses of a bot or of its commands have changed: events go where they now lead to. */
export async function keepHandlersOf(tx: Tx, by: NamedBy, botId: number): Promise<void> {
  const bot = await tx.db
    .selectFrom('bot')
    .select(['owner', 'handlers'])
    .where('userId', '=', botId)
    .executeTakeFirstOrThrow()
  const commands = await tx.db
    .selectFrom('botCommand')
    .select('handler')
    .where('botId', '=', botId)
    .where('handler', '!=', '')
    .orderBy('id')
    .execute()
  const handlers = Object.entries(WIRE_NAMES).flatMap(([name, event]): BotAddress[] => {
    const address = bot.handlers[name] ?? ''
    return address === '' ? [] : [{ event, address }]
  })
  const called = new Set(commands.map(({ handler }) => handler))
  const addresses = [...handlers, ...[...called].map((address) => ({ event: COMMAND, address }))]
  await keepBotHandlers(tx, by, { botId, owner: bot.owner, addresses })
}
