import type { Migration } from '../../src/storage/migrations/table.ts'
import { migrations } from '../../src/storage/migrations/migrate.ts'
import { SqliteDatabases } from '../../src/storage/sqlite/sqlite-databases.ts'

/**
 * A process of a version that knows one step more: opens the portal `main` of a folder and writes a chat. With the
 * title `killed` it is killed in the middle of the step.
 */
const [folder = '', step = '', title = ''] = process.argv.slice(2)
;(migrations as Migration[]).push({
  name: step,
  async up({ db }) {
    await db.schema
      .alterTable('chat')
      .addColumn('topic', 'text', (c) => c.notNull().defaultTo('none'))
      .execute()
    if (title === 'killed') {
      await db.deleteFrom('chat').execute()
      process.kill(process.pid, 'SIGKILL')
    }
  },
})
const databases = new SqliteDatabases({
  folder,
  clock: { now: () => 1 },
  onFatal: (error) => {
    throw error
  },
})
const store = await databases.open('main')
await store.write((tx) =>
  tx.db.insertInto('chat').values({ kind: 'chat', title, createdAt: 1, updatedAt: 1 }).execute(),
)
await store.close()
await databases.close()
