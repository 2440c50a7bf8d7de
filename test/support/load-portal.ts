import { createApp } from '../../src/app.ts'
import { type Flags, loadConfig } from '../../src/config/load.ts'
import { addEntity } from '../../src/domain/crm/changes.ts'
import { openCustomerChat } from '../../src/domain/openlines/customer-chats.ts'
import { createDemo } from '../../src/domain/portals/demo.ts'
import { DEFAULT_PORTAL } from '../../src/domain/portals/portal.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { randomIds } from '../../src/kernel/ids.ts'
import type { LoadChat } from './chat-load.ts'

/** A portal made for load. */
export interface LoadPortal {
  readonly chats: LoadChat[]
  /** A webhook that may write into them. */
  readonly webhook: { readonly userId: number; readonly secret: string }
}

/** Makes the default portal where the flags say, with so many chats. */
export async function prepareLoad(flags: Flags, count: number): Promise<LoadPortal> {
  await using app = await createApp(loadConfig({ bus: 'memory', port: '0', ...flags }, {}))
  const { portal, filled } = await app.portals.createWith(DEFAULT_PORTAL, (tx) =>
    createDemo(tx, randomIds, systemClock.now(), app.scopes),
  )
  const { demo, webhook } = filled
  const userId = demo.admin.id
  const now = systemClock.now()
  const chats = await portal.store.write(async (tx) => {
    const made: LoadChat[] = []
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
      made.push({ leadId, chatId, userId })
    }
    return made
  })
  return { chats, webhook }
}
