import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { ManualClock } from '../../src/kernel/clock.ts'
import { prepared } from '../../src/storage/prepared.ts'
import type { Tx } from '../../src/storage/store.ts'
import { testStore } from '../support/databases.ts'

const newChat = { kind: 'chat', createdAt: 1, updatedAt: 1 } as const

const insertMessage = prepared<{ chatId: number; text: string }>()((db, p) =>
  db
    .insertInto('message')
    .values({ chatId: p.chatId, authorId: 1, callerId: 1, text: p.text, params: {}, createdAt: 1 }),
)
const insertBot = prepared<{ userId: number; code: string }>()((db, p) =>
  db.insertInto('bot').values({ userId: p.userId, code: p.code, owner: 'test', type: 'B', handlers: {}, createdAt: 1 }),
)
const texts = prepared<{ chatId: number }>()((db, p) =>
  db.selectFrom('message').select('text').where('chatId', '=', p.chatId).orderBy('id'),
)

const addChat = (tx: Tx, title: string): Promise<unknown> =>
  tx.db
    .insertInto('chat')
    .values({ ...newChat, title })
    .execute()

test('columns come back in the types they went in', async () => {
  await using store = await testStore(new ManualClock())
  await store.write(async (tx) => {
    await tx.db
      .insertInto('webhook')
      .values({ userId: 1, secretHash: 'x', scopes: ['crm', 'im'], createdAt: 1_700_000_000_000 })
      .execute()
    await tx.db
      .insertInto('user')
      .values({
        kind: 'bot',
        active: false,
        isAdmin: true,
        extra: { b: '🦀', a: '' },
        createdAt: 1,
        updatedAt: 1,
      })
      .execute()
    await tx.db
      .insertInto('setting')
      .values({ key: 'text', value: { is: 'object' } })
      .execute()
  })
  expect(await store.read.db.selectFrom('webhook').selectAll().executeTakeFirst()).toMatchObject({
    scopes: ['crm', 'im'],
    createdAt: 1_700_000_000_000,
    revokedAt: null,
  })
  expect(await store.read.db.selectFrom('user').selectAll().executeTakeFirst()).toMatchObject({
    active: false,
    isAdmin: true,
    extra: { b: '🦀', a: '' },
    name: '',
    lastActivityAt: null,
  })
  const { n, sum } = await store.read.db
    .selectFrom('user')
    .select((eb) => [eb.fn.countAll<number>().as('n'), sql<number>`sum(created_at)`.as('sum')])
    .executeTakeFirstOrThrow()
  expect([n, sum]).toEqual([1, 1])
})

test('a transaction that throws leaves nothing, those beside it stay', async () => {
  await using store = await testStore(new ManualClock())
  const hooks: string[] = []
  const outcomes = await Promise.allSettled(
    [0, 1, 2].map((n) =>
      store.write(async (tx) => {
        tx.afterCommit(() => hooks.push(`chat ${n}`))
        await addChat(tx, String(n))
        if (n === 1) throw new Error('no')
      }),
    ),
  )
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await store.read.db.selectFrom('chat').select('title').orderBy('title').execute()).toEqual([
    { title: '0' },
    { title: '2' },
  ])
  expect(hooks.toSorted()).toEqual(['chat 0', 'chat 2'])
})

