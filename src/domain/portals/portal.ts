import type { Clock } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import { RecentReads } from '../../storage/recent-reads.ts'
import type { Store } from '../../storage/store.ts'
import type { Identity } from '../apps/credentials.ts'
import type { PortalSettings } from './settings.ts'

/** A tenant: one database, and what everything in it is done with. */
export interface Portal {
  /** Its name in the data folder, and the first label of the host names that reach it. */
  readonly name: string
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  /** The base of addresses that the portal shows, without a slash at the end: `http://127.0.0.1:8024`. */
  readonly baseUrl: string
  /** What every call reads. */
  readonly recent: { readonly identities: RecentReads<Identity>; readonly settings: RecentReads<PortalSettings> }
}

/** A portal over its open database. */
export function portalOver(store: Store, rest: Omit<Portal, 'store' | 'recent'>): Portal {
  const recent = {
    identities: new RecentReads<Identity>(store, ['webhook', 'token', 'application', 'user']),
    settings: new RecentReads<PortalSettings>(store, ['setting']),
  }
  return Object.defineProperties({ store, recent } as Portal, Object.getOwnPropertyDescriptors(rest))
}
