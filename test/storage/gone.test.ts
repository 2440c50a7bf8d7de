import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../src/kernel/clock.ts'
import { StoreGone } from '../../src/storage/unavailable.ts'
import { engine, testDatabases, uniqueName } from '../support/databases.ts'

test.runIf(engine === 'postgres')(
  'a portal that another process deletes is told from a table that is missing',
  async () => {
    const [ours, theirs] = [await testDatabases(new ManualClock()), await testDatabases(new ManualClock())]
    onTestFinished(async () => {
      await ours.close()
      await theirs.close()
    })
    const name = uniqueName()
    await theirs.create(name, async () => {})
    const store = await ours.open(name)
    const calls = {
      read: () => store.read.db.selectFrom('setting').selectAll().execute(),
      write: () => store.write((tx) => tx.db.deleteFrom('timer').execute()),
      blindWrite: () => store.write((tx) => tx.emit({ type: 'test', subject: 'test', payload: {} })),
    }
    for (const call of Object.values(calls)) await call()
    await expect(store.write((tx) => sql`select * from no_such_table`.execute(tx.db))).rejects.toThrow(
      'relation "no_such_table" does not exist',
    )
    await theirs.delete(name)
    for (const call of Object.values(calls)) await expect(call()).rejects.toThrow(StoreGone)
    await expect(ours.open(name)).rejects.toThrow(StoreGone)
  },
)
