import { expect, test } from 'vitest'
import { type TestPortal, testPortal } from '../support/portal.ts'
import { ADMIN, ANNA } from '../support/portal.ts'
import type { JsonValue } from '../../src/kernel/json.ts'

interface BatchResult {
  readonly result: unknown
  readonly result_error: unknown
  readonly result_total: unknown
  readonly result_next: unknown
  readonly result_time: Record<string, { operating_reset_at: number }>
}

const batch = (t: TestPortal, cmd: JsonValue, halt: JsonValue = 0, requestId?: string): Promise<BatchResult> =>
  t.call('batch', { cmd, halt }, undefined, requestId).then(({ result }) => result as BatchResult)

test('commands run in order; later ones refer to what earlier ones gave', async () => {
  await using t = await testPortal()
  const answer = await batch(t, {
    people: 'user.get?sort=ID&order=ASC',
    anna: `user.get?ID=$result[people][1][ID]`,
  })
  expect(answer.result).toMatchObject({ anna: [{ ID: String(ANNA) }] })
  expect(answer.result_total).toMatchObject({ people: expect.any(Number) as number })
  expect(answer.result_error).toEqual([])
  expect(answer.result_next).toEqual([])
  expect(Object.keys(answer.result_time)).toEqual(['people', 'anna'])
})

test('keys that count from nought make lists, no commands make empty ones', async () => {
  await using t = await testPortal()
  expect((await batch(t, ['profile', 'user.admin'])).result).toMatchObject([{ ID: String(ADMIN) }, true])
  expect((await batch(t, { 0: 'user.admin', 1: 'user.admin' })).result).toEqual([true, true])
  expect(await batch(t, [])).toEqual({
    result: [],
    result_error: [],
    result_total: [],
    result_next: [],
    result_time: [],
  })
})

test('a command that fails is told under its key; halt stops there', async () => {
  await using t = await testPortal()
  const cmd = { bad: 'no.such.method', nested: 'batch?cmd[0]=profile', good: 'user.admin' }
  const on = await batch(t, cmd)
  expect(on.result).toEqual({ good: true })
  expect(on.result_error).toMatchObject({
    bad: { error: 'ERROR_METHOD_NOT_FOUND' },
    nested: { error: 'ERROR_BATCH_METHOD_NOT_ALLOWED' },
  })
  for (const halt of [1, '1', true, 'Y']) {
    const halted = await batch(t, cmd, halt)
    expect(halted.result).toEqual([])
    expect(Object.keys(halted.result_error as object)).toEqual(['bad'])
  }
})

test('more than fifty commands are refused before any of them runs', async () => {
  await using t = await testPortal()
  const cmd = Array.from({ length: 51 }, (_, n) => `department.add?NAME=Team ${n}&PARENT=1`)
  expect(await t.error('batch', { cmd })).toMatchObject({ code: 'ERROR_BATCH_LENGTH_EXCEEDED', status: 400 })
  expect(await t.result<unknown[]>('department.get')).toHaveLength(1)
})

test('a failing command undoes only itself', async () => {
  await using t = await testPortal()
  const answer = await batch(t, {
    one: 'department.add?NAME=One&PARENT=1',
    two: 'department.add?NAME=&PARENT=1',
    three: 'department.add?NAME=Three&PARENT=$result[one]',
  })
  expect(Object.keys(answer.result as object)).toEqual(['one', 'three'])
  const departments = await t.result<{ NAME: string; PARENT?: string }[]>('department.get')
  expect(departments.map(({ NAME }) => NAME)).toEqual(['Everybody', 'One', 'Three'])
})

test('a batch repeated with its request id writes nothing twice', async () => {
  await using t = await testPortal()
  const cmd = { one: 'department.add?NAME=One&PARENT=1', two: 'department.add?NAME=Two&PARENT=$result[one]' }
  const first = await batch(t, cmd, 0, 'r1')
  const second = await batch(t, cmd, 0, 'r1')
  expect(second.result).toEqual(first.result)
  expect(await t.result<unknown[]>('department.get')).toHaveLength(3)
})
