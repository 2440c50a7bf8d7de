import { expect, test } from 'vitest'
import { lineSettingNames, lineSettings } from '../../../src/domain/openlines/line-settings.ts'
import { ADMIN, ANNA, BORIS, LEAVER, testPortal } from '../../support/portal.ts'

type Shown = Record<string, unknown>

test('a line is shown with every setting, as it was set or by default', async () => {
  await using t = await testPortal()
  const id = await t.result<number>('imopenlines.config.add', {
    PARAMS: {
      LINE_NAME: 'Support',
      ACTIVE: 'N',
      QUEUE_TYPE: 'Strictly',
      QUEUE_TIME: '90',
      WORKTIME_FROM: '09:30',
      WORKTIME_TO: '23.59',
      WORKTIME_DAYOFF: ['sa', 'SU'],
      WORKTIME_HOLIDAYS: '01.01,25.12',
      KPI_FIRST_ANSWER_LIST: [ADMIN],
      DEFAULT_OPERATOR_DATA: { NAME: 'Support' },
      CRM: false,
      NO_SUCH_SETTING: 1,
    },
  })
  const line = await t.result<Shown>('imopenlines.config.get', { CONFIG_ID: id })
  expect(line).toMatchObject({
    ID: String(id),
    LINE_NAME: 'Support',
    ACTIVE: 'N',
    QUEUE_TYPE: 'strictly',
    QUEUE_TIME: '90',
    NO_ANSWER_TIME: '60',
    WORKTIME_FROM: '9.30',
    WORKTIME_TO: '23.59',
    WORKTIME_DAYOFF: ['SA', 'SU'],
    WORKTIME_HOLIDAYS: ['01.01', '25.12'],
    KPI_FIRST_ANSWER_LIST: [String(ADMIN)],
    KPI_FURTHER_ANSWER_LIST: null,
    DEFAULT_OPERATOR_DATA: { NAME: 'Support' },
    CRM: 'N',
    MODIFY_USER_ID: String(ADMIN),
    DATE_CREATE: {},
    XML_ID: null,
    QUEUE: [],
    QUEUE_FULL: [],
    QUEUE_ONLINE: 'N',
  })
  expect(Object.keys(line)).toEqual(expect.arrayContaining(lineSettingNames.map((name) => lineSettings[name].wireName)))
})

test('what config.get shows can be given to config.update and comes back', async () => {
  await using t = await testPortal()
  const id = await t.result<number>('imopenlines.config.add')
  const before = await t.result<Shown>('imopenlines.config.get', { CONFIG_ID: id, WITH_QUEUE: 'N' })
  expect(before).not.toHaveProperty('QUEUE')
  expect(await t.result('imopenlines.config.update', { CONFIG_ID: id, PARAMS: before as never })).toBe(true)
  expect(await t.result('imopenlines.config.get', { CONFIG_ID: id, WITH_QUEUE: 'N' })).toEqual(before)
})

test('an update keeps what it does not name', async () => {
  await using t = await testPortal()
  const id = await t.result<number>('imopenlines.config.add', {
    PARAMS: { LINE_NAME: 'One', QUEUE: [ANNA], MAX_CHAT: 3 },
  })
  await t.call('imopenlines.config.update', { CONFIG_ID: id, PARAMS: { MAX_CHAT: 4 } })
  expect(await t.result('imopenlines.config.get', { CONFIG_ID: id })).toMatchObject({
    LINE_NAME: 'One',
    MAX_CHAT: '4',
    QUEUE: [String(ANNA)],
  })
  await t.call('imopenlines.config.update', { CONFIG_ID: id, PARAMS: { QUEUE: [] } })
  expect(await t.result('imopenlines.config.get', { CONFIG_ID: id })).toMatchObject({ QUEUE: [] })
})

test('the queue holds people and departments, everybody once, active ones alone', async () => {
  await using t = await testPortal()
  const QUEUE = [
    { ENTITY_TYPE: 'user', ENTITY_ID: String(BORIS) },
    { ENTITY_TYPE: 'user', ENTITY_ID: LEAVER },
    { ENTITY_TYPE: 'department', ENTITY_ID: '1' },
  ]
  const id = await t.result<number>('imopenlines.config.add', { PARAMS: { QUEUE } })
  const line = await t.result<Shown>('imopenlines.config.get', { CONFIG_ID: id })
  expect(line['QUEUE']).toEqual([String(BORIS), String(ADMIN), String(ANNA)])
  expect(line['QUEUE_FULL']).toMatchObject({
    [BORIS]: { SORT: '0', USER_ID: String(BORIS), DEPARTMENT_ID: '0', USER_NAME: null, USER_AVATAR_ID: '0' },
    [ANNA]: { SORT: '2', USER_ID: String(ANNA), DEPARTMENT_ID: '1' },
  })
  expect(line['QUEUE_ONLINE']).toBe('Y')
  t.clock.advance(3_600_000)
  expect(await t.result('imopenlines.config.get', { CONFIG_ID: id, SHOW_OFFLINE: 'N' })).toMatchObject({
    QUEUE: [],
    QUEUE_USERS_FIELDS: [],
    QUEUE_ONLINE: 'N',
  })
})

