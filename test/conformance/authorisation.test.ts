import { describe, expect, test } from 'vitest'
import type { Caller } from '../../src/domain/caller.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import { RestError } from '../../src/rest/errors.ts'
import { scopesOf } from '../../src/rest/registry.ts'
import { ADMIN, ANNA, type TestPortal } from '../support/portal.ts'
import { carried, matches } from './contract.ts'
import { scenarioOf } from './scenarios/index.ts'
import { newPortal } from './world.ts'

/** What anybody may do: every employee sees the others, the lines and the reference books. */
const OPEN_TO_ALL = [
  'im.user.*',
  'im.department.*',
  'im.search.*',
  'imopenlines.config.get',
  'crm.status.*',
  'crm.enum.*',
  // These make something of their own, or list it.
  'imbot.register',
  'imbot.bot.list',
  'imbot.chat.get',
  'imbot.dialog.get',
  'imconnector.list',
  'imconnector.register',
  // Of a connector that is not his own, it tells that all is off.
  'imconnector.status',
]

/** Methods about something that an outsider may not see: he is refused, or told of nothing. */
const guarded = carried.filter(
  ({ name, method }) =>
    /^(crm|im|imopenlines)\./.test(name) &&
    method.auth !== 'admin' &&
    Object.keys(method.params).some((param) =>
      /^(id|chat_id|dialog_id|message_id|session_id|crm_entity|config_id)$/i.test(param),
    ) &&
    !OPEN_TO_ALL.some((pattern) => matches(pattern, name)),
)
const owned = carried.filter(
  ({ name }) => /^(imbot|imconnector)\./.test(name) && !OPEN_TO_ALL.some((pattern) => matches(pattern, name)),
)

const scoped = carried.filter(({ method }) => !scopesOf(method).includes('basic'))
const ofApplications = carried.filter(({ method }) => method.auth === 'application')
const ofAdministrators = carried.filter(({ method }) => method.auth === 'admin')

test.each(scoped)('$name wants its scope', async ({ name, method, entry }) => {
  await using t = await newPortal()
  const scopes = t.as(ADMIN).scopes.filter((scope) => !scopesOf(method).includes(scope))
  const status = entry.errors.find(({ code }) => code === 'insufficient_scope')?.status ?? 403
  expect(await t.error(name, {}, t.as(ADMIN, { scopes }))).toMatchObject({ code: 'insufficient_scope', status })
})

describe.runIf(ofApplications.length > 0)('methods of applications', () => {
  test.each(ofApplications)('$name cannot be called by webhook', async ({ name, method, entry }) => {
    await using t = await newPortal()
    const documented = entry.errors.find(({ code }) => /WRONG_(AUTH_TYPE|CONTEXT)/.test(code))
    const [code, status] = method.errors?.['wrongAuthType'] ?? ['WRONG_AUTH_TYPE', 403]
    const wanted = { code: documented?.code ?? code, status: documented?.status ?? status }
    expect(await t.error(name, {}, t.as(ADMIN))).toMatchObject(wanted)
  })

  test.each(ofApplications)('$name can be called by webhook where the portal lets webhooks', async ({ name }) => {
    const arrange = scenarioOf(name)
    if (!arrange) return
    await using t = await newPortal()
    await t.settings({ webhooksActAsApplications: true })
    const { params } = await arrange(t)
    const error = await t.error(name, params, t.as(ADMIN)).catch(() => undefined)
    expect(error?.code).not.toBe('WRONG_AUTH_TYPE')
  })
})

describe.runIf(ofAdministrators.length > 0)('methods of administrators', () => {
  test.each(ofAdministrators)('$name is refused to an employee', async ({ name, method, entry }) => {
    await using t = await newPortal()
    const params = (await scenarioOf(name)?.(t))?.params ?? {}
    const [code, status] = method.errors?.['adminOnly'] ?? ['ACCESS_DENIED', 403]
    expect(await t.error(name, params, t.as(ANNA))).toMatchObject({ code, status })
    const documented = entry.errors.map((error) => error.code)
    expect(documented.length === 0 || documented.includes(code) || code === 'ACCESS_DENIED').toBe(true)
  })
})

test.each(guarded)('$name is refused to somebody outside', async ({ name, entry }) => {
  const arrange = scenarioOf(name)
  if (!arrange) return
  await using t = await newPortal()
  const { params } = await arrange(t)
  const outsider = await t.result<number>('user.add', { EMAIL: 'otto@example.com', NAME: 'Otto', UF_DEPARTMENT: [1] })
  const documented = new Set(['ERROR_ARGUMENT', ...entry.errors.map(({ code }) => code)])
  expect([...documented, 'nothing']).toContain(await refusal(t, name, params, t.as(outsider)))
})

test.each(owned)('$name is refused to another application', async ({ name, entry }) => {
  const arrange = scenarioOf(name)
  if (!arrange) return
  await using t = await newPortal()
  const { params, caller } = await arrange(t)
  const documented = new Set(['ERROR_ARGUMENT', ...entry.errors.map(({ code }) => code)])
  const other: Caller = { ...caller!, via: { kind: 'application', id: 99, clientId: 'local.other' } }
  expect([...documented, 'nothing']).toContain(await refusal(t, name, params, other))
})

/** The code of an error that is the caller's, or that he was told of nothing. */
async function refusal(t: TestPortal, name: string, params: JsonObject, caller: Caller): Promise<string> {
  try {
    const { result } = await t.call(name, params, caller)
    return isNothing(result) ? 'nothing' : `an answer: ${JSON.stringify(result).slice(0, 200)}`
  } catch (error) {
    if (error instanceof RestError && error.status < 500) return error.code
    throw error
  }
}

function isNothing(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return result === false || result === null
  return Object.values(result).every((value) => Array.isArray(value) && value.length === 0) || 'error' in result
}
