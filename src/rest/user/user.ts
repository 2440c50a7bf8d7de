import { z } from 'zod'
import { type UserCondition, countUsers, escapeLike, listUsers } from '../../domain/people/user-list.ts'
import { departmentsOf, findUser } from '../../domain/people/users.ts'
import type { JsonObject } from '../../kernel/json.ts'
import type { Reader } from '../../storage/store.ts'
import type { UserKind } from '../../storage/schema/people.ts'
import { type Call, Page, type Params, method, optional } from '../method.ts'
import { pageFrom, startParam } from '../paging.ts'
import { wire } from '../wire.ts'
import { USER_SCOPES, USER_TYPES, fieldSeen, fieldsSeenBy, userFields as allFields, valueOf } from './fields.ts'
import { MOST_CONDITIONS, conditionsOf, splitKey, textOf, wordsCondition } from './filter.ts'
import { type ShowOptions, showCurrent, showListed, userSchema } from './user-shape.ts'

const errors = {
  tooManyConditions: ['ERROR_ARGUMENT', 400, `A filter has at most ${MOST_CONDITIONS} conditions`],
} as const

const listParams = {
  sort: optional(
    wire.text(),
    'The field to sort by, any of `user.fields` but those made of others; ID where it is left out.',
  ),
  order: optional(wire.oneOf('ASC', 'DESC'), 'The direction of sorting.'),
  FILTER: optional(
    wire.fields(),
    'Conditions by field, each with a prefix (`>=`, `!`, `%`, `@` …) where it is not equality. Fields may also stand beside the parameters. Unknown ones are passed over.',
  ),
  ADMIN_MODE: optional(
    wire.flag(),
    'Lets an administrator list bots and customers too, with `USER_TYPE` `bot` or `imconnector` in the filter.',
  ),
  select: optional(wire.list(wire.text()), 'The fields to show; `*` all, `UF_*` those that begin so.'),
  start: startParam,
} satisfies Params

/** `params` as both lists have them. */
type ListCall = Call<typeof listParams, typeof errors>

export const userCurrent = method('user.current', {
  doc: 'The person on whose behalf the call is made.',
  scope: USER_SCOPES,
  params: {},
  result: userSchema,
  async read(call, read) {
    const user = await findUser(read, call.caller.userId)
    const departments = await departmentsOf(read, [call.caller.userId])
    return user ? showCurrent(user, departments.get(user.id) ?? [], showOptions(call)) : {}
  },
})

export const userGet = method('user.get', {
  doc: 'Employees by filter, those who have left included. Bots and customers of open channels are not among them.',
  scope: USER_SCOPES,
  params: {
    ...listParams,
    IMAGE_RESIZE: optional(
      wire.oneOf('small', 'medium', 'large'),
      'The size of photos. Links lead to the original: the browser scales it.',
    ),
  },
  result: z.array(userSchema),
  errors,
  read: (call, read) => listed(call, read, (filter) => conditionsOf(filter, filterContext(call))),
})

export const userSearch = method('user.search', {
  doc: 'Employees whose names, positions or departments begin with what is looked for; else as `user.get`.',
  scope: USER_SCOPES,
  params: listParams,
  result: z.array(userSchema),
  errors,
  read: (call, read) => listed(call, read, (filter) => searchConditions(filter, call)),
})

export const userFields = method('user.fields', {
  doc: 'The fields of an employee that the caller’s scope shows, and what they are called.',
  scope: USER_SCOPES,
  params: {},
  result: z.strictObject(Object.fromEntries(allFields.map(({ name }) => [name, z.string()]))).partial(),
  read: async ({ caller }) =>
    Object.fromEntries(fieldsSeenBy(caller.scopes).flatMap(({ name, label }) => (label === '' ? [] : [[name, label]]))),
})

