import {
  type Attempt,
  type LeasedDelivery,
  dueLanes,
  giveUp,
  leaseLanes,
  releaseLane,
  settleDelivery,
} from '../domain/delivery/lanes.ts'
import { LAST_EVENTS } from '../domain/delivery/handlers.ts'
import { type Portal, settingsOf } from '../domain/portals/portal.ts'
import { messageOf } from '../kernel/errors.ts'
import { type Outgoing, OutgoingError } from '../kernel/outgoing.ts'
import { Bodies } from './body.ts'
import { isWorthRetrying, retryAt, wishOf } from './retries.ts'
import { signatureHeaders } from './signature.ts'

/** Milliseconds for an attempt, redirects included. */
const TIMEOUT = 15_000
/** How long others leave a delivery alone that a process has taken, in milliseconds: it may have died. */
const LEASE = 20_000
/** How often deliveries are looked for that are due by the clock or were left by another process, in milliseconds. */
const POLL = 1_000
/** Deliveries under way to one handler, and to one that has just failed. */
const PER_HANDLER = 4
const PER_FAILING = 1
/** Deliveries of a portal under way at once. */
const IN_ALL = 256
/** How long those under way may take when the process stops, in milliseconds. */
const LAST_ATTEMPTS = 3_000

/** What became of attempts, since the process began. */
export interface DeliveryCounts {
  delivered: number
  retried: number
  failed: number
}

export interface DelivererOptions {
  readonly portal: Portal
  readonly outgoing: Outgoing
  readonly counts: DeliveryCounts
  readonly onError: (reason: string) => void
  readonly timeout?: number
  readonly poll?: number
}

/**
 * Sends one portal's deliveries while this process runs; several processes share the work. In order for each handler
 * and subject: the next one goes out once the one before is settled. No handler takes more than its few places, so
 * that a bad one does not keep the others waiting.
 */
export class Deliverer {
  readonly #options: DelivererOptions
  readonly #bodies: Bodies
  readonly #poll: NodeJS.Timeout
  readonly #stop = new AbortController()
  readonly #attempts = new Set<Promise<void>>()
  /** How many are under way, by handler. */
  readonly #busy = new Map<number, number>()
  readonly #failing = new Set<number>()
  #looking: Promise<void> | undefined
  #lookAgain = false
  #stopped = false

  constructor(options: DelivererOptions) {
    this.#options = options
    this.#bodies = new Bodies(options.portal)
    this.#poll = setInterval(() => this.wake(), options.poll ?? POLL)
    this.#poll.unref()
  }

  /** There may be something to send. */
  wake(): void {
    if (this.#stopped) return
    this.#lookAgain = true
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined))
  }

  /** Takes nothing more; ends what is under way, or gives it back where that takes long. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#poll)
    await this.#looking
    const late = setTimeout(() => this.#stop.abort(), LAST_ATTEMPTS)
    await Promise.all(this.#attempts)
    clearTimeout(late)
  }

  async #look(): Promise<void> {
    try {
      while (this.#lookAgain && !this.#stopped) {
        this.#lookAgain = false
        await this.#take()
      }
    } catch (error) {
      // The next poll looks again.
      this.#options.onError(messageOf(error))
    }
  }

  async #take(): Promise<void> {
    const { portal } = this.#options
    const { store, clock, ids } = portal
    const due = await dueLanes(store.read, clock.now(), PER_HANDLER, IN_ALL)
    const free = new Map<number, number>()
    const chosen = due.filter(({ handlerId }) => {
      const places = free.get(handlerId) ?? this.#placesFor(handlerId)
      free.set(handlerId, places - 1)
      return places > 0
    })
    const laneIds = chosen.slice(0, IN_ALL - this.#attempts.size).map(({ laneId }) => laneId)
    if (laneIds.length === 0) return
    const lease = ids.uuid()
    const leased = await store.write(
      (tx) => leaseLanes(tx, laneIds, { now: clock.now(), lease, until: clock.now() + LEASE }),
      { isolation: 'claims' },
    )
    for (const delivery of leased) this.#begin(delivery, lease)
    // Handlers with few lanes were passed over where others had many: there may be more to take.
    if (leased.length > 0 && due.length === IN_ALL) this.#lookAgain = true
  }

  #placesFor(handlerId: number): number {
    return (this.#failing.has(handlerId) ? PER_FAILING : PER_HANDLER) - (this.#busy.get(handlerId) ?? 0)
  }

  #begin(delivery: LeasedDelivery, lease: string): void {
    const { handlerId } = delivery
    this.#busy.set(handlerId, (this.#busy.get(handlerId) ?? 0) + 1)
    const attempt = this.#deliver(delivery, lease)
      // The lease ends, and somebody tries again.
      .catch((error: unknown) => this.#options.onError(messageOf(error)))
      .finally(() => {
        this.#attempts.delete(attempt)
        const others = (this.#busy.get(handlerId) ?? 1) - 1
        if (others === 0) this.#busy.delete(handlerId)
        else this.#busy.set(handlerId, others)
        this.wake()
      })
    this.#attempts.add(attempt)
  }

  async #deliver(delivery: LeasedDelivery, lease: string): Promise<void> {
    const { portal, counts } = this.#options
    const { store, clock } = portal
    if (delivery.unboundAt !== null && !LAST_EVENTS.includes(delivery.event)) {
      const reason = 'The handler was unbound before'
      await store.write((tx) => giveUp(tx, { delivery, lease, now: clock.now() }, reason), { isolation: 'claims' })
      return
    }
    const sent = await this.#send(delivery)
    if (sent === 'stopped') {
      await store.write((tx) => releaseLane(tx, delivery.laneId, lease, clock.now()), { isolation: 'claims' })
      return
    }
    const { attempt, again, wish } = sent
    const now = clock.now()
    const retry = again ? retryAt(now, delivery.attempts + 1, wish) : undefined
    await store.write((tx) => settleDelivery(tx, { delivery, lease, now, attempt, retryAt: retry }), {
      isolation: 'claims',
    })
    counts[attempt.error === '' ? 'delivered' : retry === undefined ? 'failed' : 'retried']++
    if (again) this.#failing.add(delivery.handlerId)
    else this.#failing.delete(delivery.handlerId)
  }

  async #send(
    delivery: LeasedDelivery,
  ): Promise<'stopped' | { readonly attempt: Attempt; readonly again: boolean; readonly wish?: number | undefined }> {
    const { portal, outgoing, timeout = TIMEOUT } = this.#options
    const body = await this.#bodies.make(delivery)
    const { memberId } = await settingsOf(portal)
    const at = portal.clock.now()
    const signed = { id: `${memberId}-${delivery.id}`, timestamp: Math.floor(at / 1000), body }
    const began = performance.now()
    const told = (status: number | null, error: string): Attempt => ({
      at,
      status,
      milliseconds: Math.round(performance.now() - began),
      error,
    })
    try {
      const answer = await outgoing.post({
        url: delivery.address,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'user-agent': 'Cordboard',
          ...signatureHeaders(delivery.secret, signed),
        },
        body,
        timeout,
        signal: this.#stop.signal,
      })
      const { status } = answer
      if (status >= 200 && status < 300) return { attempt: told(status, ''), again: false }
      return {
        attempt: told(status, `it answered with status ${status}`),
        again: isWorthRetrying(status),
        wish: wishOf(answer, at),
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return 'stopped'
      if (!(error instanceof OutgoingError)) throw error
      return { attempt: told(null, error.message), again: error.kind !== 'refused' }
    }
  }
}
