import { expect, test } from 'vitest'
import {
  createApplication,
  deleteApplication,
  finishInstallation,
  listApplications,
} from '../../../src/domain/apps/applications.ts'
import { identify } from '../../../src/domain/apps/credentials.ts'
import { readOptions, writeOptions } from '../../../src/domain/apps/options.ts'
import {
  type Renewal,
  forgetTokens,
  issueTokens,
  refreshTokens,
  revokeTokens,
} from '../../../src/domain/apps/tokens.ts'
import { createUser, deactivateUser } from '../../../src/domain/people/users.ts'
import { sha256 } from '../../../src/kernel/hash.ts'
import { ANNA, BORIS, LEAVER, testPortal } from '../../support/portal.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A portal with an application that acts for Anna. */
async function withApplication() {
  const t = await testPortal()
  const { store, ids, clock } = t.portal
  const app = await store.write((tx) =>
    createApplication(tx, ids, clock.now(), { title: 'Desk', scopes: ['im', 'user'] }),
  )
  const issue = (userId = ANNA, scopes?: string[]) =>
    store.write((tx) =>
      issueTokens(tx, ids, clock.now(), { applicationId: app.id, userId, ...(scopes ? { scopes } : {}) }),
    )
  const first = await issue()
  const renew = (change: Partial<Renewal> = {}) => {
    const { clientId, clientSecret } = app
    const renewal = { clientId, clientSecret, refreshToken: first.refreshToken, ...change }
    return store.write((tx) => refreshTokens(tx, ids, clock.now(), renewal))
  }
  const caller = (token: string) => identify(t.portal, { kind: 'token', token }, clock.now())
  return Object.assign(t, { app, first, issue, renew, identified: caller })
}

const refusal = (reason: string) => ({ name: 'Refusal', reason })

test('an application is known by a client id of the usual form; secrets are kept as hashes alone', async () => {
  await using t = await withApplication()
  const { read } = t.portal.store
  expect(t.app.clientId).toMatch(/^local\.[0-9a-f]{14}\.\d{8}$/)
  const [row] = await read.db.selectFrom('application').selectAll().execute()
  expect(row).toMatchObject({
    clientSecretHash: sha256(t.app.clientSecret),
    applicationToken: t.app.applicationToken,
    installed: true,
  })
  const kept = JSON.stringify([
    row,
    await read.db.selectFrom('token').selectAll().execute(),
    await read.db.selectFrom('outbox').selectAll().execute(),
  ])
  for (const secret of [t.app.clientSecret, t.first.accessToken, t.first.refreshToken])
    expect(kept).not.toContain(secret)
  expect(Object.keys((await listApplications(read))[0]!)).not.toContain('clientSecretHash')
})

test('one with an installer is installed when it says so, once', async () => {
  await using t = await testPortal()
  const { store, ids } = t.portal
  const { id } = await store.write((tx) =>
    createApplication(tx, ids, 1, { title: 'A', scopes: [], installUrl: 'https://a.example/install' }),
  )
  expect(await listApplications(store.read)).toMatchObject([{ id, installed: false }])
  await store.write((tx) => finishInstallation(tx, id))
  await store.write((tx) => finishInstallation(tx, id))
  expect(await listApplications(store.read)).toMatchObject([{ id, installed: true }])
  const types = (await store.read.db.selectFrom('outbox').select('type').execute()).map((event) => event.type)
  expect(types).toEqual(['application.added', 'application.installed'])
})

test('a token lets in for an hour, with its scopes, as its person', async () => {
  await using t = await withApplication()
  const caller = {
    userId: ANNA,
    isAdmin: false,
    scopes: ['im', 'user'],
    via: { kind: 'application', id: t.app.id, clientId: t.app.clientId },
  }
  expect(await t.identified(t.first.accessToken)).toEqual(caller)
  const narrow = await t.issue(BORIS, ['im'])
  expect(await t.identified(narrow.accessToken)).toMatchObject({ userId: BORIS, scopes: ['im'] })
  t.clock.advance(HOUR - 1)
  expect(await t.identified(t.first.accessToken)).toEqual(caller)
  t.clock.advance(1)
  await expect(t.identified(t.first.accessToken)).rejects.toMatchObject(refusal('expiredToken'))
  await expect(t.identified('nonsense')).rejects.toMatchObject(refusal('noAuth'))
  await expect(t.identified(t.first.refreshToken)).rejects.toMatchObject(refusal('noAuth'))
})

test('tokens are for active employees and for no more than the application may', async () => {
  await using t = await withApplication()
  const customer = await t.portal.store.write((tx) => createUser(tx, 1, { kind: 'customer' }))
  for (const userId of [LEAVER, customer, 999])
    await expect(t.issue(userId)).rejects.toMatchObject(refusal('userAccess'))
  await expect(t.issue(ANNA, ['im', 'crm'])).rejects.toMatchObject(refusal('invalidScope'))
  const { store, ids } = t.portal
  const unknown = store.write((tx) => issueTokens(tx, ids, 1, { applicationId: 99, userId: ANNA }))
  await expect(unknown).rejects.toMatchObject(refusal('applicationNotFound'))
})

