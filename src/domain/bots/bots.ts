import type { Selectable } from 'kysely'
import { prepared } from '../../storage/prepared.ts'
import type { BotTable, BotType } from '../../storage/schema/bots.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { type Caller, ownerOf } from '../caller.ts'
import { removeMember } from '../chats/members.ts'
import { type NamedBy, dropBotHandlers } from '../delivery/bot-handlers.ts'
import { type Profile, createUser, deactivateUser, updateUser } from '../people/users.ts'
import { Refusal } from '../refusal.ts'
import { keepHandlersOf } from './handlers.ts'

/** How many bots one owner can have. */
export const MOST_BOTS = 5

export type Bot = Selectable<BotTable>
export type BotProfile = Partial<
  Pick<Profile, 'name' | 'lastName' | 'email' | 'workPosition' | 'gender' | 'color' | 'avatarUrl' | 'extra'>
>
export const BOT_EVENTS = ['messageAdd', 'messageUpdate', 'messageDelete', 'welcomeMessage', 'botDelete'] as const
export type BotEvent = (typeof BOT_EVENTS)[number]
export type BotHandlers = Partial<Record<BotEvent, string>>

const botById = prepared<{ userId: number }>()((db, p) =>
  db.selectFrom('bot').selectAll().where('userId', '=', p.userId),
)
const firstBotOf = prepared<{ owner: string }>()((db, p) =>
  db.selectFrom('bot').selectAll().where('owner', '=', p.owner).orderBy('userId').limit(1),
)
const botByCode = prepared<{ owner: string; code: string }>()((db, p) =>
  db.selectFrom('bot').select('userId').where('owner', '=', p.owner).where('code', '=', p.code),
)

/**
 * Under which name a caller owns bots: an application its own; a webhook together with the client id that it
 * names. None for a webhook that names none.
 */
export function botOwner(caller: Caller, clientId: string | undefined): string | undefined {
  const owner = ownerOf(caller)
  if (caller.via.kind === 'application') return owner
  return clientId === undefined || clientId === '' ? undefined : `${owner}/${clientId}`
}

/** The owner's bot: the one named, else his first. Refuses with `botNotFound`, `foreignBot`. */
export async function ownBot(read: Reader, owner: string | undefined, botId: number | undefined): Promise<Bot> {
  if (botId === undefined) {
    const first = owner === undefined ? undefined : await read.first(firstBotOf, { owner })
    if (!first) throw new Refusal('botNotFound')
    return first
  }
  const bot = await read.first(botById, { userId: botId })
  if (!bot) throw new Refusal('botNotFound')
  if (bot.owner !== owner) throw new Refusal('foreignBot')
  return bot
}

export interface NewBot {
  readonly owner: string
  readonly code: string
  readonly type: BotType
  readonly openLines: boolean
  readonly handlers: BotHandlers
  readonly profile: BotProfile
  readonly by: NamedBy
}

/** A bot that hears only what is said to it is told of no changes. */
function heardBy(type: BotType, openLines: boolean, handlers: BotHandlers): Record<string, string> {
  const { messageUpdate: _, messageDelete: __, ...others } = handlers
  return (type === 'B' || type === 'H') && !openLines ? others : { ...handlers }
}

async function checkEmail(read: Reader, profile: BotProfile, reason: string): Promise<void> {
  if (!profile.email) return
  const person = await read.db
    .selectFrom('user')
    .select('id')
    .where('email', '=', profile.email)
    .where('kind', '=', 'employee')
    .limit(1)
    .executeTakeFirst()
  if (person) throw new Refusal(reason)
}

/**
 * Makes a bot; a code that the owner already uses answers the bot that has it. Refuses with `tooManyBots`, and
 * with `notCreated` when a person has its e-mail. Answers the id of its user.
 */
