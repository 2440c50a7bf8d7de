import type { WireEvent } from './wire-event.ts'

/** The domain event that {@link offlineEvent} tells of: it comes from handing out events itself. */
export const OFFLINE_KEPT = 'offline.kept'

export const offlineEvent: WireEvent = {
  name: 'ONOFFLINEEVENT',
  doc: 'Something new waits in the application’s queue of offline events.',
  scope: 'basic',
  on: OFFLINE_KEPT,
  offline: false,
  tell: ({ event }) => {
    const { owner } = event.payload as { readonly owner: string }
    return Promise.resolve({ owners: [owner], data: {} })
  },
}