test('a savepoint undoes its own part and the hooks of that part', async () => {
  await using store = await testStore(new ManualClock())
  const hooks: string[] = []
  await store.write(async (tx) => {
    tx.afterCommit(() => hooks.push('kept'))
    await addChat(tx, 'before')
    await expect(
      tx.savepoint(async () => {
        tx.afterCommit(() => hooks.push('undone'))
        await addChat(tx, 'undone')
        expect(await tx.savepoint(async () => 7)).toBe(7)
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await addChat(tx, 'after')
  })
  expect(await store.read.db.selectFrom('chat').select('title').orderBy('id').execute()).toEqual([
    { title: 'before' },
    { title: 'after' },
  ])
  expect(hooks).toEqual(['kept'])
})

test('what is sent without waiting reaches the caller when it fails, and undoes the transaction', async () => {
  await using store = await testStore(new ManualClock())
  const hooks: string[] = []
  await store.write((tx) => tx.run(insertBot, { userId: 1, code: 'one' }))
  const failing = store.write(async (tx) => {
    tx.afterCommit(() => hooks.push('never'))
    await tx.run(insertMessage, { chatId: 1, text: 'undone' })
    // The same key again; nothing in the transaction looks at the answer.
    await tx.run(insertBot, { userId: 1, code: 'two' })
  })
  await expect(failing).rejects.toThrow(/unique/i)
  expect(await store.read.all(texts, { chatId: 1 })).toEqual([])
  expect(hooks).toEqual([])
  // The store goes on.
  await store.write((tx) => tx.run(insertMessage, { chatId: 1, text: 'later' }))
  expect(await store.read.all(texts, { chatId: 1 })).toEqual([{ text: 'later' }])
})

test('an event that cannot be stored reaches the caller, and undoes the transaction', async () => {
  await using store = await testStore(new ManualClock())
  const failing = store.write(async (tx) => {
    await tx.run(insertMessage, { chatId: 1, text: 'undone' })
    await tx.emit({ type: 'message.added', subject: null as unknown as string, payload: {} })
  })
  await expect(failing).rejects.toThrow(/null/i)
  expect(await store.read.all(texts, { chatId: 1 })).toEqual([])
})

test('a savepoint undoes only its part when something fails in it that nobody waited for', async () => {
  await using store = await testStore(new ManualClock())
  await store.write(async (tx) => {
    await tx.run(insertBot, { userId: 1, code: 'one' })
    await tx.run(insertMessage, { chatId: 1, text: 'before' })
    await expect(
      tx.savepoint(async () => {
        await tx.run(insertMessage, { chatId: 1, text: 'undone' })
        await tx.run(insertBot, { userId: 1, code: 'two' })
      }),
    ).rejects.toThrow(/unique/i)
    await tx.run(insertMessage, { chatId: 1, text: 'after' })
    expect(await tx.all(texts, { chatId: 1 })).toEqual([{ text: 'before' }, { text: 'after' }])
    expect(await tx.savepoint(() => tx.insert(insertMessage, { chatId: 2, text: 'inner' }))).toBeGreaterThan(0)
  })
  expect(await store.read.all(texts, { chatId: 1 })).toEqual([{ text: 'before' }, { text: 'after' }])
  expect(await store.read.all(texts, { chatId: 2 })).toEqual([{ text: 'inner' }])
})

test('a failure that the work swallows still undoes the transaction, or is none', async () => {
  await using store = await testStore(new ManualClock())
  const hooks: string[] = []
  const write = store.write(async (tx) => {
    tx.afterCommit(() => hooks.push('committed'))
    await tx.run(insertMessage, { chatId: 1, text: 'first' })
    await tx.insert(insertBot, { userId: 1, code: 'one' }).catch(() => {})
    await tx.insert(insertBot, { userId: 1, code: 'two' }).catch(() => {})
    await tx.insert(insertMessage, { chatId: 1, text: 'second' }).catch(() => {})
  })
  const outcome = await write.then(
    () => 'acknowledged',
    () => 'refused',
  )
  const stored = await store.read.all(texts, { chatId: 1 })
  expect({ outcome, stored, hooks }).toEqual(
    outcome === 'acknowledged'
      ? { outcome, stored: [{ text: 'first' }, { text: 'second' }], hooks: ['committed'] }
      : { outcome, stored: [], hooks: [] },
  )
})

test('readers never see a transaction that is not committed', async () => {
  await using store = await testStore(new ManualClock())
  let seen: unknown
  const begun = Promise.withResolvers<void>()
  const looked = Promise.withResolvers<void>()
  const writing = store.write(async (tx) => {
    await addChat(tx, 'undone')
    begun.resolve()
    // A transaction that takes more than one turn of the loop: the reader asks in between.
    await looked.promise
    throw new Error('undone')
  })
  await begun.promise
  const reading = store.read.db.selectFrom('chat').selectAll().execute()
  setImmediate(() => looked.resolve())
  await expect(writing).rejects.toThrow('undone')
  seen = await reading
  expect(seen).toEqual([])
})

test('versions of tables grow with what is committed to them, and with nothing else', async () => {
  await using store = await testStore(new ManualClock())
  const version = (): number => store.version(['chat'])
  const before = version()
  await store.write((tx) => addChat(tx, 'one'))
  const after = version()
  expect(after).toBeGreaterThan(before)
  await store.write((tx) => tx.run(insertMessage, { chatId: 1, text: 'other table' }))
  await store.write(async (tx) => void (await tx.db.selectFrom('chat').selectAll().execute()))
  expect(version()).toBe(after)
})
