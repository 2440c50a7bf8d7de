import type { Logger } from 'pino'
import { autoCloseSession } from '../domain/openlines/auto-close.ts'
import { AUTO_CLOSE } from '../domain/openlines/sessions.ts'
import type { Portal } from '../domain/portals/portal.ts'
import type { Portals } from '../domain/portals/portals.ts'
import { messageOf } from '../kernel/errors.ts'
import { forgetOldAnswers } from './forget-old-answers.ts'
import { forgetOldDeliveries } from './forget-old-deliveries.ts'
import { forgetOldEvents } from './forget-old-events.ts'
import { forgetOldTokens } from './forget-old-tokens.ts'
import { forgetOldUse } from './forget-old-use.ts'
import { type Job, type TimerHandlers, jobHandlers, runDueTimers, scheduleJobs } from './timers.ts'

export interface Jobs {
  /** Starts no more and waits for what is under way. */
  stop(): Promise<void>
}

const jobs: readonly Job[] = [forgetOldAnswers, forgetOldDeliveries, forgetOldEvents, forgetOldTokens, forgetOldUse]
const handlers: TimerHandlers = { ...jobHandlers(jobs), [AUTO_CLOSE]: autoCloseSession }

/** How often timers are looked for, and whether portals were deleted, in milliseconds. */
const TICK = 1_000

export interface JobsOptions {
  readonly portals: Portals
  readonly logger: Logger
}

/** Serves the timers of every portal, whichever process was asked for it. Several processes share the work. */
export function startJobs({ portals, logger }: JobsOptions): Jobs {
  const scheduled = new WeakSet<Portal>()
  const serve = async (portal: Portal): Promise<void> => {
    if (!scheduled.has(portal)) {
      await scheduleJobs(portal, jobs)
      scheduled.add(portal)
    }
    await runDueTimers({
      portal,
      handlers,
      onError: ({ kind, subject, attempts }, reason) =>
        logger.error({ portal: portal.name, timer: kind, subject, attempts, reason }, 'A timer failed'),
    })
  }
  const round = async (): Promise<void> => {
    for (const name of await portals.closeDeleted())
      logger.info({ portal: name }, 'The portal was deleted by another process')
    for (const name of await portals.names()) {
      try {
        await serve(await portals.get(name))
      } catch (error) {
        logger.warn({ portal: name, reason: messageOf(error) }, 'The timers of a portal could not be looked at')
      }
    }
  }
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    // A round that takes longer than a tick is not overtaken.
    running ??= round()
      .catch((error: unknown) => logger.warn({ reason: messageOf(error) }, 'Timers could not be looked for'))
      .finally(() => (running = undefined))
  }, TICK)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
