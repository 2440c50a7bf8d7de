import { z } from 'zod'
import type { Caller } from '../../domain/caller.ts'
import { ownConnector } from '../../domain/connectors/connectors.ts'
import { type Arrival, type IncomingMessage, type Received, receiveMessage } from '../../domain/connectors/incoming.ts'
import { connectorOnLine } from '../../domain/connectors/places.ts'
import { loadLine } from '../../domain/openlines/lines.ts'
import { Refusal } from '../../domain/refusal.ts'
import { type JsonObject, type JsonValue, isJsonObject } from '../../kernel/json.ts'
import type { Tx } from '../../storage/store.ts'
import { method, required } from '../method.ts'
import { out, wire } from '../wire.ts'
import { appOnly } from './errors.ts'

const text = (max: number) =>
  wire
    .text(max)
    .nullish()
    .transform((value) => value ?? '')
const needed = (max: number) => wire.text(max).refine((value) => value !== '', 'is empty')
/** `Y` asks for it; anything else does not. */
const asked = z
  .unknown()
  .optional()
  .transform((value) => value === 'Y' || value === true)
const LONGEST_TEXT = 65_535

/** One of `MESSAGES`. Fields that are not named here are passed over. */
const incoming = z.object({
  user: wire.object({
    id: needed(255),
    name: text(255),
    last_name: text(255),
    picture: wire
      .object({ url: text(2000) })
      .nullish()
      .catch(null),
    url: text(2000),
    gender: text(20),
    email: text(255),
    phone: text(50),
    skip_phone_validate: asked,
  }),
  message: wire.object({
    id: text(255),
    date: wire.number().nullish().catch(null),
    text: text(LONGEST_TEXT),
    files: wire.list(wire.object({ url: needed(2000), name: text(255) }), 100).nullish(),
    disable_crm: asked,
    user_id: z.preprocess((value) => (value === '' ? null : value), wire.id().nullish()),
  }),
  chat: wire.object({ id: needed(255), name: text(255), url: text(2000) }),
})

const GENDERS: Readonly<Record<string, string>> = { male: 'M', female: 'F' }

/** An address that may stand in a page; anything else is not kept. */
function webAddress(url: string): string {
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : ''
}

function toIncoming({ user, message, chat }: z.output<typeof incoming>): IncomingMessage {
  return {
    person: {
      externalId: user.id,
      profile: {
        name: user.name.trim(),
        lastName: user.last_name.trim(),
        email: user.email.trim(),
        phone: user.phone.trim(),
        avatarUrl: webAddress(user.picture?.url ?? ''),
        gender: GENDERS[user.gender.toLowerCase()] ?? '',
      },
      profileUrl: webAddress(user.url),
    },
    chat: { externalId: chat.id, name: chat.name, url: chat.url },
    externalId: message.id,
    text: message.text,
    files: message.files ?? [],
    sentAt: message.date && message.date > 0 ? Math.floor(message.date * 1000) : undefined,
    employeeId: message.user_id ?? undefined,
    skipCrm: message.disable_crm,
    skipPhoneCheck: user.skip_phone_validate,
  }
}

const file = z.strictObject({ url: z.string(), name: z.string() })
/** A date that the server keeps as an object shows nothing of itself on the wire. */
const dateObject = z.strictObject({})

const sent = z.strictObject({
  user: out.idText().optional(),
  message: z.strictObject({ id: z.string(), date: dateObject, text: z.string(), files: z.array(file) }),
  chat: z.strictObject({ id: z.string(), name: z.string().optional(), description: z.string().optional() }),
  extra: z.strictObject({ skip_phone_validate: z.literal('Y').optional(), disable_tracker: z.literal('Y').optional() }),
  SUCCESS: z.boolean(),
  ERRORS: z.array(z.string()).optional(),
  session: z.strictObject({ ID: out.idText(), CHAT_ID: out.idText() }).optional(),
})
type Sent = z.output<typeof sent>

const REFUSALS: Readonly<Record<string, string>> = {
  messageEmpty: 'The message has neither text nor files',
  messageTooLong: 'The text of the message is too long',
  employeeUnknown: 'The employee user_id does not exist or is not active',
  senderDenied: 'You may not write on behalf of this employee',
}

function echo(message: IncomingMessage): Omit<Sent, 'SUCCESS'> {
  const { chat } = message
  return {
    message: { id: message.externalId, date: {}, text: message.text, files: [...message.files] },
    chat: {
      id: chat.externalId,
      ...(chat.name !== '' && { name: chat.name }),
      ...(chat.url !== '' && { description: `Link to the original post: ${chat.url}` }),
    },
    extra: {
      ...(message.skipPhoneCheck && { skip_phone_validate: 'Y' as const }),
      ...(message.skipCrm && { disable_tracker: 'Y' as const }),
    },
  }
}

