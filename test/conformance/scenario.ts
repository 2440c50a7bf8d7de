import type { Caller } from '../../src/domain/caller.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import { ADMIN, type TestPortal } from '../support/portal.ts'

/** A call that succeeds, and whose answer has something of everything that the documented example shows. */
export interface Scenario {
  readonly params: JsonObject
  /** The administrator by webhook where nobody is named. */
  readonly caller?: Caller
}

/** Puts into a fresh portal what the call needs. */
export type Arrange = (t: TestPortal) => Promise<Scenario> | Scenario

export type Scenarios = Readonly<Record<string, Arrange>>

/** The administrator by way of an application that is installed. */
export async function byApplication(t: TestPortal, userId = ADMIN): Promise<Caller> {
  const { store, clock } = t.portal
  const clientId = 'local.conformance'
  const id = await store.write(async ({ db }) => {
    const found = await db.selectFrom('application').select('id').where('clientId', '=', clientId).executeTakeFirst()
    if (found) return found.id
    const hashes = { clientSecretHash: '', applicationToken: 'application-token' }
    const values = {
      clientId,
      ...hashes,
      title: 'Conformance',
      scopes: ['im'],
      installed: true,
      createdAt: clock.now(),
    }
    const made = await db.insertInto('application').values(values).returning('id').executeTakeFirstOrThrow()
    return made.id
  })
  return t.as(userId, { via: { kind: 'application', id, clientId } })
}
