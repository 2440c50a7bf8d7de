import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/kernel/json.ts'
import { ANNA, BORIS, type TestPortal, testPortal } from '../../support/portal.ts'

const METHOD = 'imopenlines.config.list.get'

async function threeLines(t: TestPortal): Promise<void> {
  const add = (PARAMS: JsonObject) => t.call('imopenlines.config.add', { PARAMS })
  await add({ LINE_NAME: 'Beta', QUEUE: [ANNA], MAX_CHAT: 10 })
  await add({ LINE_NAME: 'alpha', ACTIVE: 'N', MAX_CHAT: 9, QUEUE: [{ ENTITY_TYPE: 'department', ENTITY_ID: 1 }] })
  await add({ LINE_NAME: 'Gamma', MAX_CHAT: 100 })
}

const names = async (t: TestPortal, PARAMS: JsonObject, OPTIONS: JsonObject = {}, caller = t.as(1)) =>
  (await t.result<{ LINE_NAME: string }[]>(METHOD, { PARAMS, OPTIONS }, caller)).map((line) => line.LINE_NAME)

test('lists lines with the fields asked for', async () => {
  await using t = await testPortal()
  await threeLines(t)
  expect(
    await t.result(METHOD, { PARAMS: { select: ['ID', 'LINE_NAME', 'ACTIVE'], filter: { ACTIVE: 'N' } } }),
  ).toEqual([{ ID: '2', LINE_NAME: 'alpha', ACTIVE: 'N' }])
  expect(await t.result(METHOD, { PARAMS: { select: { title: 'LINE_NAME' }, filter: { ID: 1 } } })).toEqual([
    { title: 'Beta' },
  ])
  const [whole] = await t.result<JsonObject[]>(METHOD)
  expect(whole).toMatchObject({ ID: '1', CRM_CREATE: 'lead', DATE_CREATE: {} })
  expect(whole).not.toHaveProperty('QUEUE')
})

test('tells queues where asked', async () => {
  await using t = await testPortal()
  await threeLines(t)
  const lines = await t.result<JsonObject[]>(METHOD, {
    PARAMS: { select: ['ID'] },
    OPTIONS: { QUEUE: 'Y', CONFIG_QUEUE: 'Y' },
  })
  expect(lines).toEqual([
    {
      ID: '1',
      QUEUE: [ANNA],
      QUEUE_USERS_FIELDS: {
        [ANNA]: { USER_NAME: 'Anna Archer', USER_WORK_POSITION: 'Operator', USER_AVATAR: '', USER_AVATAR_ID: null },
      },
      CONFIG_QUEUE: [{ ENTITY_ID: String(ANNA), ENTITY_TYPE: 'user' }],
    },
    expect.objectContaining({
      ID: '2',
      QUEUE: [1, ANNA, BORIS],
      CONFIG_QUEUE: [{ ENTITY_ID: '1', ENTITY_TYPE: 'department' }],
    }),
    { ID: '3', QUEUE: [], QUEUE_USERS_FIELDS: [], CONFIG_QUEUE: [] },
  ])
})

test.each([
  [{}, ['Beta', 'alpha', 'Gamma']],
  [{ order: { LINE_NAME: 'ASC' } }, ['alpha', 'Beta', 'Gamma']],
  [{ order: { MAX_CHAT: 'desc' } }, ['Gamma', 'Beta', 'alpha']],
  [{ order: { ACTIVE: 'asc', ID: 'DESC' } }, ['alpha', 'Gamma', 'Beta']],
  [{ limit: 2 }, ['Beta', 'alpha']],
  [{ limit: '1', offset: '1' }, ['alpha']],
  [{ offset: 9 }, []],
  [{ filter: { '>MAX_CHAT': 9 } }, ['Beta', 'Gamma']],
  [{ filter: { '<=MAX_CHAT': '10' } }, ['Beta', 'alpha']],
  [{ filter: { '%LINE_NAME': 'AM' } }, ['Gamma']],
  [{ filter: { '!ID': 1 } }, ['alpha', 'Gamma']],
  [{ filter: { '@ID': [1, 3] } }, ['Beta', 'Gamma']],
  [{ filter: { ID: [1, 3], ACTIVE: true } }, ['Beta', 'Gamma']],
  [{ filter: { '>DATE_CREATE': '2000-01-01' } }, ['Beta', 'alpha', 'Gamma']],
] as [JsonObject, string[]][])('%j', async (params, wanted) => {
  await using t = await testPortal()
  await threeLines(t)
  expect(await names(t, params)).toEqual(wanted)
})