function plain(value: JsonValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** What is told of a message whose fields are not what they should be: where it was, as far as that can be read. */
function malformed(given: JsonObject, error: z.ZodError): Sent {
  const part = (name: string, field: string) => {
    const block = given[name]
    return isJsonObject(block ?? null) ? plain((block as JsonObject)[field]) : ''
  }
  const fields = new Set(error.issues.map((issue) => issue.path.join('.')))
  return {
    message: { id: part('message', 'id'), date: {}, text: part('message', 'text'), files: [] },
    chat: { id: part('chat', 'id') },
    extra: {},
    SUCCESS: false,
    ERRORS: [...fields].map((field) => `The field '${field}' is empty or has an invalid type`),
  }
}

function done(message: IncomingMessage, { customerId, chatId, sessionId }: Received): Sent {
  const { message: taken, chat, extra } = echo(message)
  return {
    user: String(customerId),
    message: taken,
    chat,
    extra,
    SUCCESS: true,
    ...(sessionId !== undefined && { session: { ID: String(sessionId), CHAT_ID: String(chatId) } }),
  }
}

async function receive(
  tx: Tx,
  arrival: Arrival,
  message: IncomingMessage,
  maySpeakFor: (id: number) => boolean,
): Promise<Sent> {
  try {
    if (message.employeeId !== undefined && !maySpeakFor(message.employeeId)) throw new Refusal('senderDenied')
    // One that fails leaves nothing behind; the others stay.
    return done(message, await tx.savepoint(() => receiveMessage(tx, arrival, message)))
  } catch (error) {
    const told = error instanceof Refusal ? REFUSALS[error.reason] : undefined
    if (told === undefined) throw error
    return { ...echo(message), SUCCESS: false, ERRORS: [told] }
  }
}

/** Those who may write in another's name: everybody, or administrators alone where the portal says so. */
function speaker(caller: Caller, restricted: boolean): (id: number) => boolean {
  return (id) => !restricted || caller.isAdmin || id === caller.userId
}

/** What is wrong inside a message is told of that message alone. */
const anything = z.custom<JsonValue>((value) => value !== undefined)

const BLOCKS = ['user', 'message', 'chat'] as const

export const sendMessages = method('imconnector.send.messages', {
  doc: 'Brings messages of customers from an outside messenger into their open channel chats.',
  scope: 'imopenlines',
  auth: 'application',
  wide: true,
  params: {
    CONNECTOR: required(wire.text(255), 'The id with which the connector was registered.', { invalidIsEmpty: true }),
    LINE: required(wire.integer(), 'The id of the open channel.'),
    MESSAGES: required(anything, 'The messages: each has `user`, `message` and `chat`.', { invalid: 'notList' }),
  },
  result: z.strictObject({ SUCCESS: z.boolean(), DATA: z.strictObject({ RESULT: z.array(sent) }) }),
  errors: {
    ...appOnly,
    messagesEmpty: ['ERROR_ARGUMENT', 400, "Argument 'MESSAGES' is null or empty"],
    notList: ['ERROR_ARGUMENT', 400, "The value of an argument 'MESSAGES' must be of type array"],
    notListOfMessages: ['ERROR_ARGUMENT', 400, 'The MESSAGES parameter must be an array of messages (arrays)'],
    blockMissing: ['ERROR_ARGUMENT', 400, 'The incorrect structure of a message inside MESSAGES parameter'],
    lineInactive: ['NOT_ACTIVE_LINE', 400, 'The line with this ID is inactive or does not exist'],
    connectorUnknown: ['IMCONNECTOR_NO_CORRECT_PROVIDER', 400, 'Failed to find a suitable provider for the connector'],
    commandUnknown: ['IMCONNECTOR_NOT_SPECIFIED_CORRECT_COMMAND', 400, 'No valid command specified'],
  },
  write: async ({ params, caller, settings, now, fail }, tx) => {
    const given = params.MESSAGES
    if (typeof given !== 'object' || given === null) return fail('notList')
    const items = Object.values(given)
    if (items.length === 0) fail('messagesEmpty')
    const messages = items.map((item) => (isJsonObject(item) ? item : fail('notListOfMessages')))
    for (const message of messages) {
      if (BLOCKS.some((block) => !isJsonObject(message[block] ?? null))) fail('blockMissing')
    }
    const line = await loadLine(tx, params.LINE)
    if (!line?.active) return fail('lineInactive')
    const connector = await ownConnector(tx, caller, params.CONNECTOR)
    const place = connector && (await connectorOnLine(tx, connector.id, line.id))
    if (!connector || !place?.active) return fail('connectorUnknown')

    const arrival: Arrival = { connector, line, callerId: caller.userId, now }
    const maySpeakFor = speaker(caller, settings.restrictSender)
    const results: Sent[] = []
    for (const message of messages) {
      const parsed = incoming.safeParse(message)
      results.push(
        parsed.success
          ? await receive(tx, arrival, toIncoming(parsed.data), maySpeakFor)
          : malformed(message, parsed.error),
      )
    }
    return { SUCCESS: results.every((result) => result.SUCCESS), DATA: { RESULT: results } }
  },
})
