import type { Ids } from '../../kernel/ids.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { type Tokens, issueTokens } from '../apps/tokens.ts'
import { Refusal } from '../refusal.ts'

/** What an application is known by when it is called. */
export interface ApplicationFacts {
  readonly applicationToken: string
  readonly clientId: string
  readonly scopes: readonly string[]
}

/** Of an application that is there; nothing of one that was deleted. */
export function applicationFacts(read: Reader, id: number): Promise<ApplicationFacts | undefined> {
  return read.db
    .selectFrom('application')
    .select(['applicationToken', 'clientId', 'scopes'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** The application of an owner, `app:3`; nothing of a webhook. */
export function applicationIdOf(owner: string): number | undefined {
  const id = /^app:(\d+)$/.exec(owner)?.[1]
  return id === undefined ? undefined : Number(id)
}

/** Who stands in for a person that is not there any more; 0 where there is nobody. */
export async function firstAdministrator(read: Reader): Promise<number> {
  const found = await read.db
    .selectFrom('user')
    .select('id')
    .where('kind', '=', 'employee')
    .where('active', '=', true)
    .where('isAdmin', '=', true)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return found?.id ?? 0
}

/** Tokens for somebody; nothing where the application cannot act for him: he has left, or is a customer or a bot. */
export async function tokensFor(
  tx: Tx,
  ids: Ids,
  now: number,
  of: { readonly applicationId: number; readonly userId: number },
): Promise<Tokens | undefined> {
  try {
    return await issueTokens(tx, ids, now, of)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}
