import type { Ids } from '../../kernel/ids.ts'
import { newestSeq } from '../../storage/event-log.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { applicationFacts, applicationIdOf } from './auth.ts'
import { LAST_EVENTS, newApplicationToken, newSecret, sharedBy } from './handlers.ts'

/** Bots bind nothing: their handlers are the addresses that they and their commands were registered with. */

/** Where a bot wants to hear of an event. */
export interface BotAddress {
  /** On the wire: `ONIMBOTMESSAGEADD`. */
  readonly event: string
  readonly address: string
}

/** Who names addresses, and when. */
export interface NamedBy {
  readonly ids: Ids
  readonly now: number
  /** For whom the application is let in where the bot hears something; 0 for nobody in particular. */
  readonly userId: number
}

export interface BotAddresses {
  readonly botId: number
  /** `app:3`, or `webhook:1/client`. */
  readonly owner: string
  readonly addresses: readonly BotAddress[]
}

/**
 * Makes the handlers of a bot the addresses that are given. A new one hears of what happens from now on; where an
 * event has got another address, what is on its way follows, so that nothing is lost by the change.
 */
export async function keepBotHandlers(tx: Tx, { ids, now, userId }: NamedBy, bot: BotAddresses): Promise<void> {
  const { botId, owner, addresses } = bot
  const present = await botHandlers(tx, botId)
  const isSame = (one: BotAddress) => (other: BotAddress) => one.event === other.event && one.address === other.address
  const missing = addresses.filter((wanted) => !present.some(isSame(wanted)))
  const surplus = present.filter((handler) => !addresses.some(isSame(handler)))
  const added: BotAddress[] = []
  for (const wanted of missing) {
    const at = surplus.findIndex(({ event }) => event === wanted.event)
    const [moved] = at < 0 ? [] : surplus.splice(at, 1)
    if (moved) await change(tx, moved.id, { address: wanted.address })
    else added.push(wanted)
  }
  for (const { id } of surplus) await change(tx, id, { unboundAt: now })
  if (added.length === 0) return
  const shared = await sharedBy(tx, owner)
  const applicationId = applicationIdOf(owner)
  // An application's too: it hears of the end of its bots also when it is deleted itself.
  const applicationToken =
    applicationId === undefined
      ? (shared?.applicationToken ?? newApplicationToken(ids))
      : ((await applicationFacts(tx, applicationId))?.applicationToken ?? '')
  const secret = shared?.secret ?? newSecret(ids)
  const sinceSeq = await newestSeq(tx)
  const common = { owner, botId, userId, secret, applicationToken, sinceSeq, options: {}, createdAt: now }
  await tx.db
    .insertInto('eventHandler')
    .values(added.map(({ event, address }) => ({ event, address, ...common })))
    .execute()
}

async function change(tx: Tx, id: number, values: { address: string } | { unboundAt: number }): Promise<void> {
  await tx.db.updateTable('eventHandler').set(values).where('id', '=', id).execute()
}

function botHandlers(read: Reader, botId: number) {
  return read.db
    .selectFrom('eventHandler')
    .select(['id', 'event', 'address', 'sinceSeq'])
    .where('botId', '=', botId)
    .where('unboundAt', 'is', null)
    .orderBy('id')
    .execute()
}

/** The handler of a bot with this address. */
export async function botHandlerAt(read: Reader, botId: number, { event, address }: BotAddress) {
  return (await botHandlers(read, botId)).find((one) => one.event === event && one.address === address)
}

/** Ends the handlers of a bot that is gone, but for those that shall still hear of that. */
export async function dropBotHandlers(tx: Tx, now: number, botId: number): Promise<void> {
  await tx.db
    .updateTable('eventHandler')
    .set({ unboundAt: now })
    .where('botId', '=', botId)
    .where('event', 'not in', LAST_EVENTS)
    .where('unboundAt', 'is', null)
    .execute()
}

/** Ends what is left of them, once its end was told. */
export async function endBotHandlers(tx: Tx, now: number, botId: number): Promise<void> {
  await tx.db
    .updateTable('eventHandler')
    .set({ unboundAt: now })
    .where('botId', '=', botId)
    .where('unboundAt', 'is', null)
    .execute()
}
