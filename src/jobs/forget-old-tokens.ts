import { forgetTokens } from '../domain/apps/tokens.ts'
import type { Portal } from '../domain/portals/portal.ts'

/** Drops tokens that nobody can use any more. */
export async function forgetOldTokens({ store }: Pick<Portal, 'store'>, now: number): Promise<void> {
  await store.write((tx) => forgetTokens(tx, now))
}
