import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check'
import { expect, test } from 'vitest'
import { openChannel } from '../../support/open-channel.ts'
import { testPortal } from '../../support/portal.ts'

test('whatever is repeated and in whatever order it comes, each message is written once', async () => {
  const one = record({
    user: constantFrom('u1', 'u2'),
    chat: constantFrom('c1', 'c2'),
    id: integer({ min: 1, max: 6 }),
  })
  const calls = array(array(one, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 })
  await assert(
    asyncProperty(calls, async (batches) => {
      await using t = await testPortal()
      const { send, message } = await openChannel(t)
      // A messenger's own id belongs to one author: the chat and the number make it.
      const toMessage = ({ user, chat, id }: (typeof batches)[number][number]) =>
        message(`${user}-${id}`, { user: { id: user }, chat: { id: chat } })
      const answers = await Promise.all(batches.map((batch) => send(...batch.map(toMessage))))
      const wanted = new Set(batches.flat().map(({ user, chat, id }) => `${chat} ${user}-${id}`))
      const { db } = t.portal.store.read
      const known = await db.selectFrom('connectorMessage').selectAll().execute()
      expect(new Set(known.map((row) => `${row.externalChatId} ${row.externalMessageId}`))).toEqual(wanted)
      const written = await db.selectFrom('message').select('id').where('isSystem', '=', false).execute()
      expect(written).toHaveLength(wanted.size)
      const told = answers.flatMap((answer, n) =>
        answer.DATA.RESULT.map(
          (result, m) => [JSON.stringify(batches[n]![m]), JSON.stringify(result.session)] as const,
        ),
      )
      // The same message is always answered the same.
      expect(new Set(told.map(String)).size).toBe(new Set(told.map(([sent]) => sent)).size)
      const open = await db.selectFrom('session').select('chatId').where('state', '!=', 'closed').execute()
      expect(new Set(open.map((session) => session.chatId)).size).toBe(open.length)
    }),
    { numRuns: 25 },
  )
})
