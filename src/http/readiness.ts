import type { Logger } from 'pino'
import { keptFor } from '../kernel/kept-for.ts'

/** Something without which no call can be answered. */
export interface ReadinessCheck {
  /** What a probe is told when it fails: `database`. */
  readonly name: string
  /** Rejects when it does not work. The reason goes to the log alone. */
  readonly run: () => Promise<void>
}

export type ReadinessState =
  | { readonly status: 'ok' }
  | { readonly status: 'draining' }
  | { readonly status: 'unavailable'; readonly reasons: readonly string[] }

export interface ReadinessOptions {
  readonly checks: readonly ReadinessCheck[]
  readonly logger: Logger
  /** How long a check may take, in milliseconds. */
  readonly limit?: number
  readonly now?: () => number
}

const LIMIT = 2_000
/** How long a result is told again, in milliseconds: probes must not become a load of their own. */
const KEPT = 1_000

/** Whether the server takes calls, as a load balancer asks. */
export class Readiness {
  readonly #failing: () => Promise<readonly string[]>
  #draining = false

  constructor({ checks, logger, limit = LIMIT, now }: ReadinessOptions) {
    const watched = checks.map((check) => watch(check, limit, logger))
    const failing = async (): Promise<readonly string[]> => {
      const names = await Promise.all(watched.map((failingName) => failingName()))
      return names.filter((name) => name !== undefined)
    }
    this.#failing = keptFor(KEPT, failing, now)
  }

  /** From now on the server serves what comes, and asks to be left alone. */
  drain(): void {
    this.#draining = true
  }

  get draining(): boolean {
    return this.#draining
  }

  async state(): Promise<ReadinessState> {
    if (this.#draining) return { status: 'draining' }
    const reasons = await this.#failing()
    return reasons.length === 0 ? { status: 'ok' } : { status: 'unavailable', reasons }
  }
}

/** Answers the name of a check that fails or takes too long. One that hangs is not begun a second time. */
function watch({ name, run }: ReadinessCheck, limit: number, logger: Logger): () => Promise<string | undefined> {
  let wasWell = true
  let underWay: Promise<void> | undefined
  return async () => {
    try {
      underWay ??= run().finally(() => {
        underWay = undefined
      })
      await inTime(underWay, limit)
      if (!wasWell) logger.warn({ check: name }, 'The server is ready again')
      wasWell = true
      return undefined
    } catch (error) {
      if (wasWell) logger.error({ check: name, err: error }, 'The server is not ready')
      wasWell = false
      return name
    }
  }
}

async function inTime(work: Promise<void>, limit: number): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`No answer within ${limit} ms`)), limit)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
