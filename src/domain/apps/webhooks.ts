import { sha256 } from '../../kernel/hash.ts'
import type { Ids } from '../../kernel/ids.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { unbindAllOf } from '../delivery/handlers.ts'
import { Refusal } from '../refusal.ts'

/** As long as Bitrix24's; alphanumeric, which some clients insist on. */
const SECRET_LENGTH = 16

export interface NewWebhook {
  readonly userId: number
  readonly scopes: readonly string[]
  readonly title?: string
}

/** Makes an inbound webhook. The secret is answered here and never again: only its hash is kept. */
export async function createWebhook(
  tx: Tx,
  ids: Ids,
  now: number,
  webhook: NewWebhook,
): Promise<{ id: number; secret: string }> {
  const user = await tx.db
    .selectFrom('user')
    .select(['kind', 'active'])
    .where('id', '=', webhook.userId)
    .executeTakeFirst()
  if (!user || user.kind !== 'employee' || !user.active)
    throw new Refusal('userNotFound', `There is no active employee with id ${webhook.userId}`)
  const secret = ids.secret(SECRET_LENGTH)
  const { id } = await tx.db
    .insertInto('webhook')
    .values({
      userId: webhook.userId,
      secretHash: sha256(secret),
      title: webhook.title ?? '',
      scopes: [...webhook.scopes],
      createdAt: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id, secret }
}

/** Webhooks that still let in, oldest first. */
export function listWebhooks(read: Reader) {
  return read.db
    .selectFrom('webhook')
    .select(['id', 'userId', 'title', 'scopes', 'createdAt', 'lastUsedAt'])
    .where('revokedAt', 'is', null)
    .orderBy('id')
    .execute()
}

/** Ends a webhook at once. Refuses with `webhookNotFound`. */
export async function revokeWebhook(tx: Tx, now: number, id: number): Promise<void> {
  const { numUpdatedRows } = await tx.db
    .updateTable('webhook')
    .set({ revokedAt: now })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n)
    throw new Refusal('webhookNotFound', `There is no webhook ${id}; see "cordboard webhook list"`)
  await unbindAllOf(tx, now, `webhook:${id}`)
}
