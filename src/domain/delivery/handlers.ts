import type { Ids } from '../../kernel/ids.ts'
import { prepared } from '../../storage/prepared.ts'
import { newestSeq } from '../../storage/event-log.ts'
import type { Reader, Tx } from '../../storage/store.ts'

/** Bytes of a secret: 32 characters of base64 are 24 bytes, as Standard Webhooks wants at the least. */
const SECRET_CHARACTERS = 32
const APPLICATION_TOKEN_LENGTH = 32
/** The events that are told to those whom they have just unbound. */
export const LAST_EVENTS: readonly string[] = ['ONAPPUNINSTALL', 'ONIMBOTDELETE']

export function newSecret(ids: Ids): string {
  return `whsec_${ids.secret(SECRET_CHARACTERS)}`
}

export function newApplicationToken(ids: Ids): string {
  return ids.secret(APPLICATION_TOKEN_LENGTH)
}

export interface HandlerOptions {
  /** Seconds between two notifications. */
  readonly minTimeout?: number
}

export interface NewHandler {
  /** `app:3` or `webhook:1`. */
  readonly owner: string
  /** In upper case. */
  readonly event: string
  /** Empty for an offline one. */
  readonly address: string
  readonly offline: boolean
  /** Whom it acts for; 0 for whoever caused the event. */
  readonly userId: number
  readonly authConnector: string
  readonly options: HandlerOptions
}

/** Binds a handler; one that is bound already gets the new options. It hears of what happens from now on: what still waits for a number was before. */
export async function bindHandler(tx: Tx, ids: Ids, now: number, handler: NewHandler): Promise<void> {
  const { owner, event, address, offline, userId, authConnector, options } = handler
  const bound = await tx.db
    .selectFrom('eventHandler')
    .select(['id', 'event', 'address', 'offline', 'userId', 'authConnector', 'applicationToken'])
    .where('owner', '=', owner)
    .where('botId', '=', 0)
    .where('unboundAt', 'is', null)
    .orderBy('id')
    .execute()
  const same = bound.find(
    (other) =>
      other.event === event &&
      other.address === address &&
      other.offline === offline &&
      other.userId === userId &&
      other.authConnector === authConnector,
  )
  if (same) {
    await tx.db.updateTable('eventHandler').set({ options }).where('id', '=', same.id).execute()
    return
  }
  const [sibling] = bound
  await tx.db
    .insertInto('eventHandler')
    .values({
      owner,
      event,
      address,
      offline,
      userId,
      authConnector,
      options,
      secret: (await sharedBy(tx, owner))?.secret ?? newSecret(ids),
      applicationToken: sibling?.applicationToken ?? (owner.startsWith('webhook:') ? newApplicationToken(ids) : ''),
      sinceSeq: await newestSeq(tx),
      createdAt: now,
    })
    .execute()
}

/** What the handlers of an owner have in common, those of his bots too; nothing where he has none. */
export function sharedBy(read: Reader, owner: string) {
  return read.db
    .selectFrom('eventHandler')
    .select(['secret', 'applicationToken'])
    .where('owner', '=', owner)
    .where('unboundAt', 'is', null)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}

/** Which handlers of an owner are meant; what is left out does not matter. */
export interface HandlerChoice {
  readonly owner: string
  readonly event: string
  readonly offline: boolean
  readonly address?: string | undefined
  readonly userId?: number | undefined
}

/** Unbinds handlers; answers how many. What is still on its way to them is not sent any more. */
export async function unbindHandlers(tx: Tx, now: number, choice: HandlerChoice): Promise<number> {
  let query = tx.db
    .updateTable('eventHandler')
    .set({ unboundAt: now })
    .where('owner', '=', choice.owner)
    .where('event', '=', choice.event)
    .where('offline', '=', choice.offline)
    .where('botId', '=', 0)
    .where('unboundAt', 'is', null)
  if (choice.address !== undefined) query = query.where('address', '=', choice.address)
  if (choice.userId !== undefined) query = query.where('userId', '=', choice.userId)
  return Number((await query.executeTakeFirstOrThrow()).numUpdatedRows)
}

/** Unbinds everything of an owner who is gone and of his bots, but for what shall say goodbye, and drops his queue. */
export async function unbindAllOf(tx: Tx, now: number, owner: string): Promise<void> {
  await tx.db
    .updateTable('eventHandler')
    .set({ unboundAt: now })
    // The bots of a webhook are those of its clients: `webhook:1/client`.
    .where((eb) => eb.or([eb('owner', '=', owner), eb('owner', 'like', `${owner}/%`)]))
    .where('event', 'not in', LAST_EVENTS)
    .where('unboundAt', 'is', null)
    .execute()
  await tx.db.deleteFrom('offlineEvent').where('owner', '=', owner).execute()
}

/** What an owner has bound, oldest first. */
export function handlersOf(read: Reader, owner: string) {
  return read.db
    .selectFrom('eventHandler')
    .select(['id', 'event', 'address', 'userId', 'offline', 'authConnector'])
    .where('owner', '=', owner)
    .where('botId', '=', 0)
    .where('unboundAt', 'is', null)
    .orderBy('id')
    .execute()
}

const bound = prepared<object>()((db) =>
  db
    .selectFrom('eventHandler')
    .select(['id', 'owner', 'botId', 'event', 'address', 'offline', 'authConnector', 'options', 'sinceSeq'])
    .where('unboundAt', 'is', null)
    .orderBy('id'),
)

/** A handler as events are handed to it. */
export interface BoundHandler {
  readonly id: number
  readonly owner: string
  /** 0 where it was bound by `event.bind`. */
  readonly botId: number
  readonly event: string
  readonly address: string
  readonly offline: boolean
  readonly authConnector: string
  readonly options: HandlerOptions
  readonly sinceSeq: number
}

/** Every handler that is bound, and every one of a bot, oldest first. */
export function boundHandlers(read: Reader): Promise<BoundHandler[]> {
  return read.all(bound, {})
}

/** The same, as the command line shows it: without what is secret. */
export function listHandlers(read: Reader) {
  return read.db
    .selectFrom('eventHandler')
    .select(['id', 'owner', 'botId', 'event', 'address', 'userId', 'offline', 'authConnector', 'createdAt'])
    .select((eb) =>
      eb
        .selectFrom('delivery')
        .select(eb.fn.countAll<number>().as('count'))
        .whereRef('delivery.handlerId', '=', 'eventHandler.id')
        .where('delivery.state', '=', 'pending')
        .as('pending'),
    )
    .where('unboundAt', 'is', null)
    .orderBy('id')
    .execute()
}

/** What the bodies of a handler are signed with; nothing where there is no such handler. */
export async function secretOf(read: Reader, handlerId: number): Promise<string | undefined> {
  const found = await read.db.selectFrom('eventHandler').select('secret').where('id', '=', handlerId).executeTakeFirst()
  return found?.secret
}
