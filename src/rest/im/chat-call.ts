import { z } from 'zod'
import { changeLook, changeOwner, createGroupChat, findByEntity } from '../../domain/chats/group-chats.ts'
import { LONGEST_MESSAGE } from '../../domain/chats/messages.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { type ParamValues, optional, required } from '../method.ts'
import { wire } from '../wire.ts'
import { colorByName } from '../../domain/chats/colors.ts'

/** What the methods of group chats share, whether a person acts in them or a bot does. */

export const MOST_MEMBERS = 1_000

export const done = z.literal(true)
export const newChatId = z.int().positive().meta({ description: 'The id of the chat.' })
export const foundChat = z
  .strictObject({ ID: z.int().positive() })
  .nullable()
  .meta({ description: 'Null where there is no such chat.' })

export const chatIdErrors = {
  chatIdEmpty: ['CHAT_ID_EMPTY', 400, "Chat ID can't be empty"],
  accessDenied: ['ACCESS_ERROR', 400, 'Action unavailable'],
} as const
export const dialogIdEmpty = ['DIALOG_ID_EMPTY', 400, "Dialog ID can't be empty"] as const
export const userIdEmpty = ['USER_ID_EMPTY', 400, "User ID can't be empty"] as const

export const chatIdParam = required(wire.id(), 'The id of the chat.', {
  missing: 'chatIdEmpty',
  invalid: 'chatIdEmpty',
})
export const userIdParam = required(wire.id(), 'The id of the user.', {
  missing: 'userIdEmpty',
  invalid: 'userIdEmpty',
})

/** Who does it, and to which chat. */
interface Act {
  readonly chatId: number
  readonly byId: number
}

export const newChatParams = {
  TYPE: optional(
    wire.oneOf('CHAT', 'OPEN'),
    '`OPEN` for a chat that every employee may find, `CHAT` for a closed one.',
  ),
  TITLE: optional(wire.text(255), 'The title; the names of the participants when left out.'),
  DESCRIPTION: optional(wire.text(2_000), 'What the chat is about.'),
  COLOR: optional(wire.text(20), 'A colour by its name, `MINT`; an unknown one is passed over.'),
  MESSAGE: optional(wire.text(LONGEST_MESSAGE), 'The first message.'),
  ENTITY_TYPE: optional(wire.text(100), 'What the chat is tied to outside: its kind.'),
  ENTITY_ID: optional(wire.text(255), 'What the chat is tied to outside: its id.'),
}

interface NewChatCall {
  readonly params: ParamValues<typeof newChatParams> & { readonly USERS: readonly number[] | undefined }
  readonly now: number
}

/** Makes a group chat. Answers its id. */
export function addChat(tx: Tx, ownerId: number, { params, now }: NewChatCall): Promise<number> {
  return createGroupChat(tx, {
    ownerId,
    title: params.TITLE,
    description: params.DESCRIPTION,
    color: colorByName(params.COLOR ?? ''),
    isOpen: params.TYPE === 'OPEN',
    entityType: params.ENTITY_TYPE,
    entityId: params.ENTITY_ID,
    userIds: params.USERS ?? [],
    message: params.MESSAGE,
    now,
  })
}

export const entityParams = {
  ENTITY_TYPE: optional(wire.text(100), '`LINES` for open channel chats, or what the chat was made with.'),
  ENTITY_ID: optional(
    wire.text(500),
    'For `LINES` the user code: connector, line, outside chat and customer, with `|` between.',
  ),
}

/** The chat that stands for something outside. */
export async function chatOfEntity(
  read: Reader,
  { ENTITY_TYPE: type, ENTITY_ID: id }: ParamValues<typeof entityParams>,
): Promise<number | undefined> {
  return type && id ? findByEntity(read, type, id) : undefined
}

export const titleParams = {
  TITLE: required(wire.text(255), 'The title.', { missing: 'titleEmpty', invalid: 'titleEmpty' }),
}
export const titleErrors = { titleEmpty: ['TITLE_EMPTY', 400, "Title can't be empty"] } as const

interface TitleCall {
  readonly params: ParamValues<typeof titleParams>
  readonly now: number
}

export async function updateTitle(tx: Tx, act: Act, { params, now }: TitleCall): Promise<true> {
  await changeLook(tx, { ...act, look: { title: params.TITLE }, now })
  return true
}

export const colorParams = {
  COLOR: required(wire.text(20), 'A colour by its name, `MINT`.', { missing: 'wrongColor', invalid: 'wrongColor' }),
}
export const colorErrors = {
  wrongColor: ['WRONG_COLOR', 400, 'This color currently unavailable'],
  sameColor: ['WRONG_REQUEST', 400, "This color currently set or chat doesn't exist"],
} as const

interface ColorCall {
  readonly params: ParamValues<typeof colorParams>
  readonly now: number
  readonly fail: (reason: keyof typeof colorErrors) => never
}

export async function updateColor(tx: Tx, act: Act, { params, now, fail }: ColorCall): Promise<true> {
  const color = colorByName(params.COLOR) ?? fail('wrongColor')
  if (!(await changeLook(tx, { ...act, look: { color }, now }))) fail('sameColor')
  return true
}

export const ownerParams = { USER_ID: userIdParam }
export const ownerErrors = {
  userIdEmpty,
  notOwner: ['WRONG_REQUEST', 400, 'Change owner can only owner and user must be member in chat'],
} as const

interface OwnerCall {
  readonly params: ParamValues<typeof ownerParams>
  readonly now: number
}

export async function setOwner(tx: Tx, act: Act, { params, now }: OwnerCall): Promise<true> {
  await changeOwner(tx, { ...act, userId: params.USER_ID, now })
  return true
}
