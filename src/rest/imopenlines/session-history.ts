import { z } from 'zod'
import { memberIds } from '../../domain/chats/group-chats.ts'
import { messagesOfSession, openHistory } from '../../domain/openlines/history.ts'
import { isoDate } from '../envelope.ts'
import { historyChat, historyChatSchema, showChat } from '../im/chat-shape.ts'
import { type MessageRow, paramsOf, textOf } from '../im/message-shape.ts'
import { type WireUser, showUsers, userSchema } from '../im/user-shape.ts'
import { method, optional } from '../method.ts'
import { out, wire, yesNo } from '../wire.ts'

/** `imopenlines.session.history.get`: camelCase, ids as strings, everything by its id. */

const historyMessage = z.strictObject({
  id: out.idText(),
  chatid: out.idText(),
  senderid: out.idText(),
  recipientid: z.string(),
  date: out.dateTime(),
  text: z.string(),
  textlegacy: z.string(),
  params: z.union([z.record(z.string(), z.json()), z.array(z.never()).length(0)]),
})

const historyUser = z.strictObject({
  id: out.idText(),
  name: z.string(),
  active: z.boolean(),
  firstName: z.string(),
  lastName: z.string(),
  workPosition: z.string().nullable(),
  color: z.string(),
  avatar: z.string(),
  avatarId: z.null(),
  birthday: z.string(),
  gender: userSchema.shape.gender,
  phoneDevice: z.boolean(),
  phones: userSchema.shape.phones,
  extranet: z.boolean(),
  network: z.boolean(),
  bot: z.boolean(),
  connector: z.boolean(),
  profile: z.string(),
  externalAuthId: z.string(),
  status: z.string(),
  idle: userSchema.shape.idle,
  lastActivityDate: userSchema.shape.last_activity_date,
  mobileLastDate: userSchema.shape.mobile_last_date,
  desktopLastDate: userSchema.shape.desktop_last_date,
  departments: z.array(z.int()),
  absent: userSchema.shape.absent,
  type: userSchema.shape.type,
  services: z.null(),
  botData: userSchema.shape.bot_data,
})

function showHistoryUser(user: WireUser): z.output<typeof historyUser> {
  return {
    id: String(user.id),
    name: user.name,
    active: user.active,
    firstName: user.first_name,
    lastName: user.last_name,
    workPosition: user.work_position || null,
    color: user.color,
    avatar: user.avatar,
    avatarId: null,
    birthday: user.birthday,
    gender: user.gender,
    phoneDevice: false,
    phones: user.phones,
    extranet: user.extranet,
    network: user.network,
    bot: user.bot,
    connector: user.connector,
    profile: `/company/personal/user/${user.id}/`,
    externalAuthId: user.external_auth_id,
    status: user.status,
    idle: user.idle,
    lastActivityDate: user.last_activity_date,
    mobileLastDate: user.mobile_last_date,
    desktopLastDate: user.desktop_last_date,
    departments: user.departments,
    absent: user.absent,
    type: user.type,
    services: null,
    botData: user.bot_data,
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** A text as HTML for clients of old: everything escaped but the marks of emphasis and line breaks. */
export function legacyText(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!)
    .replace(/\[(\/?)([bius])\]/gi, (_, slash: string, tag: string) => `<${slash}${tag.toLowerCase()}>`)
    .replace(/\[br\]|\r?\n/gi, '<br />')
}

/** `CONNECTOR_MID` as `connectorMid`. */
function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase())
}

type HistoryParams = z.output<typeof historyMessage>['params']

function showParams(message: MessageRow): HistoryParams {
  const params = paramsOf(message)
  if (Array.isArray(params)) return []
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [camelCase(name), value])) as HistoryParams
}

function showHistoryMessage(message: MessageRow, timeZone: string): z.output<typeof historyMessage> {
  return {
    id: String(message.id),
    chatid: String(message.chatId),
    senderid: String(message.authorId),
    recipientid: `chat${message.chatId}`,
    date: isoDate(message.createdAt, timeZone),
    text: textOf(message),
    textlegacy: legacyText(textOf(message)),
    params: showParams(message),
  }
}

const emptyList = z.array(z.never()).length(0)

