import { expect, test } from 'vitest'
import { Gate } from '../../../src/storage/postgres/gate.ts'

test('one who waits to be alone in vain gives up, and those behind go in', async () => {
  const gate = new Gate()
  const leave = await gate.enter(false)
  const alone = gate.enter(true, 20)
  let isIn = false
  const behind = gate.enter(false).then((leaving) => {
    isIn = true
    return leaving
  })
  await Promise.resolve()
  expect(isIn).toBe(false)
  expect(await alone).toBeUndefined()
  const leaveToo = await behind
  leaveToo?.()
  leave?.()
  // Nobody is left inside: whoever wants to be alone is.
  expect(await gate.enter(true, 0)).toBeTypeOf('function')
  expect(await gate.enter(false, 0)).toBeUndefined()
})
