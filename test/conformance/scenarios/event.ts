import type { Caller } from '../../../src/domain/caller.ts'
import { keepOffline } from '../../../src/domain/delivery/offline-events.ts'
import { ownerOf } from '../../../src/domain/caller.ts'
import { BORIS, type TestPortal } from '../../support/portal.ts'
import { type Scenarios, byApplication } from '../scenario.ts'

const ADDRESS = 'https://www.my-domain.com/handler/'

/** The administrator by an application that may bind to leads. */
async function installed(t: TestPortal): Promise<Caller> {
  return { ...(await byApplication(t)), scopes: ['crm', 'user'] }
}

async function bound(t: TestPortal): Promise<Caller> {
  const caller = await installed(t)
  await t.call('event.bind', { event: 'ONCRMLEADADD', handler: ADDRESS }, caller)
  await t.call('event.bind', { event: 'ONCRMLEADADD', handler: ADDRESS, auth_type: BORIS }, caller)
  return caller
}

/** An application in whose queue two events wait. */
async function queue(t: TestPortal): Promise<Caller> {
  const caller = await installed(t)
  await t.portal.store.write(async (tx) => {
    for (const event of ['ONCRMLEADADD', 'ONCRMCOMPANYADD'])
      await keepOffline(tx, t.clock.now(), {
        owner: ownerOf(caller),
        authConnector: '',
        event,
        data: { value: { FIELDS: { ID: '1' } } },
      })
  })
  return caller
}

async function reserved(t: TestPortal): Promise<{ caller: Caller; processId: string }> {
  const caller = await queue(t)
  const { process_id } = await t.result<{ process_id: string }>('event.offline.get', { clear: 0 }, caller)
  return { caller, processId: process_id }
}

/** Binding to events, and the queue of those that wait. */
export const eventScenarios: Scenarios = {
  'event.bind': async (t) => ({
    params: { event: 'onCrmLeadAdd', handler: ADDRESS, auth_type: BORIS },
    caller: await installed(t),
  }),
  'event.unbind': async (t) => ({ params: { event: 'ONCRMLEADADD', handler: ADDRESS }, caller: await bound(t) }),
  'event.get': async (t) => ({ params: {}, caller: await bound(t) }),
  events: async (t) => ({ params: { FULL: true }, caller: await installed(t) }),
  'event.offline.get': async (t) => ({ params: {}, caller: await queue(t) }),
  'event.offline.list': async (t) => ({ params: { order: { ID: 'DESC' } }, caller: await queue(t) }),
  'event.offline.clear': async (t) => {
    const { caller, processId } = await reserved(t)
    return { params: { process_id: processId, id: [2] }, caller }
  },
  'event.offline.error': async (t) => {
    const { caller, processId } = await reserved(t)
    return { params: { process_id: processId, message_id: ['1'] }, caller }
  },
}
