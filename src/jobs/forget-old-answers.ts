import type { Portal } from '../domain/portals/portal.ts'
import { forgetAnswersBefore } from '../domain/apps/idempotency.ts'

/** Clients repeat a call within seconds; a day is far beyond the longest of them. */
const KEPT = 24 * 60 * 60 * 1000

/** Drops the answers that were kept for repeated requests. */
export async function forgetOldAnswers({ store }: Pick<Portal, 'store'>, now: number): Promise<void> {
  await store.write((tx) => forgetAnswersBefore(tx, now - KEPT))
}
