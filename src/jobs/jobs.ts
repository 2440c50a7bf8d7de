import type { Logger } from 'pino'
import type { Portal } from '../domain/portals/portal.ts'
import type { Portals } from '../domain/portals/portals.ts'
import type { Clock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/errors.ts'
import { forgetOldAnswers } from './forget-old-answers.ts'
import { forgetOldTokens } from './forget-old-tokens.ts'

export interface Jobs {
  /** Starts no more and waits for the one under way. */
  stop(): Promise<void>
}

interface Job {
  readonly name: string
  run(portal: Portal, now: number): Promise<unknown>
}

const EVERY_TEN_MINUTES = 10 * 60 * 1000

const jobs: readonly Job[] = [
  { name: 'forget old answers', run: forgetOldAnswers },
  { name: 'forget old tokens', run: forgetOldTokens },
]

/** Runs every job in every portal of this process, every ten minutes. */
export function startJobs({ portals, clock, logger }: { portals: Portals; clock: Clock; logger: Logger }): Jobs {
  let running: Promise<void> = Promise.resolve()
  const round = async (): Promise<void> => {
    for (const name of await portals.names()) {
      for (const job of jobs) {
        try {
          await job.run(await portals.get(name), clock.now())
        } catch (error) {
          logger.error({ portal: name, job: job.name, reason: messageOf(error) }, 'A job failed')
        }
      }
    }
  }
  const timer = setInterval(() => {
    running = running.then(round)
  }, EVERY_TEN_MINUTES)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
