import { setTimeout as sleep } from 'node:timers/promises'
import { timeLeft } from '../../kernel/deadline.ts'
import { StoreUnavailable } from '../unavailable.ts'
import type { Connection, Connections } from './connections.ts'
import { failureKind } from './failures.ts'

/**
 * How long a call is tried again, in milliseconds. One that others came between goes through sooner or later; one
 * without a connection is better told so, for another server may have one.
 */
const PATIENCE = { conflict: 2_500, lost: 800 } as const
/** The longest pause before a try, in milliseconds. */
const LONGEST_PAUSE = 60

/** Nothing was written, and another try may go through. */
export interface Again {
  readonly kind: 'again'
  readonly error: unknown
}

/** Tries until it is done, and as long as there is time; then throws `StoreUnavailable`. */
export async function patiently<Done extends { readonly kind: string }>(
  attempt: (attempts: number) => Promise<Done | Again>,
): Promise<Exclude<Done, Again>> {
  if (timeLeft() <= 0) throw new StoreUnavailable('no', new Error('There is no time left for this call'))
  const began = performance.now()
  for (let attempts = 1; ; attempts++) {
    const outcome = await attempt(attempts)
    if (outcome.kind !== 'again') return outcome as Exclude<Done, Again>
    const { error } = outcome as Again
    const patience = failureKind(error) === 'lost' ? PATIENCE.lost : PATIENCE.conflict
    if (performance.now() - began > patience || timeLeft() <= 0) throw new StoreUnavailable('no', error)
    // Those who met once would meet again if they all waited as long.
    await sleep(Math.random() * Math.min(LONGEST_PAUSE, 2 ** attempts))
  }
}

/** Reading again harms nothing: a line that breaks is passed over while there is time. */
export async function readPatiently<T>(
  connections: Connections,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { value } = await patiently<{ readonly kind: 'read'; readonly value: T }>(async () => {
    try {
      return { kind: 'read', value: await connections.use(work) }
    } catch (error) {
      const kind = failureKind(error)
      if (kind === 'conflict' || kind === 'lost') return { kind: 'again', error }
      throw error
    }
  })
  return value
}
