import {
  type NewDelivery,
  addDeliveries,
  advanceFanOut,
  claimFanOut,
  endHandlers,
  handedUpTo,
  lastDeliveryTo,
} from '../domain/delivery/fan-out.ts'
import { botHandlerAt, endBotHandlers } from '../domain/delivery/bot-handlers.ts'
import { type BoundHandler, boundHandlers } from '../domain/delivery/handlers.ts'
import { keepOffline } from '../domain/delivery/offline-events.ts'
import type { BotUnregistered } from '../domain/bots/bots.ts'
import type { Portal } from '../domain/portals/portal.ts'
import { messageOf } from '../kernel/errors.ts'
import { type NumberedEvent, lastEventSeq, readEventsAfter } from '../storage/event-log.ts'
import { RecentReads } from '../storage/recent-reads.ts'
import type { Tx } from '../storage/store.ts'
import type { BotTold } from './wire/bot-event.ts'
import { OFFLINE_KEPT, offlineEvent } from './wire/offline.ts'
import { tellBots } from './wire/tell-bots.ts'
import type { Telling, Told, WireEvent } from './wire/wire-event.ts'

/** Events handed out in one transaction at the most: no writer waits long for it. */
const LARGEST_BATCH = 100
/** Seconds between two notifications where a handler says nothing. */
const DEFAULT_TIMEOUT = 1

export interface FanOutOptions {
  readonly portal: Portal
  readonly wireEvents: readonly WireEvent[]
  /** Told of an event whose body could not be made: it is a failed delivery then, and the others go on. */
  readonly onUntold: (event: NumberedEvent, name: string, reason: string) => void
}

/**
 * Hands numbered events to the handlers that are bound to them: a delivery for each, or a place in a queue. What was
 * handed out and up to which number is one transaction, so that whoever goes on repeats nothing and leaves out nothing.
 */
export class FanOut {
  readonly #options: FanOutOptions
  readonly #byType: Map<string, WireEvent[]>
  readonly #bound: RecentReads<boolean>

  constructor(options: FanOutOptions) {
    this.#options = options
    this.#byType = Map.groupBy(options.wireEvents, ({ on }) => on)
    this.#bound = new RecentReads(options.portal.store, ['event_handler'])
  }

  /** Hands out everything that is numbered; answers whether anything is to be delivered now. */
  async run(): Promise<boolean> {
    const { store } = this.#options.portal
    // Where nobody is bound, nobody is kept waiting either: who binds hears only of what comes after.
    const isBound = await this.#bound.get('', async () => (await boundHandlers(store.read)).length > 0)
    if (!isBound) return false
    let delivers = false
    while ((await handedUpTo(store.read)) < (await lastEventSeq(store.read))) {
      const handed = await this.#batch()
      if (handed === 'nothing') break
      delivers ||= handed === 'deliveries'
    }
    return delivers
  }

  async #batch(): Promise<'nothing' | 'events' | 'deliveries'> {
    const { store } = this.#options.portal
    try {
      return await store.write((tx) => this.#handOut(tx, false), { isolation: 'claims' })
    } catch (error) {
      if (!(error instanceof Untold)) throw error
      return store.write((tx) => this.#handOut(tx, true), { isolation: 'claims' })
    }
  }

  async #handOut(tx: Tx, careful: boolean): Promise<'nothing' | 'events' | 'deliveries'> {
    const before = await claimFanOut(tx)
    if (before === undefined) return 'nothing'
    // Nobody hears of what was before he bound: where handlers are new, all that is passed over.
    const earliest = Math.min(...(await boundHandlers(tx)).map(({ sinceSeq }) => sinceSeq))
    if (earliest === Infinity) return 'nothing'
    const events = await readEventsAfter(tx, Math.max(before, earliest), LARGEST_BATCH)
    const last = events.at(-1)
    if (!last) return 'nothing'
    // After the events: a handler that is bound from now on is owed none of them.
    const { bound = [], bots = [] } = Object.groupBy(await boundHandlers(tx), ({ botId }) =>
      botId === 0 ? 'bound' : 'bots',
    )
    const byName = Map.groupBy(bound, ({ event }) => event)
    const listeners = new Set(byName.get(offlineEvent.name)?.map(({ owner }) => owner))
    const batch = new Batch(tx, this.#options.portal.clock.now(), listeners)
    for (const event of events) {
      for (const wireEvent of this.#byType.get(event.type) ?? []) {
        const handlers = (byName.get(wireEvent.name) ?? []).filter(({ sinceSeq }) => sinceSeq < event.seq)
        if (handlers.length === 0) continue
        const { name, tell } = wireEvent
        const told = await this.#tell(tx, { event, name, careful }, tell)
        if (told instanceof Untold) batch.fail(event, handlers, told.message)
        else if (told) await batch.tell(event, handlers, told)
      }
      if (bots.length > 0) {
        const told = await this.#tell(tx, { event, name: 'those of bots', careful }, tellBots)
        if (told && !(told instanceof Untold)) for (const one of told) await batch.tellBot(event, bots, one)
      }
      if (event.type === 'bot.unregistered') batch.gone.push((event.payload as BotUnregistered).botId)
      if (event.type === 'application.deleted') batch.over.push((event.payload as { readonly owner: string }).owner)
    }
    await batch.write()
    await advanceFanOut(tx, last.seq)
    return batch.deliveries.length > 0 ? 'deliveries' : 'events'
  }

  /** Makes the body of an event. One that cannot be made must not stop all that come after it. */
  async #tell<Body>(
    tx: Tx,
    { event, name, careful }: { readonly event: NumberedEvent; readonly name: string; readonly careful: boolean },
    tell: (telling: Telling) => Promise<Body>,
  ): Promise<Body | Untold> {
    const { portal, onUntold } = this.#options
    try {
      if (!careful) return await tell({ event, read: tx, portal })
      return await tx.savepoint(() => tell({ event, read: tx, portal }))
    } catch (error) {
      const reason = messageOf(error)
      if (!careful) throw new Untold(reason, { cause: error })
      onUntold(event, name, reason)
      return new Untold(reason)
    }
  }
}

