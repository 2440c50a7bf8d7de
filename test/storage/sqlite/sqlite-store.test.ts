import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/kernel/clock.ts'
import { prepared } from '../../../src/storage/prepared.ts'
import { openSqlite } from '../../../src/storage/sqlite/sqlite-store.ts'
import type { Store } from '../../../src/storage/store.ts'

const memory = (): Promise<Store> => openSqlite({ file: ':memory:', clock: new ManualClock() })

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cordboard-test-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const newChat = { kind: 'chat', createdAt: 1, updatedAt: 1 } as const

test('a transaction that throws leaves nothing, its neighbours in the group stay', async () => {
  const store = await memory()
  const hooks: string[] = []
  const outcomes = await Promise.allSettled(
    [0, 1, 2].map((n) =>
      store.write(async (tx) => {
        tx.afterCommit(() => hooks.push(`chat ${n}`))
        await tx.db
          .insertInto('chat')
          .values({ ...newChat, title: String(n) })
          .execute()
        if (n === 1) throw new Error('no')
      }),
    ),
  )
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await store.read.db.selectFrom('chat').select('title').execute()).toEqual([{ title: '0' }, { title: '2' }])
  expect(hooks).toEqual(['chat 0', 'chat 2'])
  await store.close()
})

test('the store refuses to be used inside its own transaction instead of waiting for ever', async () => {
  const store = await memory()
  await expect(store.write(() => store.read.db.selectFrom('chat').selectAll().execute())).rejects.toThrow(
    /inside a transaction/,
  )
  await expect(store.write(() => store.write(async () => 1))).rejects.toThrow(/inside a transaction/)
  await store.close()
})

const insert = prepared<{ chatId: number; text: string }>()((db, p) =>
  db
    .insertInto('message')
    .values({ chatId: p.chatId, authorId: 1, callerId: 1, text: p.text, params: {}, createdAt: 1 }),
)

test('whatever the interleaving: acknowledged is stored, refused is not, order per chat is the order of the calls', async () => {
  await withFolder(async (folder) => {
    let run = 0
    const write = fc.record({
      chat: fc.integer({ min: 1, max: 3 }),
      fails: fc.boolean(),
      pause: fc.integer({ min: 0, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 60 }), async (writes) => {
        const file = join(folder, `${run++}.sqlite`)
        const store = await openSqlite({ file, clock: new ManualClock() })
        const acknowledged: string[] = []
        const pending: Promise<void>[] = []
        for (const [n, { chat, fails, pause }] of writes.entries()) {
          for (let i = 0; i < pause; i++) await new Promise((resolve) => setImmediate(resolve))
          const text = `${chat}/${n}`
          const done = store.write(async (tx) => {
            await tx.run(insert, { chatId: chat, text })
            if (fails) throw new Error('refused')
          })
          pending.push(
            done.then(
              () => void acknowledged.push(text),
              () => {},
            ),
          )
        }
        await Promise.all(pending)
        await store.close()
        const reopened = await openSqlite({ file, clock: new ManualClock() })
        const rows = await reopened.read.db.selectFrom('message').select(['chatId', 'text']).orderBy('id').execute()
        await reopened.close()
        const wanted = writes.flatMap(({ chat, fails }, n) => (fails ? [] : [`${chat}/${n}`]))
        expect(rows.map((row) => row.text).toSorted()).toEqual(acknowledged.toSorted())
        for (const chat of [1, 2, 3]) {
          expect(rows.filter((row) => row.chatId === chat).map((row) => row.text)).toEqual(
            wanted.filter((text) => text.startsWith(`${chat}/`)),
          )
        }
      }),
      { numRuns: 25 },
    )
  })
})

test('a database of a newer version is refused in one sentence', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'newer.sqlite')
    const store = await openSqlite({ file, clock: new ManualClock() })
    await store.write((tx) =>
      tx.db
        .insertInto('schemaStep' as 'setting')
        .values({ name: '9999-future' } as never)
        .execute(),
    )
    await store.close()
    await expect(openSqlite({ file, clock: new ManualClock() })).rejects.toThrow(/newer version of Cordboard/)
  })
})
