import { prepared } from '../../storage/prepared.ts'
import type { Store } from '../../storage/store.ts'
import type { Caller } from '../caller.ts'
import { noteActivity } from '../people/users.ts'

/** Activity is noted at most so often for each webhook and each person. */
const INTERVAL = 60_000
/** How many webhooks and people are remembered; beyond it the longest unnoted ones are forgotten first. */
const REMEMBERED = 10_000

const noteUse = prepared<{ webhookId: number; now: number }>()((db, p) =>
  db.updateTable('webhook').set({ lastUsedAt: p.now }).where('id', '=', p.webhookId),
)

export interface PresenceOptions {
  readonly store: Pick<Store, 'write'>
  /** Told when a note could not be written; the request it belongs to is not touched by that. */
  readonly onError: (error: unknown) => void
}

/** Notes when webhooks and people were last active, without a write for each request. One for each portal. */
export class Presence {
  readonly #store: Pick<Store, 'write'>
  readonly #onError: (error: unknown) => void
  /** Epoch milliseconds of the last note, by `webhook:1` and `user:1`, oldest first. */
  readonly #noted = new Map<string, number>()

  constructor({ store, onError }: PresenceOptions) {
    this.#store = store
    this.#onError = onError
  }

  /** Called for every request once its caller is known; never waits and never throws. */
  seen({ via, userId }: Caller, now: number): void {
    const webhookId = via.kind === 'webhook' && this.#isDue(`webhook:${via.id}`, now) ? via.id : undefined
    const isUserDue = this.#isDue(`user:${userId}`, now)
    if (webhookId === undefined && !isUserDue) return
    this.#store
      .write(async (tx) => {
        if (webhookId !== undefined) await tx.run(noteUse, { webhookId, now })
        if (isUserDue) await noteActivity(tx, userId, now)
      })
      .catch(this.#onError)
  }

  #isDue(key: string, now: number): boolean {
    const last = this.#noted.get(key)
    // A clock that was set back must not silence the notes.
    if (last !== undefined && now >= last && now - last < INTERVAL) return false
    this.#noted.delete(key)
    this.#noted.set(key, now)
    if (this.#noted.size > REMEMBERED) this.#noted.delete(this.#noted.keys().next().value!)
    return true
  }
}
