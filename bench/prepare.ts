import { createApp } from '../src/app.ts'
import { loadConfig } from '../src/config/load.ts'
import { DEFAULT_PORTAL } from '../src/domain/portals/portal.ts'
import { keepWebhook } from '../src/domain/portals/webhook-file.ts'
import { prepared } from '../src/storage/prepared.ts'
import type { LoadChat } from '../test/support/chat-load.ts'
import { prepareLoad } from '../test/support/load-portal.ts'
import type { Place } from './place.ts'

/** Makes a portal with so many chats to write into, and keeps its webhook for the servers to tell. */
export async function prepareChats({ flags }: Place, count: number): Promise<LoadChat[]> {
  const { chats, webhook } = await prepareLoad(flags, count)
  await keepWebhook(loadConfig(flags, {}).data, DEFAULT_PORTAL, webhook)
  return chats
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
export async function fillMessages({ flags }: Place, chats: readonly LoadChat[], count: number): Promise<void> {
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
