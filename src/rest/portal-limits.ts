import type { Portal } from '../domain/portals/portal.ts'
import type { Logger } from '../kernel/log.ts'
import { Limits, type LimitsOptions } from './limits.ts'
import { SharedLimits } from './shared-limits.ts'

export interface PortalLimitsOptions {
  readonly plan: Pick<LimitsOptions, 'rate' | 'operatingSeconds'>
  /** Whether other processes may serve the same portals. */
  readonly shared: boolean
  readonly logger: Logger
}

/** The limits of every portal of this process, which hold across processes where there are several. */
export class PortalLimits {
  readonly #options: PortalLimitsOptions
  readonly #shared = new Map<Portal, SharedLimits>()

  constructor(options: PortalLimitsOptions) {
    this.#options = options
  }

  /** The limits of a portal that is open; asked for once. */
  of(portal: Portal): Limits {
    const { plan, shared, logger } = this.#options
    // Where nothing is limited nobody needs to know what the others do.
    if (!shared || (plan.rate === undefined && plan.operatingSeconds === undefined)) return new Limits(plan)
    const sharing = new SharedLimits({
      portal,
      plan,
      onError: (reason) => logger.warn({ portal: portal.name, reason }, 'Limits hold for this process alone just now'),
    })
    this.#shared.set(portal, sharing)
    return sharing.limits
  }

  /** Before the portal's store is closed. */
  async remove(portal: Portal): Promise<void> {
    const sharing = this.#shared.get(portal)
    this.#shared.delete(portal)
    await sharing?.stop()
  }
}
