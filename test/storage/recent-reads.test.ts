import { expect, test } from 'vitest'
import { ManualClock } from '../../src/kernel/clock.ts'
import { RecentReads } from '../../src/storage/recent-reads.ts'
import { testStore } from '../support/databases.ts'

test('a value is read once until one of its tables is written to', async () => {
  const store = await testStore(new ManualClock())
  const recent = new RecentReads<number>(store, ['department'])
  let loads = 0
  const get = () => recent.get('key', async () => ++loads)
  expect([await get(), await get()]).toEqual([1, 1])
  await store.write((tx) => tx.db.insertInto('chat').values({ kind: 'chat', createdAt: 1, updatedAt: 1 }).execute())
  expect(await get()).toBe(1)
  await store.write((tx) =>
    tx.db
      .insertInto('department')
      .values({ name: 'One' } as never)
      .execute(),
  )
  expect(await get()).toBe(2)
  await store.close()
})

test('nothing is kept of a reading that failed', async () => {
  const recent = new RecentReads<number>({ version: () => 0 }, [])
  await expect(recent.get('key', () => Promise.reject(new Error('not there')))).rejects.toThrow('not there')
  expect(await recent.get('key', async () => 5)).toBe(5)
})
