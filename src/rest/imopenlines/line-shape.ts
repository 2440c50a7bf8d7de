import { z } from 'zod'
import {
  type LineSettings,
  type OperatorData,
  lineSettingNames,
  lineSettings,
} from '../../domain/openlines/line-settings.ts'
import type { Line, QueueEntry, QueueMember } from '../../domain/openlines/lines.ts'
import type { JsonObject, JsonValue } from '../../kernel/json.ts'
import { fullName } from '../../domain/people/names.ts'
import { out, wire, yesNo } from '../wire.ts'

/** An open channel on the wire, made from the one table of its settings. */

type SettingName = keyof typeof lineSettings
type Kind = (typeof lineSettings)[SettingName]['kind']

/** `23.59`, `9`: hours and minutes as answers show them. */
function showTime(minutes: number): string {
  const rest = minutes % 60
  const hours = Math.floor(minutes / 60)
  return rest === 0 ? String(hours) : `${hours}.${String(rest).padStart(2, '0')}`
}

/** `09:00`, `9.30`, `9`: the forms in which clients send a time of day. */
function readTime(value: unknown): unknown {
  const found = /^\s*(\d{1,2})(?:[:.](\d{1,2}))?\s*$/.exec(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
  )
  if (!found) return value
  const [hours, minutes] = [Number(found[1]), Number((found[2] ?? '0').padEnd(2, '0'))]
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : value
}

/** A list may come as one text with commas; empty parts say nothing. */
function readList(value: unknown): unknown {
  const items = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(items)) return items === null || items === undefined ? [] : items
  return items.map((item: unknown) => (typeof item === 'string' ? item.trim() : item)).filter((item) => item !== '')
}

const operatorData = z.preprocess(
  (value) => (value === null || value === '' || (Array.isArray(value) && value.length === 0) ? {} : value),
  z
    .object({ NAME: wire.text(255), AVATAR: wire.text(2000), AVATAR_ID: wire.text(50) })
    .partial()
    .transform(({ NAME, AVATAR, AVATAR_ID }): OperatorData => ({
      ...(NAME !== undefined && { name: NAME }),
      ...(AVATAR !== undefined && { avatar: AVATAR }),
      ...(AVATAR_ID !== undefined && { avatarId: AVATAR_ID }),
    })),
)

const LONGEST_TEXT = 20_000

const SCHEMAS: Readonly<Record<Kind, (words: readonly string[] | undefined) => z.ZodType>> = {
  flag: () => wire.flag(),
  integer: () => z.preprocess((value) => (value === '' ? 0 : value), wire.integer().pipe(z.int().nonnegative())),
  text: () => wire.text(LONGEST_TEXT),
  words: (words = []) => wire.oneOf(...words),
  time: () => z.preprocess(readTime, z.int().min(0).max(1439)),
  ids: () => z.preprocess(readList, z.array(wire.id()).max(1000)),
  texts: (words) => z.preprocess(readList, z.array(words ? wire.oneOf(...words) : wire.text(50)).max(1000)),
  operator: () => operatorData,
}

function schemaOf(name: SettingName): z.ZodType {
  const setting: { readonly kind: Kind; readonly words?: readonly string[] } = lineSettings[name]
  return SCHEMAS[setting.kind](setting.words)
}

const readers: Readonly<Record<SettingName, z.ZodType>> = Object.fromEntries(
  lineSettingNames.map((name) => [name, schemaOf(name)]),
) as Record<SettingName, z.ZodType>

const queueEntry = wire.object({ ENTITY_TYPE: wire.oneOf('user', 'department'), ENTITY_ID: wire.id() })
/** A plain id stands for a person. */
const queueSchema = wire.list(z.union([wire.id(), queueEntry]), 1000)

/** What `PARAMS` says about a line. */
export interface LineParams {
  readonly name?: string
  readonly active?: boolean
  readonly settings: Partial<LineSettings>
  readonly queue?: readonly QueueEntry[]
}

