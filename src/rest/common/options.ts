import { z } from 'zod'
import { type OptionOwner, FOR_ALL, readOption, readOptions, writeOptions } from '../../domain/apps/options.ts'
import { type Caller, ownerOf } from '../../domain/caller.ts'
import type { JsonValue } from '../../kernel/json.ts'
import type { Reader } from '../../storage/store.ts'
import { method, optional, required } from '../method.ts'
import { wire } from '../wire.ts'

const LONGEST_NAME = 255

const optionParam = optional(wire.text(LONGEST_NAME), 'The name of one option; without it all are answered, by name.')
const told = { missing: 'noOptions', invalid: 'noOptions' }
/** Names and values; a list names its values 0, 1, 2 …, as PHP does. */
const optionsParam = required(
  z.preprocess((value) => (Array.isArray(value) ? Object.fromEntries(value.entries()) : value), wire.fields()),
  'Values by name. Names that are new are added, others get the new value, those not named stay.',
  told,
)

/** Whatever was kept: the value of one option, null where it has none, or all of them by name. */
const optionsSchema = z.json()

const wrongAuthType = ['AccessException', 400, 'Application context required'] as const
const noUser = ['AccessException', 400, 'User authorization required'] as const
const noOptions = ['ArgumentNullException', 400, 'options is empty'] as const

async function read(reader: Reader, owner: OptionOwner, name: string | undefined): Promise<JsonValue> {
  return name === undefined || name === ''
    ? readOptions(reader, owner)
    : ((await readOption(reader, owner, name)) ?? null)
}

const common = (caller: Caller): OptionOwner => ({ owner: ownerOf(caller), userId: FOR_ALL })
const personal = (caller: Caller): OptionOwner => ({ owner: ownerOf(caller), userId: caller.userId })

export const appOptionGet = method('app.option.get', {
  doc: 'What the application keeps for everybody.',
  scope: 'basic',
  auth: 'application',
  params: { option: optionParam },
  result: optionsSchema,
  errors: { wrongAuthType, noUser },
  read: ({ params, caller }, reader) => read(reader, common(caller), params.option),
})

export const appOptionSet = method('app.option.set', {
  doc: 'Keeps values for the application, the same for everybody. Only an administrator may.',
  scope: 'basic',
  auth: 'application',
  params: { options: optionsParam },
  result: z.literal(true),
  errors: {
    noOptions,
    wrongAuthType,
    notAdministrator: ['AccessException', 400, 'Administrator authorization required'],
  },
  async write({ params, caller, fail }, tx) {
    if (Object.keys(params.options).length === 0) fail('noOptions')
    if (!caller.isAdmin) fail('notAdministrator')
    await writeOptions(tx, common(caller), params.options)
    return true as const
  },
})

export const userOptionGet = method('user.option.get', {
  doc: 'What the application keeps for the person who calls.',
  scope: 'basic',
  auth: 'application',
  params: { option: optionParam },
  result: optionsSchema,
  errors: { wrongAuthType, noUser },
  read: ({ params, caller }, reader) => read(reader, personal(caller), params.option),
})

export const userOptionSet = method('user.option.set', {
  doc: 'Keeps values for the application and the person who calls.',
  scope: 'basic',
  auth: 'application',
  params: { options: optionsParam },
  result: z.literal(true),
  errors: { noOptions, wrongAuthType, noUser },
  async write({ params, caller, fail }, tx) {
    if (Object.keys(params.options).length === 0) fail('noOptions')
    await writeOptions(tx, personal(caller), params.options)
    return true as const
  },
})
