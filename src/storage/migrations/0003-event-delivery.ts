import { addHandlersOfBots } from './bot-handlers.ts'
import type { Migration } from './table.ts'

/** Who is told of events: handlers, what is on its way to them, and what waits until an application asks for it. */
export const eventDelivery: Migration = {
  name: '0003-event-delivery',
  async up({ table, index, add, db }) {
    for (const log of ['outbox', 'event']) {
      await add(log, 'user_id', 0)
      await add(log, 'auth_connector', '')
    }
    // What was kept from the customer's messenger must not reach it by a later edit or deletion.
    await add('message', 'skip_connector', false)
    await table('event_handler', (t) =>
      t
        .id()
        .text('owner', 'event', 'address', 'secret')
        .textOr('', 'application_token', 'auth_connector')
        .integerOr(0, 'user_id', 'bot_id')
        .boolean(false, 'offline')
        .jsonOr('{}', 'options')
        .integer('since_seq', 'created_at')
        .integerOrNull('unbound_at'),
    )
    await index('event_handler', ['owner', 'event'])
    await index('event_handler', ['bot_id'], { where: 'bot_id <> 0' })
    await addHandlersOfBots(db)
    await table('event_fan_out', (t) => t.integerKey('id').integer('last_seq'))
    await db.insertInto('event_fan_out').values({ id: 1, last_seq: 0 }).execute()

    await table('delivery', (t) =>
      t
        .id()
        .integer('handler_id', 'seq')
        .text('event', 'subject')
        .integer('user_id')
        .json('data')
        .textOr('pending', 'state')
        .integerOr(0, 'attempts')
        .integerOrNull('last_status')
        .textOr('', 'last_error')
        .integer('created_at')
        .integerOrNull('settled_at'),
    )
    await index('delivery', ['handler_id', 'seq'], { unique: true })
    await index('delivery', ['handler_id', 'subject', 'id'], { where: "state = 'pending'" })
    await index('delivery', ['settled_at'])
    await table('delivery_lane', (t) =>
      t.id().integer('handler_id').text('subject').integer('due_at').textOr('', 'lease'),
    )
    await index('delivery_lane', ['handler_id', 'subject'], { unique: true })
    await index('delivery_lane', ['due_at'])
    await table('delivery_attempt', (t) =>
      t.id().integer('delivery_id', 'at').integerOrNull('status').integer('milliseconds').text('error'),
    )
    await index('delivery_attempt', ['delivery_id'])

    await table('offline_event', (t) =>
      t
        .id()
        .text('owner', 'auth_connector', 'event', 'digest')
        .json('data')
        .textOr('', 'process_id')
        .boolean(false, 'error')
        .integer('created_at')
        .integerOrNull('reserved_at'),
    )
    await index('offline_event', ['owner', 'auth_connector', 'process_id', 'id'])
    await index('offline_event', ['owner', 'digest'])
    await index('offline_event', ['reserved_at'])
  },
}