test('a renewal gives a new pair; calls under way with the old access token are not cut off', async () => {
  await using t = await withApplication()
  const second = await t.renew()
  expect(second).toMatchObject({ userId: ANNA, scopes: ['im', 'user'], accessExpiresAt: t.clock.now() + HOUR })
  expect(second.accessToken).not.toBe(t.first.accessToken)
  expect(second.refreshToken).not.toBe(t.first.refreshToken)
  expect(await t.identified(t.first.accessToken)).toMatchObject({ userId: ANNA })
  expect(await t.identified(second.accessToken)).toMatchObject({ userId: ANNA })
  await t.renew({ refreshToken: second.refreshToken })
})

test('a refresh token is good once: of renewals at the same moment exactly one wins', async () => {
  await using t = await withApplication()
  const settled = await Promise.allSettled([t.renew(), t.renew(), t.renew()])
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const reasons = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  expect(reasons).toEqual([
    expect.objectContaining(refusal('invalidGrant')),
    expect.objectContaining(refusal('invalidGrant')),
  ])
  await expect(t.renew()).rejects.toMatchObject(refusal('invalidGrant'))
})

test('each refusal of a renewal has its reason, and spends nothing', async () => {
  await using t = await withApplication()
  const { store, ids } = t.portal
  const other = await store.write((tx) => createApplication(tx, ids, 1, { title: 'Other', scopes: ['im'] }))
  await expect(t.renew({ clientId: 'local.0.0' })).rejects.toMatchObject(refusal('invalidClient'))
  await expect(t.renew({ clientSecret: 'wrong' })).rejects.toMatchObject(refusal('invalidClient'))
  await expect(t.renew({ clientSecret: other.clientSecret })).rejects.toMatchObject(refusal('invalidClient'))
  await expect(t.renew(other)).rejects.toMatchObject(refusal('invalidGrant'))
  await expect(t.renew({ refreshToken: t.first.accessToken })).rejects.toMatchObject(refusal('invalidGrant'))
  await expect(t.renew({ scopes: ['im', 'crm'] })).rejects.toMatchObject(refusal('invalidScope'))
  expect(await t.renew({ scopes: ['im'] })).toMatchObject({ scopes: ['im'] })
})

test('a refresh token lives for 180 days', async () => {
  await using t = await withApplication()
  const late = await t.issue()
  t.clock.advance(180 * DAY - 1)
  await t.renew()
  t.clock.advance(1)
  await expect(t.renew({ refreshToken: late.refreshToken })).rejects.toMatchObject(refusal('invalidGrant'))
})

test('somebody who has left is let in neither by token nor by renewal', async () => {
  await using t = await withApplication()
  expect(await t.identified(t.first.accessToken)).toMatchObject({ userId: ANNA })
  await t.portal.store.write((tx) => deactivateUser(tx, 1, ANNA))
  await expect(t.identified(t.first.accessToken)).rejects.toMatchObject(refusal('userAccess'))
  await expect(t.renew()).rejects.toMatchObject(refusal('invalidGrant'))
})

test('revoking ends the tokens of one person, deleting the application those of all', async () => {
  await using t = await withApplication()
  const { store } = t.portal
  const boris = await t.issue(BORIS)
  await store.write((tx) => writeOptions(tx, { owner: `app:${t.app.id}`, userId: BORIS }, { a: 1 }))
  await store.write((tx) => revokeTokens(tx, t.app.id, ANNA))
  await expect(t.identified(t.first.accessToken)).rejects.toMatchObject(refusal('noAuth'))
  await expect(t.renew()).rejects.toMatchObject(refusal('invalidGrant'))
  expect(await t.identified(boris.accessToken)).toMatchObject({ userId: BORIS })
  await store.write((tx) => deleteApplication(tx, t.clock.now(), t.app.id))
  await expect(t.identified(boris.accessToken)).rejects.toMatchObject(refusal('noAuth'))
  await expect(t.renew({ refreshToken: boris.refreshToken })).rejects.toMatchObject(refusal('invalidClient'))
  expect(await readOptions(store.read, { owner: `app:${t.app.id}`, userId: BORIS })).toEqual({})
  expect(await listApplications(store.read)).toEqual([])
  const deleted = await store.read.db.selectFrom('outbox').selectAll().orderBy('id', 'desc').executeTakeFirst()
  expect(deleted).toMatchObject({
    type: 'application.deleted',
    payload: { owner: `app:${t.app.id}`, applicationToken: t.app.applicationToken },
  })
  await expect(store.write((tx) => deleteApplication(tx, t.clock.now(), t.app.id))).rejects.toMatchObject(
    refusal('applicationNotFound'),
  )
})

test('pairs that are good for nothing are forgotten, an expired access token only after its answer is known', async () => {
  await using t = await withApplication()
  const { store, clock } = t.portal
  const rows = () => store.read.db.selectFrom('token').select('id').execute()
  const second = await t.renew()
  t.clock.advance(29 * DAY)
  await store.write((tx) => forgetTokens(tx, clock.now()))
  await expect(t.identified(t.first.accessToken)).rejects.toMatchObject(refusal('expiredToken'))
  t.clock.advance(2 * DAY)
  await store.write((tx) => forgetTokens(tx, clock.now()))
  await expect(t.identified(t.first.accessToken)).rejects.toMatchObject(refusal('noAuth'))
  await expect(t.identified(second.accessToken)).rejects.toMatchObject(refusal('expiredToken'))
  t.clock.advance(180 * DAY)
  await store.write((tx) => forgetTokens(tx, clock.now()))
  expect(await rows()).toEqual([])
})
