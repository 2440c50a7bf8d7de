import { createUser } from '../../../src/domain/people/users.ts'
import type { JsonObject } from '../../../src/kernel/json.ts'
import { ADMIN, type TestPortal, testPortal } from '../../support/portal.ts'

/** A user as an answer shows one. */
export type Shown = Record<string, unknown>

/** The ids of the people that a list finds. */
export const ids = async (
  t: TestPortal,
  params: JsonObject,
  method = 'user.get',
  caller = t.as(ADMIN),
): Promise<number[]> => (await t.result<Shown[]>(method, params, caller)).map((user) => Number(user['ID']))

/** Ada 1, Anna 2, Boris 3, Leo 4 (left), Zoë Müller-Önal 5 in Sales, Bot 6, Guest 7. */
export async function people() {
  const t = await testPortal()
  const sales = await t.result<number>('department.add', { NAME: 'Übersee sales', PARENT: 1 })
  const [zoe, bot, guest] = await t.portal.store.write(async (tx) => [
    await createUser(tx, t.clock.now() + 86_400_000, {
      name: 'Zoë',
      lastName: 'Müller-Önal',
      email: 'zoe@example.com',
      phone: '+49 171 1',
      workPosition: 'Head of Sales 100%_\\',
      departmentIds: [sales],
      extra: {
        PERSONAL_BIRTHDAY: '1990-12-31',
        PERSONAL_CITY: 'Ulm',
        PERSONAL_WWW: 'https://zoe.example',
        PERSONAL_ICQ: '7',
      },
    }),
    await createUser(tx, 1, { kind: 'bot', name: 'Bot' }),
    await createUser(tx, 1, { kind: 'customer', name: 'Guest', email: 'guest@example.com' }),
  ])
  return Object.assign(t, { sales, zoe, bot, guest })
}
