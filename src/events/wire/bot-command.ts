import type { MessageAdded } from '../../domain/chats/messages.ts'
import type { Reader } from '../../storage/store.ts'
import type { BotWireEvent } from './bot-event.ts'
import { type Scene, chatFields, loadScene, personNames } from './bot-scene.ts'
import { sentFields } from './bot-sent.ts'

/** Commands: `/help me` goes to the address of the command `help`, of every bot that has one where it was said. */

const COMMAND = /^\s*\/(\S+)\s*(.*)$/s

/** The commands that a text calls: of the bots of the chat, and of others those for all chats. */
async function commandsCalled(read: Reader, { bots, person }: Scene, text: string) {
  const [, word] = COMMAND.exec(text) ?? []
  if (word === undefined || !person) return []
  const found = await read.db
    .selectFrom('botCommand')
    .innerJoin('bot', 'bot.userId', 'botCommand.botId')
    .select(['botCommand.id', 'botCommand.botId', 'botCommand.command', 'botCommand.handler'])
    .select(['botCommand.common', 'botCommand.extranet', 'bot.code', 'bot.owner'])
    .where('botCommand.command', '=', word.toLowerCase())
    .orderBy('botCommand.id')
    .execute()
  return found.filter(
    ({ botId, common, extranet }) =>
      botId !== person.id &&
      (common || bots.some((bot) => bot.userId === botId)) &&
      (extranet || person.kind !== 'customer'),
  )
}

/** The bots whose command a text calls. */
export async function botsCommanded(read: Reader, scene: Scene, text: string): Promise<number[]> {
  return (await commandsCalled(read, scene, text)).map(({ botId }) => botId)
}

export const commandAdd: BotWireEvent = {
  name: 'ONIMCOMMANDADD',
  doc: 'Somebody has called a command of the bot.',
  scope: 'imbot',
  on: 'message.added',
  async tell({ event, read }) {
    const { chatId, messageId, authorId, isSystem, skipConnector } = event.payload as MessageAdded
    if (isSystem || authorId === 0) return []
    const message = await read.db
      .selectFrom('message')
      .select('text')
      .where('id', '=', messageId)
      .where('isDeleted', '=', false)
      .executeTakeFirst()
    const called = COMMAND.exec(message?.text ?? '')
    // Before anything else is read: this runs with every message.
    if (!message || !called) return []
    const scene = await loadScene(read, chatId, authorId)
    const commands = scene ? await commandsCalled(read, scene, message.text) : []
    if (!scene || commands.length === 0) return []
    const isPrivate = scene.chat.kind === 'private'
    const fields = isPrivate
      ? { TO_USER_ID: String(scene.members.find((id) => id !== authorId) ?? authorId) }
      : {
          ...(await chatFields(read, scene, messageId, authorId)),
          CHAT_PARENT_ID: '0',
          CHAT_PARENT_MID: '0',
          BOT_IN_CHAT: Object.fromEntries(scene.bots.map(({ userId }) => [userId, String(userId)])),
        }
    const params = {
      ...sentFields(scene, { messageId, authorId, text: message.text, skipConnector }),
      SKIP_USER_CHECK: 'Y',
      RECENT_ADD: 'Y',
      ...fields,
    }
    return commands.map(({ id, botId, command, handler, code, owner }) => ({
      botId,
      owner,
      address: handler,
      event: commandAdd.name,
      data: {
        COMMAND: {
          [id]: {
            BOT_ID: String(botId),
            BOT_CODE: code,
            COMMAND: command,
            COMMAND_ID: String(id),
            COMMAND_PARAMS: (called[2] ?? '').trim(),
            COMMAND_CONTEXT: 'TEXTAREA',
            MESSAGE_ID: String(messageId),
          },
        },
        PARAMS: params,
        USER: personNames(scene),
      },
      authAt: ['COMMAND', String(id)],
    }))
  },
}
