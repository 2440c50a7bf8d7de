import { describe, expect, test } from 'vitest'
import { scopesOf } from '../../src/rest/registry.ts'
import { ADMIN, ANNA } from '../support/portal.ts'
import { carried } from './contract.ts'
import { scenarioOf } from './scenarios/index.ts'
import { newPortal } from './world.ts'

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
