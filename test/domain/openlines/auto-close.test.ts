import { expect, test } from 'vitest'
import { autoCloseSession } from '../../../src/domain/openlines/auto-close.ts'
import { AUTO_CLOSE } from '../../../src/domain/openlines/sessions.ts'
import { nextTimerAt } from '../../../src/domain/timers/timers.ts'
import { runDueTimers } from '../../../src/jobs/timers.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { openChannel } from '../../support/open-channel.ts'
import { ANNA, type TestPortal, testPortal } from '../../support/portal.ts'

const MINUTE = 60_000

/** Moves the clock on and does what is due, as the server does every second. */
async function pass(t: TestPortal, minutes: number): Promise<void> {
  t.clock.advance(minutes * MINUTE)
  await runDueTimers({
    portal: t.portal,
    handlers: { [AUTO_CLOSE]: autoCloseSession },
    onError: (_, reason) => {
      throw new Error(reason)
    },
  })
}

async function stateOf({ portal }: TestPortal, id: number): Promise<string> {
  const { state } = await portal.store.read.db
    .selectFrom('session')
    .select('state')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return state
}

/** A conversation on a line with these settings, which Anna has answered. */
async function answered(t: TestPortal, settings: JsonObject) {
  const channel = await openChannel(t, settings)
  const conversation = await channel.deliver('m1')
  const say = (text: string) =>
    t.call('im.message.add', { DIALOG_ID: `chat${conversation.chat}`, MESSAGE: text }, t.as(ANNA))
  await say('Hello, how can I help?')
  expect(await stateOf(t, conversation.session)).toBe('answered')
  return { ...conversation, channel, say }
}

test('a session in which nobody writes any more closes by itself, with the text of its line', async () => {
  await using t = await testPortal()
  const { session, chat } = await answered(t, {
    AUTO_CLOSE_TIME: 1800,
    AUTO_CLOSE_RULE: 'text',
    AUTO_CLOSE_TEXT: 'We close this conversation now.',
  })
  await pass(t, 29)
  expect(await stateOf(t, session)).toBe('answered')
  await pass(t, 1)
  expect(await stateOf(t, session)).toBe('closed')
  const messages = await t.portal.store.read.db
    .selectFrom('message')
    .select(['text', 'authorId'])
    .where('chatId', '=', chat)
    .orderBy('id')
    .execute()
  expect(messages.at(-1)).toEqual({ text: 'We close this conversation now.', authorId: 0 })
  expect(await nextTimerAt(t.portal.store.read)).toBeUndefined()
  await pass(t, 60)
  const closed = t.portal.store.read.db.selectFrom('outbox').select('id').where('type', '=', 'session.closed')
  expect(await closed.execute()).toHaveLength(1)
})

test('every message gives it the whole time again', async () => {
  await using t = await testPortal()
  const { session, say, channel } = await answered(t, { AUTO_CLOSE_TIME: 1800, AUTO_CLOSE_RULE: 'none' })
  await pass(t, 20)
  await say('Are you still there?')
  await pass(t, 20)
  await channel.deliver('m2')
  await pass(t, 29)
  expect(await stateOf(t, session)).toBe('answered')
  await pass(t, 1)
  expect(await stateOf(t, session)).toBe('closed')
})

test('a customer whom nobody has answered is not sent away', async () => {
  await using t = await testPortal()
  const channel = await openChannel(t, { AUTO_CLOSE_TIME: 1800 })
  const { session } = await channel.deliver('m1')
  const before = await stateOf(t, session)
  await pass(t, 24 * 60)
  expect(await stateOf(t, session)).toBe(before)
  expect(await nextTimerAt(t.portal.store.read)).toBeGreaterThan(t.clock.now())
})

test('a session that was closed by other means has no timer any more', async () => {
  await using t = await testPortal()
  const { session, channel } = await answered(t, { AUTO_CLOSE_TIME: 1800 })
  await t.call('imopenlines.config.delete', { CONFIG_ID: channel.line })
  expect(await stateOf(t, session)).toBe('closed')
  expect(await nextTimerAt(t.portal.store.read)).toBeUndefined()
})

test('a line may keep its conversations open for ever', async () => {
  await using t = await testPortal()
  await answered(t, { AUTO_CLOSE_TIME: 0 })
  expect(await nextTimerAt(t.portal.store.read)).toBeUndefined()
})
