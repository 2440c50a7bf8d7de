import { expect, test } from 'vitest'
import { Presence } from '../../../src/domain/apps/presence.ts'
import type { Caller } from '../../../src/domain/caller.ts'
import { createWebhook } from '../../../src/domain/apps/webhooks.ts'
import { ANNA, BORIS, testPortal } from '../../support/portal.ts'

/** Presence over a portal whose writes are counted; `settled` waits for those under way. */
async function watched() {
  const t = await testPortal()
  const { store, ids } = t.portal
  const { id } = await store.write((tx) => createWebhook(tx, ids, t.clock.now(), { userId: ANNA, scopes: ['im'] }))
  const writes: Promise<unknown>[] = []
  const errors: unknown[] = []
  const counting: Pick<typeof store, 'write'> = {
    write: (work) => {
      const written = store.write(work)
      writes.push(written)
      return written
    },
  }
  const presence = new Presence({ store: counting, onError: (error) => errors.push(error) })
  const seen = (userId = ANNA, webhookId = id) =>
    presence.seen(t.as(userId, { via: { kind: 'webhook', id: webhookId } }), t.clock.now())
  const noted = async () => {
    await Promise.allSettled(writes)
    const webhook = await store.read.db
      .selectFrom('webhook')
      .select('lastUsedAt')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const user = await store.read.db
      .selectFrom('user')
      .select('lastActivityAt')
      .where('id', '=', ANNA)
      .executeTakeFirstOrThrow()
    return [webhook.lastUsedAt, user.lastActivityAt]
  }
  return Object.assign(t, { presence, seen, noted, writes, errors })
}

test('notes the first use, then once a minute, in one write', async () => {
  await using t = await watched()
  const start = t.clock.now()
  t.clock.advance(5)
  for (let i = 0; i < 100; i++) t.seen()
  expect(await t.noted()).toEqual([start + 5, start + 5])
  t.clock.advance(59_999)
  t.seen()
  expect(await t.noted()).toEqual([start + 5, start + 5])
  t.clock.advance(1)
  t.seen()
  expect(await t.noted()).toEqual([start + 60_005, start + 60_005])
  expect(t.writes).toHaveLength(2)
})

test('each webhook and each person has a minute of its own; an application leaves webhooks alone', async () => {
  await using t = await watched()
  t.seen(ANNA)
  t.seen(BORIS)
  t.presence.seen(t.as(BORIS, { via: { kind: 'application', id: 1, clientId: 'local.1.1' } }), t.clock.now())
  expect(t.writes).toHaveLength(2)
})

test('a clock that was set back does not silence it', async () => {
  await using t = await watched()
  t.seen()
  await t.noted()
  t.clock.advance(-3_600_000)
  t.seen()
  expect(await t.noted()).toEqual([t.clock.now(), t.clock.now()])
})

test('a note that cannot be written is told and nothing else', async () => {
  const t = await watched()
  await t.portal.store.close()
  expect(() => t.seen()).not.toThrow()
  await Promise.allSettled(t.writes)
  expect(t.errors).toHaveLength(1)
})

const caller = (userId: number): Caller => ({
  userId,
  isAdmin: false,
  scopes: [],
  via: { kind: 'application', id: 1, clientId: '' },
})

test('however many come, a bounded number is remembered', async () => {
  const written: number[] = []
  const store = { write: async () => void written.push(1) } as unknown as ConstructorParameters<
    typeof Presence
  >[0]['store']
  const presence = new Presence({ store, onError: () => {} })
  for (let userId = 1; userId <= 10_001; userId++) presence.seen(caller(userId), 0)
  presence.seen(caller(10_001), 1)
  expect(written).toHaveLength(10_001)
  presence.seen(caller(1), 1)
  expect(written).toHaveLength(10_002)
})