test('CHECK_PERMISSION keeps the lines with which the caller may do that', async () => {
  await using t = await testPortal()
  await threeLines(t)
  expect(await names(t, {}, { CHECK_PERMISSION: 'VIEW' }, t.as(ANNA))).toHaveLength(3)
  expect(await names(t, {}, { CHECK_PERMISSION: 'perform' }, t.as(ANNA))).toEqual(['Beta', 'alpha'])
  expect(await names(t, {}, { CHECK_PERMISSION: 'MODIFY' }, t.as(ANNA))).toEqual([])
  expect(await names(t, {}, { CHECK_PERMISSION: 'MODIFY' })).toHaveLength(3)
})

test.each([
  [{ page: 1, x: 2 }, 'Unsupported PARAMS fields are passed: page, x'],
  [{ select: 'ID' }, "A wrong format for the PARAMS field 'select' is passed"],
  [{ order: 'ID' }, "A wrong format for the PARAMS field 'order' is passed"],
  [{ order: ['ID'] }, "A wrong format for the PARAMS field 'order' is passed"],
  [{ filter: 'ID' }, "A wrong format for the PARAMS field 'filter' is passed"],
  [{ filter: { ID: { a: 1 } } }, "A wrong format for the PARAMS field 'filter' is passed"],
  [{ limit: -1 }, "A non-negative integer is expected in the PARAMS field 'limit'"],
  [{ limit: 'x' }, "A non-negative integer is expected in the PARAMS field 'limit'"],
  [{ offset: [] }, "A non-negative integer is expected in the PARAMS field 'offset'"],
  [{ select: [''] }, "A wrong field name is passed in the PARAMS field 'select'"],
  [{ select: [{}] }, "A wrong field name is passed in the PARAMS field 'select'"],
  [{ order: { '': 'ASC' } }, "A wrong field name is passed in the PARAMS field 'order'"],
  [{ filter: { '>': 1 } }, "A wrong field name is passed in the PARAMS field 'filter'"],
  [{ select: ['NOPE'] }, "An unknown field 'NOPE' is passed in the PARAMS field 'select'"],
  [{ order: { QUEUE: 'ASC' } }, "An unknown field 'QUEUE' is passed in the PARAMS field 'order'"],
  [{ filter: { NOPE: 1 } }, "An unknown field 'NOPE' is passed in the PARAMS field 'filter'"],
  [{ select: { 'a b': 'ID' } }, "A wrong field alias is passed in the PARAMS field 'select'"],
  [{ select: { CRM: 'ID' } }, "The alias 'CRM' matches an existing field in the PARAMS field 'select'"],
  [{ order: { ID: 'up' } }, "A wrong sorting direction is passed in the PARAMS field 'order'"],
] as [JsonObject, string][])('PARAMS %j is told as documented', async (PARAMS, message) => {
  await using t = await testPortal()
  expect(await t.error(METHOD, { PARAMS })).toEqual({ code: 'INVALID_FORMAT', status: 400, message })
})

test.each([
  [{ page: 1 }, 'Unsupported OPTIONS fields are passed: page'],
  [{ QUEUE: ['Y'] }, "A wrong format for the OPTIONS field 'QUEUE' is passed"],
  [{ CONFIG_QUEUE: {} }, "A wrong format for the OPTIONS field 'CONFIG_QUEUE' is passed"],
  [{ CHECK_PERMISSION: 'EAT' }, "An unknown value for the OPTIONS field 'CHECK_PERMISSION' is passed"],
  [{ CHECK_PERMISSION: ['VIEW'] }, "An unknown value for the OPTIONS field 'CHECK_PERMISSION' is passed"],
] as [JsonObject, string][])('OPTIONS %j is told as documented', async (OPTIONS, message) => {
  await using t = await testPortal()
  expect(await t.error(METHOD, { OPTIONS })).toEqual({ code: 'INVALID_FORMAT', status: 400, message })
})

test('structures of another type are refused', async () => {
  await using t = await testPortal()
  for (const value of ['x', 1, ['x']] as JsonValue[]) {
    expect(await t.error(METHOD, { PARAMS: value })).toMatchObject({ code: 'ERROR_ARGUMENT', status: 400 })
  }
})
