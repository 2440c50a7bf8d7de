import { expect, test } from 'vitest'
import { z } from 'zod'
import { Dispatcher } from '../../src/rest/dispatch.ts'
import { RestError } from '../../src/rest/errors.ts'
import { Limits, type LimitsOptions } from '../../src/rest/limits.ts'
import { method } from '../../src/rest/method.ts'
import { Registry } from '../../src/rest/registry.ts'
import { ADMIN, ANNA, type TestPortal, registry, testPortal } from '../support/portal.ts'

const limited = ({ portal }: TestPortal, limits: LimitsOptions): Dispatcher =>
  new Dispatcher({ portal, registry, limits: new Limits(limits) })

test('a caller may empty his bucket and is then refused until it has drained', async () => {
  await using t = await testPortal()
  const dispatcher = limited(t, { rate: { drainPerSecond: 2, capacity: 3 } })
  const call = () => dispatcher.dispatch(t.as(ADMIN), 'user.admin', {})
  for (let n = 0; n < 3; n++) await call()
  await expect(call()).rejects.toMatchObject({ code: 'QUERY_LIMIT_EXCEEDED', status: 503 })
  // Another caller has a bucket of his own.
  await expect(dispatcher.dispatch(t.as(ANNA), 'user.admin', {})).resolves.toMatchObject({ result: false })
  t.clock.advance(500)
  await expect(call()).resolves.toMatchObject({ result: true })
})

test('a method that has used up its time is blocked, others are not; the figures are true', async () => {
  await using t = await testPortal()
  const dispatcher = limited(t, { operatingSeconds: 0 })
  const caller = t.as(ADMIN)
  const first = await dispatcher.dispatch(caller, 'user.admin', {})
  expect(first.time.operating).toBeGreaterThan(0)
  expect(first.time.operating_reset_at).toBe(Math.floor(t.clock.now() / 1000) + 600)
  await expect(dispatcher.dispatch(caller, 'user.admin', {})).rejects.toMatchObject({
    code: 'OPERATION_TIME_LIMIT',
    status: 429,
  })
  await expect(dispatcher.dispatch(caller, 'profile', {})).resolves.toBeDefined()
  t.clock.advance(11 * 60 * 1000)
  await expect(dispatcher.dispatch(caller, 'user.admin', {})).resolves.toBeDefined()
})

test('only a caller with the scope gets in', async () => {
  await using t = await testPortal()
  const narrow = t.as(ADMIN, { scopes: ['im'] })
  expect(await t.error('crm.lead.list', {}, narrow)).toMatchObject({ code: 'insufficient_scope', status: 403 })
  await expect(t.call('server.time', {}, narrow)).resolves.toBeDefined()
})

test('a refusal that the method does not declare is a fault of ours, not an answer', async () => {
  await using t = await testPortal()
  const careless = method('careless', {
    doc: 'Refuses for a reason of its own.',
    scope: 'basic',
    params: {},
    result: z.null(),
    read: async ({ fail }) => fail('unheardOf'),
  })
  const dispatcher = new Dispatcher({
    portal: t.portal,
    registry: new Registry([careless], ['careless']),
    limits: new Limits({}),
  })
  const failure: unknown = await dispatcher.dispatch(t.as(ADMIN), 'careless', {}).catch((error: unknown) => error)
  expect(failure).not.toBeInstanceOf(RestError)
  expect(String(failure)).toContain('careless does not declare the refusal "unheardOf"')
})
