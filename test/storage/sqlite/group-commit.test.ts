import { expect, test } from 'vitest'
import { type CommitPort, GroupCommit } from '../../../src/storage/sqlite/group-commit.ts'

/** A database that notes what it is told, and may fail to commit. */
function port(commit: () => void = () => {}): CommitPort & { told: string[] } {
  const told: string[] = []
  const note = (word: string) => () => void told.push(word)
  return {
    told,
    begin: note('begin'),
    commit: () => {
      told.push('commit')
      commit()
    },
    rollback: note('rollback'),
    savepoint: note('savepoint'),
    release: note('release'),
    rollbackToSavepoint: note('undo'),
  }
}

test('transactions that wait at the same moment share one commit', async () => {
  const database = port()
  const groups: number[] = []
  const commits = new GroupCommit(
    database,
    () => {},
    (transactions) => groups.push(transactions),
  )
  const values = await Promise.all([1, 2, 3].map((n) => commits.add(async () => n)))
  expect(values).toEqual([1, 2, 3])
  expect(database.told.filter((word) => word === 'commit')).toHaveLength(1)
  expect(commits.counted).toEqual({ commits: 1, transactions: 3, retries: 0 })
  expect(groups).toEqual([3])
})

test('nothing is acknowledged before the commit has returned', async () => {
  const order: string[] = []
  const commits = new GroupCommit(
    port(() => order.push('durable')),
    () => {},
  )
  await commits.add(async () => order.push('written')).then(() => order.push('acknowledged'))
  expect(order).toEqual(['written', 'durable', 'acknowledged'])
})

test('a commit that fails refuses the whole group; a full disk lets the next one try', async () => {
  let full = true
  const commits = new GroupCommit(
    port(() => {
      if (full) throw new Error('database or disk is full')
    }),
    () => expect.unreachable('a full disk is not fatal'),
  )
  const outcomes = await Promise.allSettled([commits.add(async () => 1), commits.add(async () => 2)])
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected'])
  full = false
  expect(await commits.add(async () => 3)).toBe(3)
})

test('after a failed fsync nothing more is acknowledged', async () => {
  const fatal: unknown[] = []
  const commits = new GroupCommit(
    port(() => {
      throw new Error('disk I/O error')
    }),
    (error) => fatal.push(error),
  )
  await expect(commits.add(async () => 1)).rejects.toThrow('disk I/O error')
  await expect(commits.add(async () => 2)).rejects.toThrow('disk I/O error')
  expect(fatal).toHaveLength(1)
})

test('closing settles what was taken and takes no more', async () => {
  const commits = new GroupCommit(port(), () => {})
  const last = commits.add(async () => 'last')
  await commits.close()
  expect(await last).toBe('last')
  await expect(commits.add(async () => 1)).rejects.toThrow('closed')
})
