import { createApp } from '../src/app.ts'
import { loadConfig } from '../src/config/load.ts'
import { addEntity } from '../src/domain/crm/changes.ts'
import { openCustomerChat } from '../src/domain/openlines/customer-chats.ts'
import { createDemo } from '../src/domain/portals/demo.ts'
import { DEFAULT_PORTAL } from '../src/domain/portals/portal.ts'
import { keepWebhook } from '../src/domain/portals/webhook-file.ts'
import { systemClock } from '../src/kernel/clock.ts'
import { randomIds } from '../src/kernel/ids.ts'
import type { Place } from './place.ts'
import { prepared } from '../src/storage/prepared.ts'

/** A chat that the bench writes into. */
export interface BenchChat {
  readonly leadId: number
  readonly chatId: number
  readonly userId: number
}

export async function prepareChats({ flags }: Place, count: number): Promise<BenchChat[]> {
  const config = loadConfig({ ...flags, port: '0' }, {})
  await using app = await createApp(config)
  const { portal, filled } = await app.portals.createWith(DEFAULT_PORTAL, (tx) =>
    createDemo(tx, randomIds, systemClock.now(), app.scopes),
  )
  const { demo, webhook } = filled
  await keepWebhook(config.data, DEFAULT_PORTAL, webhook)
  const now = portal.clock.now()
  const userId = demo.admin.id
  return portal.store.write(async (tx) => {
    const chats: BenchChat[] = []
    for (let n = 0; n < count; n++) {
      const leadId = await addEntity(tx, { userId, isAdmin: true }, 'lead', { values: { title: `Lead ${n}` } }, now)
      const chatId = await openCustomerChat(tx, {
        lineId: demo.line.id,
        name: `Customer ${n}`,
        entityType: 'lead',
        entityId: leadId,
        operatorIds: [userId],
        now,
      })
      chats.push({ leadId, chatId, userId })
    }
    return chats
  })
}

const insert = prepared<{ chatId: number; authorId: number; text: string; now: number }>()((db, p) =>
  db.insertInto('message').values({
    chatId: p.chatId,
    authorId: p.authorId,
    callerId: p.authorId,
    text: p.text,
    params: {},
    createdAt: p.now,
  }),
)

/** Puts so many messages into the chats, ten thousand a transaction. */
export async function fillMessages({ flags }: Place, chats: readonly BenchChat[], count: number): Promise<void> {
  await using app = await createApp(loadConfig({ ...flags, port: '0' }, {}))
  const portal = await app.portals.get(DEFAULT_PORTAL)
  for (let done = 0; done < count; done += 10_000) {
    await portal.store.write(async (tx) => {
      for (let n = done; n < Math.min(count, done + 10_000); n++) {
        const { chatId, userId } = chats[n % chats.length]!
        await tx.run(insert, {
          chatId,
          authorId: userId,
          text: `Message ${n} that lies in the chat already`,
          now: portal.clock.now(),
        })
      }
    })
  }
}
