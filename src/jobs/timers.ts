import type { Portal } from '../domain/portals/portal.ts'
import { type Timer, nextTimerAt, postponeTimer, setTimerOnce, takeDueTimer } from '../domain/timers/timers.ts'
import { messageOf } from '../kernel/errors.ts'
import type { Tx } from '../storage/store.ts'

/** What a kind of timer does, in the transaction that takes it: it happens once, or the timer is due again. */
export type TimerHandler = (tx: Tx, timer: Timer, now: number) => Promise<void>

export type TimerHandlers = Readonly<Record<string, TimerHandler>>

/** Something that each portal needs done again and again, by whichever process comes to it. */
export interface Job {
  readonly name: string
  /** Milliseconds from one run to the next. */
  readonly every: number
  run(tx: Tx, now: number): Promise<void>
}

/** The first pause after a failure, and the longest, in milliseconds. */
const FIRST_PAUSE = 10_000
const LONGEST_PAUSE = 60 * 60 * 1000
/** Timers of one portal that are served before the next portal has its turn. */
const MOST_AT_ONCE = 100

/** The kind of a job's timer. */
const kindOf = ({ name }: Job): string => `job.${name}`

/** A job's timer sets itself again. */
export function jobHandlers(jobs: readonly Job[]): TimerHandlers {
  return Object.fromEntries(
    jobs.map((job): [string, TimerHandler] => [
      kindOf(job),
      async (tx, { kind, subject }, now) => {
        await job.run(tx, now)
        await setTimerOnce(tx, { kind, subject, dueAt: now + job.every, now })
      },
    ]),
  )
}

/** Sees to it that a portal has the timer of each job. */
export async function scheduleJobs({ store, clock }: Portal, jobs: readonly Job[]): Promise<void> {
  const now = clock.now()
  await store.write(async (tx) => {
    for (const job of jobs)
      await setTimerOnce(tx, { kind: kindOf(job), subject: 'portal', dueAt: now + job.every, now })
  })
}

export interface RunTimers {
  readonly portal: Portal
  readonly handlers: TimerHandlers
  readonly onError: (timer: Timer, reason: string) => void
}

/** Does what is due in a portal, the oldest first; answers how many timers it has served. */
export async function runDueTimers({ portal, handlers, onError }: RunTimers): Promise<number> {
  const { store, clock } = portal
  const next = await nextTimerAt(store.read)
  if (next === undefined || next > clock.now()) return 0
  for (let served = 0; served < MOST_AT_ONCE; served++) {
    let taken: Timer | undefined
    try {
      await store.write(async (tx) => {
        const now = clock.now()
        taken = await takeDueTimer(tx, now)
        if (!taken) return
        const handler = handlers[taken.kind]
        if (!handler) throw new Error(`Nothing is known of timers of kind "${taken.kind}"`)
        await handler(tx, taken, now)
      })
    } catch (error) {
      // Without a timer it was the database, and the next round tries again.
      if (!taken) throw error
      const timer = taken
      onError(timer, messageOf(error))
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** timer.attempts)
      await store.write((tx) => postponeTimer(tx, timer, clock.now() + pause))
    }
    if (!taken) return served
  }
  return MOST_AT_ONCE
}
