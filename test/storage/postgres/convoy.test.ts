import { expect, test } from 'vitest'
import { withDeadline } from '../../../src/kernel/deadline.ts'
import { Convoy, type Passenger } from '../../../src/storage/postgres/convoy.ts'
import type { Tx } from '../../../src/storage/store.ts'
import { StoreUnavailable } from '../../../src/storage/unavailable.ts'

const NO_TX = undefined as unknown as Tx

/** A convoy whose transactions end when the test says so. */
function convoyWith(left: (passengers: readonly Passenger[]) => readonly Passenger[] = () => []) {
  const travelled: string[][] = []
  const alone: string[] = []
  const gates: (() => void)[] = []
  const convoy = new Convoy({
    async together(passengers) {
      travelled.push(passengers.map(({ key }) => key))
      await new Promise<void>((resolve) => gates.push(resolve))
      const remaining = left(passengers)
      for (const passenger of passengers)
        if (!remaining.includes(passenger)) passenger.resolve(await passenger.work(NO_TX))
      return remaining
    },
    async alone(work) {
      const value = await work(NO_TX)
      alone.push(String(value))
      return value
    },
  })
  const letGo = async (): Promise<void> => {
    await expect.poll(() => gates.length).toBeGreaterThan(0)
    gates.shift()!()
  }
  return { convoy, travelled, alone, letGo }
}

const say = (text: string) => async () => text

test('those who come together travel together, in one order of what they are about', async () => {
  const { convoy, travelled, letGo } = convoyWith()
  const all = Promise.all(['chat:3', 'chat:1', 'chat:2'].map((key) => convoy.add(key, say(key))))
  await letGo()
  expect(await all).toEqual(['chat:3', 'chat:1', 'chat:2'])
  expect(travelled).toEqual([['chat:1', 'chat:2', 'chat:3']])
})

test('no two about the same travel together, and none overtakes another', async () => {
  const { convoy, travelled, letGo } = convoyWith()
  const order: string[] = []
  const add = (key: string, text: string) => convoy.add(key, async () => order.push(text))
  const all = Promise.all([
    add('chat:1', 'a'),
    add('chat:1', 'b'),
    add('chat:2', 'c'),
    add('chat:1', 'd'),
    add('chat:2', 'e'),
  ])
  await letGo()
  await letGo()
  await all
  expect(travelled).toEqual([
    ['chat:1', 'chat:2'],
    ['chat:1', 'chat:2'],
  ])
  expect(order).toEqual(['a', 'c', 'b', 'e', 'd'])
})

test('those for whom it did not work out together go one by one, before whoever comes after them', async () => {
  let first = true
  const { convoy, alone, letGo } = convoyWith((passengers) => {
    const left = first ? passengers : []
    first = false
    return left
  })
  const all = Promise.all([
    convoy.add('chat:1', say('a')),
    convoy.add('chat:2', say('b')),
    convoy.add('chat:1', say('c')),
    convoy.add('chat:2', say('d')),
  ])
  await letGo()
  await expect.poll(() => alone).toEqual(['a', 'b'])
  await letGo()
  expect(await all).toEqual(['a', 'b', 'c', 'd'])
})

test('whoever is alone goes alone, and what he throws is his', async () => {
  const { convoy, travelled } = convoyWith()
  await expect(convoy.add('chat:1', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await convoy.add('chat:1', say('yes'))).toBe('yes')
  expect(travelled).toEqual([])
})

test('nobody waits longer than he has time: who has not travelled by then has written nothing', async () => {
  const { convoy, letGo } = convoyWith()
  const held = Promise.all([convoy.add('chat:1', say('a')), convoy.add('chat:2', say('b'))])
  const late = withDeadline(50, () => convoy.add('chat:1', say('c')))
  const refused = late.then(
    () => undefined,
    (error: unknown) => error,
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  await letGo()
  await held
  const error = await refused
  expect(error).toBeInstanceOf(StoreUnavailable)
  expect((error as StoreUnavailable).carriedOut).toBe('no')
})

test('a commit that is not answered is told as unknown in time', async () => {
  const { convoy } = convoyWith()
  const both = withDeadline(50, () => [convoy.add('chat:1', say('a')), convoy.add('chat:2', say('b'))])
  for (const answer of both)
    await expect(answer).rejects.toMatchObject({ name: 'StoreUnavailable', carriedOut: 'unknown' })
})
