import type { Clock } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import { RecentReads } from '../../storage/recent-reads.ts'
import type { Store } from '../../storage/store.ts'
import type { Identity } from '../apps/credentials.ts'
import { type PortalSettings, loadSettings } from './settings.ts'

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

/** The portal's settings, as every call reads them: a change is seen at once in this process, in others within a second. */
export function settingsOf({ store, recent }: Pick<Portal, 'store' | 'recent'>): Promise<PortalSettings> {
  return recent.settings.get('', () => loadSettings(store.read))
}

/** The portal that answers where the host name names none. */
export const DEFAULT_PORTAL = 'main'

/** The address of one portal: the default one answers at the server's, the others at a name below it. */
export function portalUrl(base: string, name: string): string {
  if (name === DEFAULT_PORTAL) return base
  const url = new URL(base)
  const local = url.hostname.startsWith('127.') || url.hostname === '[::1]'
  // A name cannot stand before an address, but every machine knows *.localhost as itself.
  if (local) url.hostname = `${name}.localhost`
  else if (!/^[\d.]+$|^\[/.test(url.hostname)) url.hostname = `${name}.${url.hostname}`
  return url.origin
}