/** Reads `PARAMS`; `invalid` is told the name of a field whose value is not of its type. Fields that no line has are passed over. */
export function readLine(params: JsonObject, invalid: (field: string) => never): LineParams {
  const parse = <Schema extends z.ZodType>(field: string, schema: Schema, value: JsonValue): z.output<Schema> => {
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed.data : invalid(field)
  }
  const settings: Record<string, unknown> = {}
  for (const name of lineSettingNames) {
    const { wireName } = lineSettings[name]
    const value = params[wireName]
    if (value !== undefined) settings[name] = parse(wireName, readers[name], value)
  }
  const { LINE_NAME: title, ACTIVE: active, QUEUE: queue } = params
  return {
    settings,
    ...(title !== undefined && { name: parse('LINE_NAME', wire.text(255), title) }),
    ...(active !== undefined && { active: parse('ACTIVE', wire.flag(), active) }),
    ...(queue !== undefined && {
      queue: parse('QUEUE', queueSchema, queue === null || queue === '' ? [] : queue).map((entry) =>
        typeof entry === 'number'
          ? { userId: entry }
          : entry.ENTITY_TYPE === 'user'
            ? { userId: entry.ENTITY_ID }
            : { departmentId: entry.ENTITY_ID },
      ),
    }),
  }
}

const texts = z.array(z.string())
const wireKinds = {
  flag: out.yesNo(),
  integer: z.string().regex(/^\d+$/),
  text: z.string(),
  words: z.string(),
  time: z.string(),
  ids: texts.nullable(),
  texts,
  operator: z.union([
    z.strictObject({ NAME: z.string(), AVATAR: z.string(), AVATAR_ID: z.string() }).partial(),
    z.array(z.never()).length(0),
  ]),
} as const satisfies Record<Kind, z.ZodType>

const dateObject = z.strictObject({}).meta({ description: 'A date that shows nothing of itself on the wire.' })

/** The fields of a line in the order of answers, with what each is. The same in `config.get` and `config.list.get`. */
export const lineFields: Readonly<Record<string, z.ZodType>> = {
  ID: out.idText(),
  ACTIVE: out.yesNo(),
  LINE_NAME: z.string(),
  ...Object.fromEntries(
    lineSettingNames.map((name) => [lineSettings[name].wireName, wireKinds[lineSettings[name].kind]]),
  ),
  DATE_CREATE: dateObject,
  DATE_MODIFY: dateObject,
  MODIFY_USER_ID: out.idText(),
  XML_ID: z.null(),
}

function showOperator({ name, avatar, avatarId }: OperatorData): unknown {
  const data = {
    ...(name !== undefined && { NAME: name }),
    ...(avatar !== undefined && { AVATAR: avatar }),
    ...(avatarId !== undefined && { AVATAR_ID: avatarId }),
  }
  return Object.keys(data).length === 0 ? [] : data
}

const SHOWN: Readonly<Record<Kind, (value: never) => unknown>> = {
  flag: yesNo,
  integer: String,
  text: String,
  words: String,
  time: showTime,
  ids: (value: readonly number[]) => (value.length === 0 ? null : value.map(String)),
  // An empty list is one empty word.
  texts: (value: readonly string[]) => (value.length === 0 ? [''] : value),
  operator: showOperator,
}

/** Every field of a line but those of its queue. */
export function showLine(line: Line): Record<string, unknown> {
  return {
    ID: String(line.id),
    ACTIVE: yesNo(line.active),
    LINE_NAME: line.name,
    ...Object.fromEntries(
      lineSettingNames.map((name) => {
        const { kind, wireName } = lineSettings[name]
        return [wireName, SHOWN[kind](line.settings[name] as never)]
      }),
    ),
    DATE_CREATE: {},
    DATE_MODIFY: {},
    MODIFY_USER_ID: String(line.updatedById),
    XML_ID: null,
  }
}

/** How `config.list.get` shows the people of a queue: by their profiles. */
export const listedUser = z.strictObject({
  USER_NAME: z.string().nullable(),
  USER_WORK_POSITION: z.string().nullable(),
  USER_AVATAR: z.string().nullable(),
  USER_AVATAR_ID: z.int().nullable(),
})

export function showListedUser(member: QueueMember): z.output<typeof listedUser> {
  return {
    USER_NAME: fullName(member),
    USER_WORK_POSITION: member.workPosition || null,
    USER_AVATAR: member.avatarUrl,
    USER_AVATAR_ID: null,
  }
}

/** How `config.get` shows them: by what the queue itself says of a person, which is nothing yet. */
export const queueUser = z.strictObject({
  USER_NAME: z.string().nullable(),
  USER_WORK_POSITION: z.string().nullable(),
  USER_AVATAR: z.string().nullable(),
  USER_AVATAR_ID: z.string(),
})
export const QUEUE_USER: z.output<typeof queueUser> = {
  USER_NAME: null,
  USER_WORK_POSITION: null,
  USER_AVATAR: null,
  USER_AVATAR_ID: '0',
}
