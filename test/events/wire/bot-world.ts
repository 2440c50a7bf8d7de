import type { Caller } from '../../../src/domain/caller.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { application } from '../../support/open-channel.ts'
import { ADMIN, ANNA, BORIS, type TestPortal } from '../../support/portal.ts'

export const MESSAGE_ADD = 'https://bot.example.com/add'
export const MESSAGE_UPDATE = 'https://bot.example.com/update'
export const MESSAGE_DELETE = 'https://bot.example.com/delete'
export const WELCOME = 'https://bot.example.com/welcome'
export const BOT_DELETE = 'https://bot.example.com/end'
export const COMMAND_ADD = 'https://bot.example.com/command'

/** An application's bot that hears of everything that its type lets it. */
export interface TestBot {
  readonly id: number
  readonly code: string
  readonly caller: Caller
  /** Makes a command of the bot; answers its id. */
  command(name: string, change?: JsonObject): Promise<number>
}

export async function newBot(t: TestPortal, change: JsonObject = {}): Promise<TestBot> {
  const caller = application(t, ADMIN, 7)
  const code = typeof change['CODE'] === 'string' ? change['CODE'] : 'helper'
  const id = await t.result<number>(
    'imbot.register',
    {
      CODE: code,
      TYPE: 'B',
      OPENLINE: 'Y',
      EVENT_MESSAGE_ADD: MESSAGE_ADD,
      EVENT_MESSAGE_UPDATE: MESSAGE_UPDATE,
      EVENT_MESSAGE_DELETE: MESSAGE_DELETE,
      EVENT_WELCOME_MESSAGE: WELCOME,
      EVENT_BOT_DELETE: BOT_DELETE,
      PROPERTIES: { NAME: 'Helper' },
      ...change,
    },
    caller,
  )
  return {
    id,
    code,
    caller,
    command: (name, more = {}) =>
      t.result<number>(
        'imbot.command.register',
        {
          BOT_ID: id,
          COMMAND: name,
          COMMON: 'N',
          HIDDEN: 'N',
          EXTRANET_SUPPORT: 'N',
          LANG: [{ LANGUAGE_ID: 'en', TITLE: name, PARAMS: '' }],
          EVENT_COMMAND_ADD: COMMAND_ADD,
          ...more,
        },
        caller,
      ),
  }
}

/** Somebody says something; answers the id of the message. */
export function say(t: TestPortal, userId: number, dialog: string | number, text: string): Promise<number> {
  return t.result<number>('im.message.add', { DIALOG_ID: dialog, MESSAGE: text }, t.as(userId))
}

/** A group of Anna's with Boris and some bots. */
export function group(t: TestPortal, botIds: readonly number[], change: JsonObject = {}): Promise<number> {
  const made = { TYPE: 'CHAT', TITLE: 'A group', COLOR: 'BROWN', USERS: [BORIS, ...botIds], ...change }
  return t.result<number>('im.chat.add', made, t.as(ANNA))
}

export const mention = (id: number): string => `[USER=${id}]Helper[/USER]`
