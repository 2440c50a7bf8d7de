import { z } from 'zod'
import { colorOf } from '../../domain/chats/colors.ts'
import { fullName } from '../../domain/people/names.ts'
import type { BotType } from '../../storage/schema/bots.ts'
import type { Reader } from '../../storage/store.ts'
import { isoDate } from '../envelope.ts'
import { out } from '../wire.ts'
import { colorSchema } from './color-schema.ts'

/** A person, a bot or a customer, as every `im.*` and `imopenlines.*` answer shows one. */

const dateOrFalse = z.union([out.dateTime(), z.literal(false)])

const phonesSchema = z
  .strictObject({
    work_phone: z.string(),
    personal_mobile: z.string(),
    personal_phone: z.string(),
    inner_phone: z.string(),
  })
  .partial()

const botDataSchema = z.strictObject({
  code: z.string(),
  type: z.enum(['bot', 'openline', 'supervisor', 'human']),
  app_id: z.string(),
  is_hidden: z.boolean(),
  is_support_openline: z.boolean(),
  background_id: z.null(),
})

export const userSchema = z.strictObject({
  id: z.int().positive(),
  active: z.boolean(),
  name: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  work_position: z.string(),
  color: colorSchema,
  avatar: z.string(),
  avatar_hr: z.string(),
  gender: z.enum(['M', 'F']),
  birthday: z.string().regex(/^(\d\d-\d\d)?$/),
  extranet: z.boolean(),
  network: z.boolean(),
  bot: z.boolean(),
  connector: z.boolean(),
  external_auth_id: z.enum(['default', 'bot', 'imconnector']),
  status: z.string(),
  idle: dateOrFalse,
  last_activity_date: dateOrFalse,
  mobile_last_date: dateOrFalse,
  desktop_last_date: dateOrFalse,
  absent: dateOrFalse,
  departments: z.array(z.int()),
  phones: z.union([phonesSchema, z.literal(false)]),
  bot_data: botDataSchema.nullable(),
  type: z.enum(['user', 'bot']),
  website: z.string(),
  email: z.string(),
})

export type WireUser = z.output<typeof userSchema>

const BOT_TYPES = { B: 'bot', O: 'openline', S: 'supervisor', H: 'human' } as const satisfies Record<BotType, string>
const AUTHENTICATIONS = { employee: 'default', bot: 'bot', customer: 'imconnector' } as const

function load(read: Reader, ids: readonly number[]) {
  return read.db
    .selectFrom('user')
    .leftJoin('bot', 'bot.userId', 'user.id')
    .selectAll('user')
    .select(['bot.code as botCode', 'bot.type as botType', 'bot.openLines as botOpenLines'])
    .where('user.id', 'in', ids)
    .orderBy('user.id')
    .execute()
}

type Row = Awaited<ReturnType<typeof load>>[number]

/** `31-12` of `1990-12-31`; empty where it is not a date of that form. */
function birthdayOf(date: string | undefined): string {
  const found = /^\d{4}-(\d\d)-(\d\d)/.exec(date ?? '')
  return found ? `${found[2]}-${found[1]}` : ''
}

function phonesOf({ phone, extra }: Row): WireUser['phones'] {
  const phones = {
    ...(extra['WORK_PHONE'] ? { work_phone: extra['WORK_PHONE'] } : {}),
    ...(phone || extra['PERSONAL_MOBILE'] ? { personal_mobile: phone || extra['PERSONAL_MOBILE'] } : {}),
    ...(extra['PERSONAL_PHONE'] ? { personal_phone: extra['PERSONAL_PHONE'] } : {}),
    ...(extra['UF_PHONE_INNER'] ? { inner_phone: extra['UF_PHONE_INNER'] } : {}),
  }
  return Object.keys(phones).length === 0 ? false : phones
}

function show(row: Row, departments: number[], timeZone: string): WireUser {
  const date = (at: number | null): string | false => (at === null ? false : isoDate(at, timeZone))
  const isBot = row.kind === 'bot'
  return {
    id: row.id,
    active: row.active,
    name: fullName(row),
    first_name: row.name,
    last_name: row.lastName,
    work_position: row.workPosition,
    color: colorOf(row.id, row.color),
    avatar: row.avatarUrl,
    avatar_hr: row.avatarUrl,
    gender: row.gender === 'F' ? 'F' : 'M',
    birthday: birthdayOf(row.extra['PERSONAL_BIRTHDAY']),
    // Whoever writes from outside sees nothing of the portal, as an extranet user.
    extranet: row.kind === 'customer',
    network: false,
    bot: isBot,
    connector: row.kind === 'customer',
    external_auth_id: AUTHENTICATIONS[row.kind],
    status: row.status,
    idle: date(row.idleSince),
    last_activity_date: date(row.lastActivityAt),
    mobile_last_date: false,
    desktop_last_date: false,
    absent: false,
    departments,
    phones: phonesOf(row),
    bot_data:
      row.botCode === null || row.botType === null
        ? null
        : {
            code: row.botCode,
            type: BOT_TYPES[row.botType],
            app_id: '',
            is_hidden: false,
            is_support_openline: row.botOpenLines ?? false,
            background_id: null,
          },
    type: isBot ? 'bot' : 'user',
    website: row.extra['PERSONAL_WWW'] ?? '',
    email: row.email,
  }
}

/** Users by their ids, in two queries however many they are. Unknown ids are left out; 0 and repetitions do no harm. */
export async function showUsers(
  read: Reader,
  userIds: Iterable<number>,
  timeZone: string,
): Promise<Map<number, WireUser>> {
  const ids = [...new Set(userIds)].filter((id) => id > 0)
  if (ids.length === 0) return new Map()
  const rows = await load(read, ids)
  const memberships = await read.db
    .selectFrom('userDepartment')
    .select(['userId', 'departmentId'])
    .where('userId', 'in', ids)
    .orderBy('departmentId')
    .execute()
  const departments = new Map<number, number[]>()
  for (const { userId, departmentId } of memberships) {
    const list = departments.get(userId)
    if (list) list.push(departmentId)
    else departments.set(userId, [departmentId])
  }
  const shown = new Map(rows.map((row) => [row.id, show(row, departments.get(row.id) ?? [], timeZone)]))
  // Answers list people in the order asked for.
  return new Map(ids.flatMap((id) => (shown.has(id) ? [[id, shown.get(id)!] as const] : [])))
}

/** One user; none where there is no such id. */
export async function showUser(read: Reader, userId: number, timeZone: string): Promise<WireUser | undefined> {
  return (await showUsers(read, [userId], timeZone)).get(userId)
}