/** People by department; PHP's empty array where nobody has one. */
function groupsOf(users: readonly WireUser[]): Record<string, { id: number; users: string[] }> | never[] {
  const groups: Record<string, { id: number; users: string[] }> = {}
  for (const user of users) {
    for (const id of user.departments) (groups[id] ??= { id, users: [] }).users.push(String(user.id))
  }
  return Object.keys(groups).length === 0 ? [] : groups
}

export const sessionHistoryGet = method('imopenlines.session.history.get', {
  doc: 'Tells the messages of a session with its chat and everybody in it.',
  scope: 'imopenlines',
  params: {
    SESSION_ID: optional(wire.integer(), 'The session.', { invalid: 'sessionUnknown' }),
    CHAT_ID: optional(wire.integer(), 'A chat, for its newest session.', { invalid: 'sessionUnknown' }),
  },
  result: z.strictObject({
    chatId: z.int().positive(),
    canJoin: out.yesNo(),
    canVoteHead: out.yesNo(),
    sessionId: z.int().positive(),
    sessionVoteHead: z.int(),
    sessionCommentHead: z.string().nullable(),
    userId: z.string(),
    message: z.record(z.string(), historyMessage),
    usersMessage: z.record(z.string(), z.array(out.idText())),
    users: z.record(z.string(), historyUser),
    openlines: z.strictObject({ canvoteashead: z.record(z.string(), z.boolean()) }),
    userInGroup: z.union([
      z.record(z.string(), z.strictObject({ id: z.int(), users: z.array(out.idText()) })),
      emptyList,
    ]),
    woUserInGroup: z.array(out.idText()),
    chat: z.record(z.string(), historyChatSchema),
    userBlockChat: z.record(z.string(), z.record(z.string(), z.boolean())),
    userInChat: z.record(z.string(), z.array(z.int())),
    files: emptyList.meta({
      description: 'Files lie on the messengers’ own servers: their addresses are among the parameters of messages.',
    }),
  }),
  errors: {
    paramsMissing: ['MISSING_REQUIRED_PARAM', 400, 'Session ID or Chat ID must be provided'],
    sessionUnknown: ['INVALID_SESSION_ID', 400, 'Unable to determine session ID from provided parameters'],
    accessDenied: ['ACCESS_DENIED', 400, 'You cannot open this conversation as you do not have sufficient rights'],
  },
  read: async ({ params, caller, settings, fail }, read) => {
    const { SESSION_ID: sessionId, CHAT_ID: chatParam } = params
    if (sessionId === undefined && chatParam === undefined) fail('paramsMissing')
    const session = await openHistory(read, caller, { sessionId, chatId: chatParam })
    const { chatId } = session
    const { timeZone } = settings
    const messages = await messagesOfSession(read, session, caller.userId)
    const members = await memberIds(read, chatId)
    const users = await showUsers(read, [...members, ...messages.map((message) => message.authorId)], timeZone)
    const chat = (await showChat(read, chatId, caller.userId, timeZone)) ?? fail('accessDenied')
    const people = [...users.values()]
    const muted = Object.fromEntries(members.map((id) => [id, chat.mute_list.includes(id)]))
    return {
      chatId,
      canJoin: 'Y' as const,
      canVoteHead: yesNo(caller.isAdmin),
      sessionId: session.id,
      sessionVoteHead: session.headVote ?? 0,
      sessionCommentHead: session.headComment,
      userId: `chat${chatId}`,
      message: Object.fromEntries(messages.map((message) => [message.id, showHistoryMessage(message, timeZone)])),
      usersMessage: { [`chat${chatId}`]: messages.map((message) => String(message.id)) },
      users: Object.fromEntries(people.map((user) => [user.id, showHistoryUser(user)])),
      openlines: { canvoteashead: { [session.lineId]: caller.isAdmin } },
      userInGroup: groupsOf(people),
      woUserInGroup: people.filter((user) => user.departments.length === 0).map((user) => String(user.id)),
      chat: { [chatId]: historyChat(chat, members) },
      userBlockChat: { [chatId]: muted },
      userInChat: { [chatId]: members },
      files: [],
    }
  },
})
