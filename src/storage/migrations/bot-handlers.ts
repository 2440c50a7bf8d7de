import { systemClock } from '../../kernel/clock.ts'
import { randomIds } from '../../kernel/ids.ts'
import { isJsonObject } from '../../kernel/json.ts'
import type { MigrationDb } from './table.ts'

const NAMES: Readonly<Record<string, string>> = {
  messageAdd: 'ONIMBOTMESSAGEADD',
  messageUpdate: 'ONIMBOTMESSAGEUPDATE',
  messageDelete: 'ONIMBOTMESSAGEDELETE',
  welcomeMessage: 'ONIMBOTJOINCHAT',
  botDelete: 'ONIMBOTDELETE',
}

interface Address {
  readonly event: string
  readonly address: string
}

/** Gives the bots that are there their handlers, as `domain/bots` gives them to new ones: they hear of what comes from now on. */
export async function addHandlersOfBots(db: MigrationDb['db']): Promise<void> {
  const bots = await db.selectFrom('bot').select(['user_id as botId', 'owner', 'handlers']).orderBy('user_id').execute()
  if (bots.length === 0) return
  const commands = await db.selectFrom('bot_command').select(['bot_id as botId', 'handler']).orderBy('id').execute()
  const applications = await db.selectFrom('application').select(['id', 'application_token as token']).execute()
  const sequence = await db.selectFrom('event_sequence').select('last_seq as last').executeTakeFirst()
  const waiting = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  const since = Number(sequence?.['last'] ?? 0) + waiting.count
  const owners = new Map<unknown, { secret: string; application_token: unknown }>()
  for (const { botId, owner, handlers } of bots) {
    const application = applications.find(({ id }) => owner === `app:${String(id)}`)
    const known = owners.get(owner) ?? {
      secret: `whsec_${randomIds.secret(32)}`,
      application_token: application ? application['token'] : randomIds.secret(32),
    }
    owners.set(owner, known)
    const called = new Set(commands.filter((command) => command['botId'] === botId).map(({ handler }) => handler))
    const addresses = [
      ...named(handlers),
      ...[...called].map((address) => ({ event: 'ONIMCOMMANDADD', address: String(address) })),
    ]
    for (const address of addresses)
      await db
        .insertInto('event_handler')
        .values({ ...address, ...known, owner, bot_id: botId, since_seq: since, created_at: systemClock.now() })
        .execute()
  }
}

function named(handlers: unknown): Address[] {
  if (!isJsonObject(handlers)) return []
  return Object.entries(NAMES).flatMap(([name, event]) => {
    const address = handlers[name]
    return typeof address === 'string' && address !== '' ? [{ event, address }] : []
  })
}