/** The body of an event could not be made. */
class Untold extends Error {
  override readonly name = 'Untold'
}

/** What one transaction hands out. */
class Batch {
  readonly deliveries: NewDelivery[] = []
  /** Owners who have been told the last thing that concerns them. */
  readonly over: string[] = []
  /** Bots that have been told of their end. */
  readonly gone: number[] = []
  readonly #tx: Tx
  readonly #now: number
  readonly #listeners: ReadonlySet<string>
  readonly #queues = new Set<string>()
  /** When the newest notification of a handler was made that is not written yet. */
  readonly #notified = new Set<number>()

  /** `listeners` are the owners who want to hear of their queues. */
  constructor(tx: Tx, now: number, listeners: ReadonlySet<string>) {
    this.#tx = tx
    this.#now = now
    this.#listeners = listeners
  }

  async tell(event: NumberedEvent, handlers: readonly BoundHandler[], { data, owners }: Told): Promise<void> {
    for (const handler of handlers) {
      if (owners && !owners.some((owner) => owner === handler.owner || owner.startsWith(`${handler.owner}/`))) continue
      const { id, owner, offline, authConnector } = handler
      if (!offline) {
        const dueAt = event.type === OFFLINE_KEPT ? await this.#notifyAt(handler) : this.#now
        if (dueAt !== undefined) this.deliveries.push(this.#delivery(event, handler, { value: data }, dueAt))
        if (event.type === OFFLINE_KEPT) this.#notified.add(id)
      } else if (authConnector === '' || event.authConnector !== `${owner}/${authConnector}`) {
        await keepOffline(this.#tx, this.#now, { owner, authConnector, event: handler.event, data: { value: data } })
        if (this.#listeners.has(owner)) this.#queues.add(owner)
      }
    }
  }

  /** `bots` are the handlers of bots; a bot hears of what came after it was registered. */
  async tellBot(event: NumberedEvent, bots: readonly BoundHandler[], told: BotTold): Promise<void> {
    const { botId, address, event: name, data: value, authAt } = told
    const known = bots.find((one) => one.botId === botId && one.event === name && one.address === address)
    // Where the bot has just moved, its handler has as well.
    const handler = known ?? (await botHandlerAt(this.#tx, botId, { event: name, address }))
    if (!handler || handler.sinceSeq >= event.seq) return
    const data = { value, ...(authAt && { authAt }) }
    this.deliveries.push(this.#delivery(event, { id: handler.id, event: name }, data, this.#now))
  }

  fail(event: NumberedEvent, handlers: readonly BoundHandler[], reason: string): void {
    const broken = `Its body could not be made: ${reason}`
    for (const handler of handlers)
      if (!handler.offline)
        this.deliveries.push({ ...this.#delivery(event, handler, { value: {} }, this.#now), broken })
  }

  async write(): Promise<void> {
    await addDeliveries(this.#tx, this.#now, this.deliveries)
    for (const owner of this.#queues)
      await this.#tx.emit({ type: OFFLINE_KEPT, subject: `offline:${owner}`, payload: { owner } })
    for (const owner of this.over) await endHandlers(this.#tx, this.#now, owner)
    for (const botId of this.gone) await endBotHandlers(this.#tx, this.#now, botId)
  }

  #delivery(
    event: NumberedEvent,
    handler: Pick<BoundHandler, 'id' | 'event'>,
    data: NewDelivery['data'],
    dueAt: number,
  ): NewDelivery {
    const { seq, subject, userId } = event
    return { handlerId: handler.id, seq, event: handler.event, subject, userId, data, dueAt }
  }

  /** When a notification may go out; nothing where one is still to go out that tells the same. */
  async #notifyAt({ id, options }: BoundHandler): Promise<number | undefined> {
    if (this.#notified.has(id)) return undefined
    const last = await lastDeliveryTo(this.#tx, id)
    if (last?.waits) return undefined
    const pause = (options.minTimeout ?? DEFAULT_TIMEOUT) * 1000
    return Math.max(this.#now, (last?.createdAt ?? -Infinity) + pause)
  }
}