test('lines that are not there are told by false', async () => {
  await using t = await testPortal()
  for (const CONFIG_ID of [7, 9_007_199_254_740_991]) {
    expect(await t.result('imopenlines.config.get', { CONFIG_ID })).toBe(false)
    expect(await t.result('imopenlines.config.update', { CONFIG_ID, PARAMS: { LINE_NAME: 'x' } })).toBe(false)
    expect(await t.result('imopenlines.config.delete', { CONFIG_ID })).toBe(false)
  }
})

test.each(['get', 'update', 'delete'])('config.%s wants the id', async (name) => {
  await using t = await testPortal()
  const told = { code: 'CONFIG_ID_EMPTY', status: 400, message: "Config ID can't be empty" }
  for (const CONFIG_ID of [null, '', 0, -1, 'x', [], {}, '1e3', 1.5]) {
    expect(await t.error(`imopenlines.config.${name}`, { CONFIG_ID })).toEqual(told)
  }
})

test('only administrators change lines', async () => {
  await using t = await testPortal()
  const id = await t.result<number>('imopenlines.config.add', { PARAMS: { QUEUE: [ANNA] } })
  const denied = { code: 'CONFIG_WRONG_USER_PERMISSION', status: 403, message: 'Permission denied' }
  const anna = t.as(ANNA)
  expect(await t.error('imopenlines.config.add', {}, anna)).toEqual(denied)
  expect(await t.error('imopenlines.config.update', { CONFIG_ID: id }, anna)).toEqual(denied)
  expect(await t.error('imopenlines.config.delete', { CONFIG_ID: id }, anna)).toEqual(denied)
  expect(await t.result('imopenlines.config.get', { CONFIG_ID: id }, anna)).toMatchObject({ ID: String(id) })
})

test.each([
  ['QUEUE_TYPE', 'sometimes'],
  ['QUEUE_TIME', 'soon'],
  ['QUEUE_TIME', -1],
  ['WORKTIME_FROM', '25:00'],
  ['WORKTIME_DAYOFF', ['XX']],
  ['WELCOME_MESSAGE', 'perhaps'],
  ['WELCOME_MESSAGE_TEXT', { a: 1 }],
  ['WELCOME_MESSAGE_TEXT', 'a\uD800'],
  ['LINE_NAME', ['x']],
  ['QUEUE', [{ ENTITY_TYPE: 'robot', ENTITY_ID: 1 }]],
  ['KPI_FIRST_ANSWER_LIST', ['x']],
] as const)('%s may not be %j', async (name, value) => {
  await using t = await testPortal()
  const error = await t.error('imopenlines.config.add', { PARAMS: { [name]: value as never } })
  // Text that no database keeps is refused with the whole structure.
  const field = JSON.stringify(value).includes('ud800') ? 'PARAMS' : name
  expect(error).toEqual({
    code: 'ERROR_ARGUMENT',
    status: 400,
    message: `The value of an argument '${field}' has an invalid type`,
  })
})

test('a deleted line is gone', async () => {
  await using t = await testPortal()
  const id = await t.result<number>('imopenlines.config.add', { PARAMS: { QUEUE: [ANNA] } })
  expect(await t.result('imopenlines.config.delete', { CONFIG_ID: id })).toBe(true)
  expect(await t.result('imopenlines.config.get', { CONFIG_ID: id })).toBe(false)
  expect(await t.portal.store.read.db.selectFrom('lineQueue').selectAll().execute()).toEqual([])
})

test('the public path and the revisions', async () => {
  await using t = await testPortal()
  expect(await t.result('imopenlines.config.path.get')).toEqual({
    SERVER_ADDRESS: 'http://portal.test',
    PUBLIC_PATH: '/contact_center/',
  })
  expect(await t.result('imopenlines.revision.get')).toEqual({ rest: 2, web: 1, mobile: 1 })
})