async function listed(
  call: ListCall,
  read: Reader,
  conditionsFor: (filter: JsonObject) => UserCondition[],
): Promise<Page<Record<string, unknown>[]>> {
  const { params, caller } = call
  const filter = filterOf(call)
  const conditions = conditionsFor(filter)
  if (conditions.length > MOST_CONDITIONS) call.fail('tooManyConditions')
  const kinds = kindsOf(filter, caller.isAdmin && params.ADMIN_MODE === true)
  const field = fieldSeen(params.sort ?? 'ID', caller.scopes)
  const sort = (field && valueOf(field)) ?? { kind: 'id' }
  const page = await pageFrom(params.start, {
    list: (offset, limit) =>
      listUsers(read, { kinds, conditions, sort, descending: params.order === 'DESC', offset, limit }),
    count: () => countUsers(read, { kinds, conditions }),
  })
  const options: ShowOptions = { ...showOptions(call), select: params.select?.map((name) => name.toUpperCase()) }
  const ids = page.result.map((user) => user.id)
  const departments = await departmentsOf(read, ids)
  const shown = page.result.map((user) => showListed(user, departments.get(user.id) ?? [], options))
  return new Page(shown, page.total, page.next)
}

/** The filter, and the conditions that stand beside the parameters, as the pages' own examples have them. */
function filterOf({ params, raw, caller }: ListCall): JsonObject {
  const beside = Object.entries(raw).filter(([key]) => {
    const { name } = splitKey(key)
    return name === 'NAME_SEARCH' || name === 'FIND' || fieldSeen(name, caller.scopes) !== undefined
  })
  return { ...Object.fromEntries(beside), ...params.FILTER }
}

/** Employees, unless an administrator asks for others by `USER_TYPE`. */
function kindsOf(filter: JsonObject, mayNameOthers: boolean): UserKind[] {
  const kinds: readonly UserKind[] = mayNameOthers ? ['employee', 'bot', 'customer'] : ['employee']
  const asked = Object.entries(filter).find(([key]) => splitKey(key).name === 'USER_TYPE')
  if (!asked) return ['employee']
  const wanted = (Array.isArray(asked[1]) ? asked[1] : [asked[1]]).flatMap((word) => {
    const type = String(textOf(word)).toLowerCase()
    return Object.hasOwn(USER_TYPES, type) ? [USER_TYPES[type as keyof typeof USER_TYPES]] : []
  })
  const not = splitKey(asked[0]).operator.startsWith('!')
  return kinds.filter((kind) => wanted.includes(kind) !== not)
}

/** Fields that a search looks into by their beginnings. */
const SEARCHED = new Set(['NAME', 'LAST_NAME', 'SECOND_NAME', 'WORK_POSITION'])

function searchConditions(filter: JsonObject, call: ListCall): UserCondition[] {
  const entries = Object.entries(filter)
  const find = entries.find(([key]) => key.toUpperCase() === 'FIND')
  const context = filterContext(call)
  return entries.flatMap(([key, value]) => {
    const { operator, name } = splitKey(key)
    if (name === 'FIND') return find?.[0] === key ? wordsCondition(value) : []
    const searched = SEARCHED.has(name)
    // One looks either for words anywhere or for fields: where both are named, the words decide.
    if (find && (searched || name === 'UF_DEPARTMENT_NAME')) return []
    const text = textOf(value)
    if (name === 'UF_DEPARTMENT_NAME')
      return [text === undefined ? { test: 'nobody' } : { test: 'departmentName', beginning: text }]
    const field = searched && operator === '' && text !== undefined ? fieldSeen(name, context.scopes) : undefined
    if (!field) return conditionsOf({ [key]: value }, context)
    return [{ test: 'like', value: valueOf(field)!, pattern: `${escapeLike(text!)}%`, not: false }]
  })
}

function filterContext({ caller, settings, now }: Pick<Call, 'caller' | 'settings' | 'now'>) {
  return { scopes: caller.scopes, timeZone: settings.timeZone, now }
}

function showOptions({ caller, settings, now }: Pick<Call, 'caller' | 'settings' | 'now'>): ShowOptions {
  return { scopes: caller.scopes, timeZone: settings.timeZone, now }
}
