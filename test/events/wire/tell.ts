import type { BotTold } from '../../../src/events/wire/bot-event.ts'
import { tellBots } from '../../../src/events/wire/tell-bots.ts'
import type { Telling, Told, WireEvent } from '../../../src/events/wire/wire-event.ts'
import { lastEventSeq, numberEvents, readEventsAfter } from '../../../src/storage/event-log.ts'
import type { TestPortal } from '../../support/portal.ts'

/** Numbers what has happened in a portal since it was last asked, and answers it, oldest first. */
async function happened({ portal }: TestPortal): Promise<Telling[]> {
  const { store } = portal
  const before = await lastEventSeq(store.read)
  while (typeof (await numberEvents(store)) === 'number');
  const events = await readEventsAfter(store.read, before, 10_000)
  return events.map((event) => ({ event, read: store.read, portal }))
}

/** What a wire event tells of what has happened since the portal was last asked. */
export async function toldBy(t: TestPortal, { on, tell }: WireEvent): Promise<Told[]> {
  const told: Told[] = []
  for (const telling of await happened(t)) {
    const one = telling.event.type === on ? await tell(telling) : undefined
    if (one) told.push(one)
  }
  return told
}

/** What bots are told of what has happened since the portal was last asked, of one event where it is named. */
export async function toldToBots(t: TestPortal, name?: string): Promise<BotTold[]> {
  const told: BotTold[] = []
  for (const telling of await happened(t)) told.push(...(await tellBots(telling)))
  return name === undefined ? told : told.filter(({ event }) => event === name)
}
