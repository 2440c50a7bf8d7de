import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../src/kernel/clock.ts'
import { prepared } from '../../src/storage/prepared.ts'
import type { Store, Tx } from '../../src/storage/store.ts'
import { testStores } from '../support/databases.ts'

const add = prepared<{ chatId: number; text: string }>()((db, p) =>
  db
    .insertInto('message')
    .values({ chatId: p.chatId, authorId: 1, callerId: 1, text: p.text, params: {}, createdAt: 1 }),
)
const count = prepared<{ chatId: number; messageId: number }>()((db, p) =>
  db
    .updateTable('chat')
    .set((eb) => ({ lastMessageId: p.messageId, messageCount: eb('messageCount', '+', 1) }))
    .where('id', '=', p.chatId),
)
const chatById = prepared<{ id: number }>()((db, p) => db.selectFrom('chat').select('id').where('id', '=', p.id))

/** How a message ends: well, refused before or after it was written, or against the rules of the database. */
const ENDS = ['well', 'well', 'well', 'refused before', 'refused after', 'wrong'] as const
type End = (typeof ENDS)[number]

async function send(tx: Tx, chatId: number, text: string, end: End, hooks: string[]): Promise<number> {
  await tx.first(chatById, { id: chatId })
  if (end === 'refused before') throw new Error('refused')
  tx.afterCommit(() => hooks.push(text))
  const messageId = await tx.insert(add, { chatId, text })
  // A session of its id is there already, or a chat of that code.
  if (end === 'wrong') await tx.db.insertInto('setting').values({ key: 'taken', value: {} }).execute()
  await tx.run(count, { chatId, messageId })
  await tx.emit({ type: 'message.added', subject: `chat:${chatId}`, payload: { text } })
  if (end === 'refused after') throw new Error('refused')
  return messageId
}

async function fill(store: Store, chats: number): Promise<void> {
  await store.write(async (tx) => {
    await tx.db.insertInto('setting').values({ key: 'taken', value: {} }).execute()
    for (let n = 0; n < chats; n++)
      await tx.db.insertInto('chat').values({ kind: 'lines', createdAt: 1, updatedAt: 1 }).execute()
  })
}

test('works about different things share what they can: acknowledged is stored, refused is not, in order for each', async () => {
  const call = fc.record({
    chat: fc.integer({ min: 1, max: 5 }),
    process: fc.integer({ min: 0, max: 1 }),
    end: fc.constantFrom(...ENDS),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 40 }), async (calls) => {
      await using opened = await testStores(new ManualClock(), 2)
      const { stores } = opened
      await fill(stores[0]!, 5)
      const hooks: string[] = []
      const answers = await Promise.allSettled(
        calls.map(({ chat, process, end }, n) =>
          stores[process]!.write((tx) => send(tx, chat, `message ${n}`, end, hooks), { about: `chat:${chat}` }),
        ),
      )
      const { db } = stores[0]!.read
      const messages = await db.selectFrom('message').select(['id', 'chatId', 'text']).orderBy('id').execute()
      const acknowledged = answers.flatMap((answer, n) =>
        answer.status === 'fulfilled' ? [{ id: answer.value, chatId: calls[n]!.chat, text: `message ${n}` }] : [],
      )
      // Every one that was to end well has, whatever became of those beside it.
      expect(acknowledged.map(({ text }) => text)).toEqual(
        calls.flatMap(({ end }, n) => (end === 'well' ? [`message ${n}`] : [])),
      )
      expect(messages).toEqual(acknowledged.toSorted((a, b) => a.id - b.id))
      const reasons = answers.flatMap((answer, n) =>
        answer.status === 'rejected' ? [[calls[n]!.end, String(answer.reason)] as const] : [],
      )
      expect(reasons.filter(([end, reason]) => !(end === 'wrong' ? /unique/i : /refused/).test(reason))).toEqual([])
      expect(hooks.toSorted()).toEqual(acknowledged.map(({ text }) => text).toSorted())
      for (const chat of await db.selectFrom('chat').select(['id', 'messageCount', 'lastMessageId']).execute()) {
        const own = messages.filter(({ chatId }) => chatId === chat.id)
        expect(chat).toMatchObject({ messageCount: own.length, lastMessageId: own.at(-1)?.id ?? null })
        // Of one process they come in the order in which they were asked for.
        for (const process of [0, 1]) {
          const numbers = own
            .map(({ text }) => Number(text.slice('message '.length)))
            .filter((n) => calls[n]!.process === process)
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
        }
      }
      const events = await db.selectFrom('outbox').select('payload').execute()
      expect(events).toHaveLength(messages.length)
    }),
    { numRuns: 12 },
  )
}, 90_000)

test('many about different things share a commit', async () => {
  await using opened = await testStores(new ManualClock(), 1)
  const store = opened.stores[0]!
  await fill(store, 20)
  const before = { ...store.counted }
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      store.write((tx) => send(tx, n + 1, `message ${n}`, 'well', []), { about: `chat:${n + 1}` }),
    ),
  )
  expect(store.counted.transactions - before.transactions).toBe(20)
  expect(store.counted.commits - before.commits).toBeLessThan(5)
})
