import type { Config } from '../config/load.ts'
import type { Portal } from '../domain/portals/portal.ts'
import { Portals } from '../domain/portals/portals.ts'
import { systemClock } from '../kernel/clock.ts'
import { randomIds } from '../kernel/ids.ts'
import { openDatabases } from '../storage/open-databases.ts'
import { findRunning } from './running.ts'

/** Opens the data folder for one command, beside a server that may run on it. */
export async function withPortals<T>(config: Config, work: (portals: Portals) => Promise<T>): Promise<T> {
  const base = await baseUrl(config)
  const portals = new Portals({
    databases: await openDatabases(
      { ...config, ephemeral: false },
      // What failed is reported by the command itself.
      { clock: systemClock, onFatal: () => {}, onError: () => {} },
    ),
    clock: systemClock,
    ids: randomIds,
    baseUrl: () => base,
  })
  try {
    return await work(portals)
  } finally {
    await portals.close()
  }
}

export async function withPortal<T>(config: Config, name: string, work: (portal: Portal) => Promise<T>): Promise<T> {
  return withPortals(config, async (portals) => work(await portals.get(name)))
}

/** Where the server is reached: where it says that it listens, else where it would. */
async function baseUrl(config: Config): Promise<string> {
  return (
    config.publicUrl ??
    (await findRunning(config.data))?.url ??
    `http://${bracketed(reachable(config.host))}:${config.port}`
  )
}

function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** `http://127.0.0.1:8024/rest/1/abc/` */
export function webhookUrl(
  base: string,
  { userId, secret }: { readonly userId: number; readonly secret: string },
): string {
  return `${base}/rest/${userId}/${secret}/`
}
