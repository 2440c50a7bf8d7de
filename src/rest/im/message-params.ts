import { Refusal } from '../../domain/refusal.ts'
import { type JsonObject, type JsonValue, isJsonObject } from '../../kernel/json.ts'
import { type ErrorEntry, type Errors, optional } from '../method.ts'
import { wire } from '../wire.ts'

/** What can go with a message beside its text: `ATTACH`, `KEYBOARD`, `MENU`. Kept and shown by wire name. */

/** The longest serialised form of each, in characters. */
const LONGEST = 60_000

export const messageParams = {
  ATTACH: optional(
    wire.json(),
    'Blocks of content under the text: `{BLOCKS: […]}`, the list alone, or either as JSON text.',
    {
      invalid: 'attachInvalid',
    },
  ),
  KEYBOARD: optional(wire.json(), 'Buttons under the text: `{BUTTONS: […]}`, the list alone, or either as JSON text.', {
    invalid: 'keyboardInvalid',
  }),
  MENU: optional(
    wire.json(),
    'More items of the context menu: `{ITEMS: […]}`, the list alone, or either as JSON text.',
    {
      invalid: 'menuInvalid',
    },
  ),
  URL_PREVIEW: optional(wire.flag(), 'Whether links in the text are shown as cards; `Y` when left out.'),
}

export const messageParamErrors = {
  attachInvalid: ['ATTACH_ERROR', 400, 'Incorrect attach params'],
  attachOversize: ['ATTACH_OVERSIZE', 400, 'You have exceeded the maximum allowable size of attach'],
  keyboardInvalid: ['KEYBOARD_ERROR', 400, 'Incorrect keyboard params'],
  keyboardOversize: ['KEYBOARD_OVERSIZE', 400, 'You have exceeded the maximum allowable size of keyboard'],
  menuInvalid: ['MENU_ERROR', 400, 'Incorrect menu params'],
  menuOversize: ['MENU_OVERSIZE', 400, 'You have exceeded the maximum allowable size of menu'],
} as const satisfies Errors & Record<string, ErrorEntry>

interface Sent {
  readonly ATTACH?: JsonValue | undefined
  readonly KEYBOARD?: JsonValue | undefined
  readonly MENU?: JsonValue | undefined
  readonly URL_PREVIEW?: boolean | undefined
}

interface Structure {
  /** What stands beside the list: `ID`, `BOT_ID`, `COLOR`. */
  readonly head: JsonObject
  readonly items: readonly JsonObject[]
}

function listOf(value: JsonValue | undefined): JsonValue[] | undefined {
  if (Array.isArray(value)) return value
  // PHP sends a list with gaps as an object of numbered keys.
  return isJsonObject(value) && Object.keys(value).every((key) => /^\d+$/.test(key)) ? Object.values(value) : undefined
}

function parsed(value: JsonValue): JsonValue | undefined {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) as JsonValue
  } catch {
    return undefined
  }
}

function structureOf(value: JsonValue, key: string): Structure | undefined {
  const sent = parsed(value)
  const isWrapped = isJsonObject(sent) && Object.hasOwn(sent, key)
  const items = listOf(isWrapped ? sent[key] : sent)
  if (!items?.every(isJsonObject)) return undefined
  return { head: isWrapped ? sent : {}, items }
}

/** Text of a field; numbers count as text. Empty where there is none. */
function text(item: JsonObject, name: string): string {
  const value = item[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function picked(item: JsonObject, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (text(item, name) === '' ? [] : [[name, text(item, name)]])))
}

function whole(item: JsonObject, name: string): Record<string, number> {
  const value = Number(text(item, name) || Number.NaN)
  return Number.isSafeInteger(value) && value > 0 ? { [name]: value } : {}
}

function oneOf(item: JsonObject, name: string, words: readonly string[]): string {
  const value = text(item, name)
  return words.find((word) => word === value) ?? words[0]!
}

/** Links go to the web or to a path of the portal, never to a script. */
function isLink(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && (/^https?:\/\/\S/i.test(value) || /^\/(?!\/)/.test(value))
}

const ACTIONS = ['PUT', 'SEND', 'COPY', 'CALL', 'DIALOG']

/** What a button or an item does: the first of its actions that is whole. None where it does nothing. */
function actionOf(item: JsonObject): Record<string, string | number> | undefined {
  if (isLink(item['LINK'])) return picked(item, ['LINK'])
  if (text(item, 'COMMAND') !== '') return picked(item, ['COMMAND', 'COMMAND_PARAMS'])
  if (ACTIONS.includes(text(item, 'ACTION')) && text(item, 'ACTION_VALUE') !== '')
    return picked(item, ['ACTION', 'ACTION_VALUE'])
  const app = whole(item, 'APP_ID')
  return Object.keys(app).length > 0 ? { ...app, ...picked(item, ['APP_PARAMS']) } : undefined
}

const CONTEXTS = ['ALL', 'MOBILE', 'DESKTOP']
const COLOR_TOKENS = ['base', 'primary', 'secondary', 'alert']

