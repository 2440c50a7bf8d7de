import type { Migration } from './table.ts'

/** What several processes share: numbered events, timers that fire once, and how much a caller has used. */
export const eventsTimersLimits: Migration = {
  name: '0002-events-timers-limits',
  async up({ table, index, db }) {
    await table('event', (t) => t.integerKey('seq').text('type', 'subject').json('payload').integer('created_at'))
    await index('event', ['created_at'])
    await table('event_sequence', (t) => t.integerKey('id').integer('last_seq'))
    await db.insertInto('event_sequence').values({ id: 1, last_seq: 0 }).execute()

    await table('timer', (t) =>
      t.id().text('kind', 'subject').json('payload').integer('due_at').integerOr(0, 'attempts').integer('created_at'),
    )
    await index('timer', ['due_at', 'id'])
    await index('timer', ['kind', 'subject'], { unique: true })

    await table('rate_use', (t) => t.textKey('caller').integer('level', 'at'))
    await table('operating_use', (t) =>
      t
        .text('caller', 'method')
        .integer('minute')
        .integer('first_at')
        .real('milliseconds')
        .integer('at')
        .key('caller', 'method', 'minute'),
    )
    await index('operating_use', ['at'])
  },
}
