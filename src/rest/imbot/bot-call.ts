import { type Bot, botOwner, ownBot } from '../../domain/bots/bots.ts'
import type { Caller } from '../../domain/caller.ts'
import type { Reader } from '../../storage/store.ts'
import { optional, required } from '../method.ts'
import { wire } from '../wire.ts'

/** What the methods of bots share: which bot acts, and whether it is the caller's. */

export const clientIdParam = optional(
  wire.text(128),
  'For webhooks: the key under which the webhook keeps its bots, the same in every call.',
)

/** For methods in which the first bot of the caller stands in for one that is not named. */
export const botParams = {
  BOT_ID: optional(wire.id(), 'The bot; the first of the caller when left out.', { invalid: 'botNotFound' }),
  CLIENT_ID: clientIdParam,
}

export const namedBotParams = {
  BOT_ID: required(wire.id(), 'The bot.', { missing: 'botNotFound', invalid: 'botNotFound' }),
  CLIENT_ID: clientIdParam,
}

export const botErrors = {
  botNotFound: ['BOT_ID_ERROR', 400, 'Bot not found'],
  foreignBot: ['APP_ID_ERROR', 400, 'Bot was installed by another REST application'],
} as const

export const registryErrors = {
  wrongAuthType: ['WRONG_AUTH_TYPE', 400, 'Access for this method not allowed by session authorization.'],
  clientIdMissing: ['ACCESS_DENIED', 400, 'Access denied! Client ID not specified'],
} as const

interface BotCall {
  readonly caller: Caller
  readonly params: { readonly BOT_ID: number | undefined; readonly CLIENT_ID: string | undefined }
}

/** The bot that acts in a call. Refuses with `botNotFound`, `foreignBot`. */
export function actingBot(read: Reader, { caller, params }: BotCall): Promise<Bot> {
  return ownBot(read, botOwner(caller, params.CLIENT_ID), params.BOT_ID)
}

/** Whether an address can be called: absolute, http or https. */
export function isHandlerUrl(text: string): boolean {
  return text.length <= 2_000 && /^https?:\/\//i.test(text) && URL.canParse(text)
}