function button(item: JsonObject, bot: Record<string, number>): JsonObject | undefined {
  if (text(item, 'TYPE') === 'NEWLINE') return { TYPE: 'NEWLINE' }
  const action = actionOf(item)
  if (text(item, 'TEXT') === '' || !action) return undefined
  return {
    ...bot,
    TYPE: 'BUTTON',
    TEXT: text(item, 'TEXT'),
    ...action,
    BLOCK: oneOf(item, 'BLOCK', ['N', 'Y']),
    DISABLED: oneOf(item, 'DISABLED', ['N', 'Y']),
    CONTEXT: oneOf(item, 'CONTEXT', CONTEXTS),
    DISPLAY: oneOf(item, 'DISPLAY', ['BLOCK', 'LINE']),
    BG_COLOR_TOKEN: oneOf(item, 'BG_COLOR_TOKEN', COLOR_TOKENS),
    ...whole(item, 'WIDTH'),
    ...picked(item, ['BG_COLOR', 'TEXT_COLOR', 'OFF_BG_COLOR', 'OFF_TEXT_COLOR']),
  }
}

function menuItem(item: JsonObject, bot: Record<string, number>): JsonObject | undefined {
  const action = actionOf(item)
  if (text(item, 'TEXT') === '' || !action) return undefined
  return {
    ...bot,
    TEXT: text(item, 'TEXT'),
    ...action,
    CONTEXT: oneOf(item, 'CONTEXT', CONTEXTS),
    DISABLED: oneOf(item, 'DISABLED', ['N', 'Y']),
  }
}

/** Entries of a block: one alone stands for a list of one. */
function entries(value: JsonValue | undefined): JsonObject[] {
  const list = listOf(value) ?? [value ?? null]
  return list.filter(isJsonObject)
}

function linked(value: JsonValue | undefined): JsonObject[] {
  return entries(value).filter((entry) => isLink(entry['LINK']))
}

function filled(name: string, found: JsonObject[]): JsonObject | undefined {
  return found.length > 0 ? { [name]: found } : undefined
}

/** A block as it is kept; none where its type is unknown or it shows nothing. */
function block(item: JsonObject): JsonObject | undefined {
  if (text(item, 'MESSAGE') !== '') return { MESSAGE: text(item, 'MESSAGE') }
  if (item['LINK'] !== undefined) return filled('LINK', linked(item['LINK']))
  if (item['IMAGE'] !== undefined) return filled('IMAGE', linked(item['IMAGE']))
  if (item['FILE'] !== undefined) return filled('FILE', linked(item['FILE']))
  if (item['GRID'] !== undefined) return filled('GRID', entries(item['GRID']))
  if (item['USER'] !== undefined) {
    return filled(
      'USER',
      entries(item['USER']).filter(
        (user) => text(user, 'NAME') !== '' && (user['LINK'] === undefined || isLink(user['LINK'])),
      ),
    )
  }
  return item['DELIMITER'] === undefined ? undefined : { DELIMITER: entries(item['DELIMITER'])[0] ?? {} }
}

function keep<T>(items: readonly T[]): NonNullable<T>[] {
  return items.filter((item) => item !== undefined && item !== null)
}

function attachOf({ head, items }: Structure): JsonObject[] {
  const blocks = keep(items.map(block))
  if (blocks.length === 0) return []
  const { ID = 1 } = whole(head, 'ID')
  return [
    {
      ID,
      COLOR_TOKEN: oneOf(head, 'COLOR_TOKEN', COLOR_TOKENS),
      ...picked(head, ['COLOR', 'DESCRIPTION']),
      BLOCKS: blocks,
    },
  ]
}

/** Items that do nothing are passed over; a structure in which none is left is wrong. */
function check(name: 'attach' | 'keyboard' | 'menu', kept: readonly JsonObject[] | undefined): readonly JsonObject[] {
  if (!kept || kept.length === 0) throw new Refusal(`${name}Invalid`)
  if (JSON.stringify(kept).length > LONGEST) throw new Refusal(`${name}Oversize`)
  return kept
}

/** Whether the value takes a thing away: `N`, or empty. */
function clears(value: JsonValue): boolean {
  return (
    value === 'N' ||
    value === '' ||
    value === false ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  )
}

/**
 * What goes with a message, by wire name, in the form that answers show; null where a thing is to be taken away.
 * Buttons and menu items belong to `botId` where they name no bot themselves.
 * Refuses with the reasons of {@link messageParamErrors}.
 */
export function extrasOf(sent: Sent, botId?: number): Record<string, unknown> {
  const extras: Record<string, unknown> = {}
  const take = (
    name: 'attach' | 'keyboard' | 'menu',
    value: JsonValue | undefined,
    key: string,
    make: (structure: Structure) => readonly JsonObject[],
  ): void => {
    if (value === undefined) return
    if (clears(value)) extras[name.toUpperCase()] = null
    else {
      if (typeof value === 'string' && value.length > 2 * LONGEST) throw new Refusal(`${name}Oversize`)
      const structure = structureOf(value, key)
      extras[name.toUpperCase()] = check(name, structure && make(structure))
    }
  }
  const botOf = (head: JsonObject): Record<string, number> => ({
    ...(botId === undefined ? {} : { BOT_ID: botId }),
    ...whole(head, 'BOT_ID'),
  })
  take('attach', sent.ATTACH, 'BLOCKS', attachOf)
  take('keyboard', sent.KEYBOARD, 'BUTTONS', ({ head, items }) => keep(items.map((item) => button(item, botOf(head)))))
  take('menu', sent.MENU, 'ITEMS', ({ head, items }) => keep(items.map((item) => menuItem(item, botOf(head)))))
  if (sent.URL_PREVIEW !== undefined) extras['URL_PREVIEW'] = sent.URL_PREVIEW ? null : 'N'
  return extras
}

/** The same for a new message, where there is nothing to take away. */
export function newExtrasOf(sent: Sent, botId?: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extrasOf(sent, botId)).filter(([, value]) => value !== null))
}