export async function registerBot(tx: Tx, bot: NewBot): Promise<number> {
  const { owner, code, type, handlers, profile, by } = bot
  const { now } = by
  const present = await tx.first(botByCode, { owner, code })
  if (present) return present.userId
  const { count } = await tx.db
    .selectFrom('bot')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('owner', '=', owner)
    .executeTakeFirstOrThrow()
  if (count >= MOST_BOTS) throw new Refusal('tooManyBots')
  await checkEmail(tx, profile, 'notCreated')
  const openLines = type === 'O' || bot.openLines
  const userId = await createUser(tx, now, { ...profile, kind: 'bot' })
  await tx.db
    .insertInto('bot')
    .values({ userId, code, owner, type, openLines, handlers: heardBy(type, openLines, handlers), createdAt: now })
    .execute()
  await keepHandlersOf(tx, by, userId)
  await tx.emit({ type: 'bot.registered', subject: `bot:${userId}`, payload: { botId: userId, code, owner } })
  return userId
}

export interface BotChange {
  readonly code?: string | undefined
  /** Only those that change. */
  readonly handlers?: BotHandlers
  readonly profile?: BotProfile
}

/** Changes what is named and keeps the rest. Refuses with `notUpdated` when another bot has the code or a person the e-mail. */
export async function updateBot(tx: Tx, bot: Bot, { code, handlers, profile }: BotChange, by: NamedBy): Promise<void> {
  const { userId: botId, owner } = bot
  if (code !== undefined && code !== bot.code && (await tx.first(botByCode, { owner, code })))
    throw new Refusal('notUpdated')
  if (profile) {
    await checkEmail(tx, profile, 'notUpdated')
    await updateUser(tx, by.now, botId, profile)
  }
  const merged = heardBy(bot.type, bot.openLines, { ...bot.handlers, ...handlers })
  await tx.db
    .updateTable('bot')
    .set({ code: code ?? bot.code, handlers: merged })
    .where('userId', '=', botId)
    .execute()
  await keepHandlersOf(tx, by, botId)
  await tx.emit({ type: 'bot.updated', subject: `bot:${botId}`, payload: { botId } })
}

/** What `bot.unregistered` tells: the bot itself can no longer be asked. */
export interface BotUnregistered {
  readonly botId: number
  readonly code: string
  readonly owner: string
  /** Where its end is to be told; empty for nowhere. */
  readonly handler: string
}

/** Ends a bot: it leaves its chats and can no longer be written to; what it said stays. */
export async function unregisterBot(tx: Tx, bot: Bot, now: number): Promise<void> {
  const { userId: botId, code, owner, handlers } = bot
  const chats = await tx.db
    .selectFrom('chatMember')
    .select('chatId')
    .where('userId', '=', botId)
    .orderBy('chatId')
    .execute()
  for (const { chatId } of chats) await removeMember(tx, { chatId, userId: botId })
  await tx.db.deleteFrom('botCommand').where('botId', '=', botId).execute()
  await tx.db.deleteFrom('bot').where('userId', '=', botId).execute()
  await dropBotHandlers(tx, now, botId)
  await deactivateUser(tx, now, botId)
  // Whoever tells the bot's application can no longer look its address up.
  const handler = handlers['botDelete'] ?? ''
  await tx.emit({
    type: 'bot.unregistered',
    subject: `bot:${botId}`,
    payload: { botId, code, owner, handler } satisfies BotUnregistered,
  })
}

/** Ends every bot of an owner that goes. */
export async function unregisterBotsOf(tx: Tx, owner: string, now: number): Promise<void> {
  const bots = await tx.db.selectFrom('bot').selectAll().where('owner', '=', owner).orderBy('userId').execute()
  for (const bot of bots) await unregisterBot(tx, bot, now)
}

/** Every bot of the portal, with its name. */
export function listBots(read: Reader) {
  return read.db
    .selectFrom('bot')
    .innerJoin('user', 'user.id', 'bot.userId')
    .select(['bot.userId', 'bot.code', 'bot.openLines', 'user.name', 'user.lastName'])
    .orderBy('bot.userId')
    .execute()
}

/** Whether any bot of the caller takes part in a chat, under whichever client id. */
export async function hasBotIn(read: Reader, caller: Caller, chatId: number): Promise<boolean> {
  const owner = ownerOf(caller)
  const found = await read.db
    .selectFrom('chatMember')
    .innerJoin('bot', 'bot.userId', 'chatMember.userId')
    .select('bot.userId')
    .where('chatMember.chatId', '=', chatId)
    // An id ends at the slash, so that webhook 1 is not taken for webhook 12.
    .where((eb) => eb.or([eb('bot.owner', '=', owner), eb('bot.owner', 'like', `${owner}/%`)]))
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
