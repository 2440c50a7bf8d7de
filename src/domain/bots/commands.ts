import type { Selectable } from 'kysely'
import type { BotCommandTable } from '../../storage/schema/bots.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import type { NamedBy } from '../delivery/bot-handlers.ts'
import { addMessage } from '../chats/messages.ts'
import { sendMessage } from '../chats/sending.ts'
import { Refusal } from '../refusal.ts'
import { keepHandlersOf } from './handlers.ts'

export type BotCommand = Selectable<BotCommandTable>
export type CommandTexts = Record<string, { title: string; params: string }>

export interface NewCommand {
  readonly botId: number
  /** Without the slash. */
  readonly command: string
  readonly handler: string
  readonly common: boolean
  readonly hidden: boolean
  readonly extranet: boolean
  readonly texts: CommandTexts
}

function byName(read: Reader, botId: number, command: string) {
  return read.db
    .selectFrom('botCommand')
    .select('id')
    .where('botId', '=', botId)
    .where('command', '=', command)
    .executeTakeFirst()
}

/** Makes a command of a bot; one that the bot already has is answered as it is. Answers its id. */
export async function registerCommand(tx: Tx, command: NewCommand, by: NamedBy): Promise<number> {
  const present = await byName(tx, command.botId, command.command)
  if (present) return present.id
  const { id: commandId } = await tx.db
    .insertInto('botCommand')
    .values({ ...command, createdAt: by.now })
    .returning('id')
    .executeTakeFirstOrThrow()
  await keepHandlersOf(tx, by, command.botId)
  await tx.emit({
    type: 'bot.command-added',
    subject: `bot:${command.botId}`,
    payload: { botId: command.botId, commandId },
  })
  return commandId
}

/** A command of one of the owner's bots. Refuses with `commandNotFound`, `foreignCommand`. */
export async function ownCommand(read: Reader, owner: string | undefined, commandId: number): Promise<BotCommand> {
  const found = await read.db
    .selectFrom('botCommand')
    .innerJoin('bot', 'bot.userId', 'botCommand.botId')
    .selectAll('botCommand')
    .select('bot.owner')
    .where('botCommand.id', '=', commandId)
    .executeTakeFirst()
  if (!found) throw new Refusal('commandNotFound')
  const { owner: foundOwner, ...command } = found
  if (foundOwner !== owner) throw new Refusal('foreignCommand')
  return command
}

/** A command of the owner's by its name; of his first bot that has one. Refuses with `commandNotFound`. */
export async function commandOf(read: Reader, owner: string | undefined, name: string): Promise<BotCommand> {
  const found = await read.db
    .selectFrom('botCommand')
    .innerJoin('bot', 'bot.userId', 'botCommand.botId')
    .selectAll('botCommand')
    .where('bot.owner', '=', owner ?? '')
    .where('botCommand.command', '=', name)
    .orderBy('botCommand.id')
    .limit(1)
    .executeTakeFirst()
  if (!found) throw new Refusal('commandNotFound')
  return found
}

export type CommandChange = Partial<Pick<BotCommand, 'command' | 'handler' | 'hidden' | 'extranet' | 'texts'>>

/** Changes what is named and keeps the rest. Refuses with `notUpdated` when the bot has another command of that name. */
export async function updateCommand(
  tx: Tx,
  { id, botId, command }: BotCommand,
  change: CommandChange,
  by: NamedBy,
): Promise<void> {
  const renamed = change.command !== undefined && change.command !== command
  if (renamed && (await byName(tx, botId, change.command ?? ''))) throw new Refusal('notUpdated')
  await tx.db.updateTable('botCommand').set(change).where('id', '=', id).execute()
  await keepHandlersOf(tx, by, botId)
  await tx.emit({ type: 'bot.command-updated', subject: `bot:${botId}`, payload: { botId, commandId: id } })
}

export async function unregisterCommand(tx: Tx, { id, botId }: BotCommand, by: NamedBy): Promise<void> {
  await tx.db.deleteFrom('botCommand').where('id', '=', id).execute()
  await keepHandlersOf(tx, by, botId)
  await tx.emit({ type: 'bot.command-removed', subject: `bot:${botId}`, payload: { botId, commandId: id } })
}

export interface CommandAnswer {
  /** The message with the command. */
  readonly messageId: number
  readonly text: string
  readonly params: Record<string, unknown>
  readonly isSystem: boolean
  readonly now: number
}

/**
 * Answers in the chat of the message, on behalf of the command's bot. A bot that takes no part there may answer
 * a command for all chats, if the message is one. Refuses with `notAdded`. Answers the id of the answer.
 */
export async function answerCommand(tx: Tx, command: BotCommand, answer: CommandAnswer): Promise<number> {
  const { messageId, text, params, isSystem, now } = answer
  const { botId } = command
  const message = await tx.db
    .selectFrom('message')
    .leftJoin('chatMember', (join) =>
      join.onRef('chatMember.chatId', '=', 'message.chatId').on('chatMember.userId', '=', botId),
    )
    .select(['message.chatId', 'message.text', 'chatMember.userId as memberId'])
    .where('message.id', '=', messageId)
    .where('message.isDeleted', '=', false)
    .executeTakeFirst()
  if (!message) throw new Refusal('notAdded')
  const { chatId } = message
  if (message.memberId !== null) {
    return sendMessage(tx, { dialog: { kind: 'chat', chatId }, senderId: botId, text, params, isSystem, now })
  }
  const [word = ''] = message.text.trimStart().split(/\s/, 1)
  if (!command.common || word.toLowerCase() !== `/${command.command}`) throw new Refusal('notAdded')
  return addMessage(tx, { chatId, authorId: isSystem ? 0 : botId, callerId: botId, text, params, isSystem, now })
}
