import { sha256 } from '../../kernel/hash.ts'
import type { Ids } from '../../kernel/ids.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { unregisterBotsOf } from '../bots/bots.ts'
import { unregisterConnectorsOf } from '../connectors/connectors.ts'
import { unbindAllOf } from '../delivery/handlers.ts'
import { Refusal } from '../refusal.ts'
import { dropOptions } from './options.ts'

export interface NewApplication {
  readonly title: string
  readonly scopes: readonly string[]
  /** Where the portal opens the application, or calls it when it has no interface. */
  readonly handlerUrl?: string
  /** Opened once, at installation; without one the application counts as installed from the start. */
  readonly installUrl?: string
}

export interface CreatedApplication {
  readonly id: number
  readonly clientId: string
  /** Shown here and never again. */
  readonly clientSecret: string
  readonly applicationToken: string
}

const SECRET_LENGTH = 50
const APPLICATION_TOKEN_LENGTH = 32

/** `local.5c8bb1b0891cf2.87252039`, the form that clients know. */
function newClientId(ids: Ids): string {
  const hex = ids.uuid().replaceAll('-', '')
  return `local.${hex.slice(0, 14)}.${String(Number.parseInt(hex.slice(20), 16) % 100_000_000).padStart(8, '0')}`
}

/** Registers a local application. Only the hash of its secret is kept. */
export async function createApplication(
  tx: Tx,
  ids: Ids,
  now: number,
  application: NewApplication,
): Promise<CreatedApplication> {
  const { title, scopes, handlerUrl = '', installUrl = '' } = application
  const clientId = newClientId(ids)
  const clientSecret = ids.secret(SECRET_LENGTH)
  const applicationToken = ids.secret(APPLICATION_TOKEN_LENGTH)
  const { id } = await tx.db
    .insertInto('application')
    .values({
      clientId,
      clientSecretHash: sha256(clientSecret),
      title,
      scopes: [...scopes],
      handlerUrl,
      installUrl,
      applicationToken,
      installed: installUrl === '',
      createdAt: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await tx.emit({ type: 'application.added', subject: `application:${id}`, payload: { applicationId: id } })
  return { id, clientId, clientSecret, applicationToken }
}

const COLUMNS = [
  'id',
  'clientId',
  'title',
  'scopes',
  'handlerUrl',
  'installUrl',
  'version',
  'installed',
  'createdAt',
] as const

/** Every application, oldest first, without anything secret. */
export function listApplications(read: Reader) {
  return read.db.selectFrom('application').select(COLUMNS).orderBy('id').execute()
}

/** One application without anything secret. Refuses with `applicationNotFound`. */
export async function applicationInfo(read: Reader, id: number) {
  const found = await read.db.selectFrom('application').select(COLUMNS).where('id', '=', id).executeTakeFirst()
  if (!found) throw new Refusal('applicationNotFound', `There is no application ${id}; see "cordboard app list"`)
  return found
}

/** What `application.installed` tells. */
export interface ApplicationInstalled {
  readonly applicationId: number
}

/** What `application.deleted` tells. */
export interface ApplicationDeleted extends ApplicationInstalled {
  /** `app:3`. */
  readonly owner: string
  readonly clientId: string
  readonly handlerUrl: string
  readonly applicationToken: string
}

/** Notes that the application has finished installing itself. Refuses with `applicationNotFound`. */
export async function finishInstallation(tx: Tx, id: number): Promise<void> {
  const { installed } = await applicationInfo(tx, id)
  if (installed) return
  await tx.db.updateTable('application').set({ installed: true }).where('id', '=', id).execute()
  const payload: ApplicationInstalled = { applicationId: id }
  await tx.emit({ type: 'application.installed', subject: `application:${id}`, payload })
}

/**
 * Deletes an application with its tokens, options, handlers, bots and connectors: from this moment on it is let in no
 * more. The event tells all that is needed to say goodbye to it.
 * Refuses with `applicationNotFound`.
 */
export async function deleteApplication(tx: Tx, now: number, id: number): Promise<void> {
  const { clientId, handlerUrl } = await applicationInfo(tx, id)
  const { applicationToken } = await tx.db
    .selectFrom('application')
    .select('applicationToken')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const owner = `app:${id}`
  await tx.db.deleteFrom('token').where('applicationId', '=', id).execute()
  await dropOptions(tx, owner)
  await unbindAllOf(tx, now, owner)
  await unregisterBotsOf(tx, owner, now)
  await unregisterConnectorsOf(tx, owner)
  await tx.db.deleteFrom('application').where('id', '=', id).execute()
  await tx.emit({
    type: 'application.deleted',
    subject: `application:${id}`,
    payload: { applicationId: id, owner, clientId, handlerUrl, applicationToken } satisfies ApplicationDeleted,
  })
}
