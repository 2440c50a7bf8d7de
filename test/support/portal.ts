import type { Caller } from '../../src/domain/caller.ts'
import { wireEvents } from '../../src/events/wire/index.ts'
import { type Portal, portalOver } from '../../src/domain/portals/portal.ts'
import { type PortalSettings, changeSettings } from '../../src/domain/portals/settings.ts'
import { ManualClock } from '../../src/kernel/clock.ts'
import { seededIds } from '../../src/kernel/ids.ts'
import type { JsonObject } from '../../src/kernel/json.ts'
import { type Answer, Dispatcher } from '../../src/rest/dispatch.ts'
import { RestError } from '../../src/rest/errors.ts'
import { Limits } from '../../src/rest/limits.ts'
import { documentedMethods, methods } from '../../src/rest/methods.gen.ts'
import { Registry } from '../../src/rest/registry.ts'
import { testStore } from './databases.ts'

export const registry = new Registry(methods, documentedMethods, wireEvents)

/** The people of a test portal. 1 is an administrator, 2 and 3 work in one department, 4 has left. */
export const ADMIN = 1
export const ANNA = 2
export const BORIS = 3
export const LEAVER = 4

/** A portal in memory with a few people, and calls into it without HTTP. Every result is checked against its declaration. */
export interface TestPortal extends AsyncDisposable {
  readonly portal: Portal
  readonly clock: ManualClock
  /** Somebody who calls by webhook with every scope, or as an application. */
  as(userId: number, options?: Partial<Caller>): Caller
  /** Calls a method as the administrator, or as somebody else. */
  call(method: string, params?: JsonObject, caller?: Caller, requestId?: string): Promise<Answer>
  /** The result alone. */
  result<T>(method: string, params?: JsonObject, caller?: Caller): Promise<T>
  /** The error with which a call fails. */
  error(
    method: string,
    params?: JsonObject,
    caller?: Caller,
  ): Promise<{ code: string; status: number; message: string }>
  settings(change: Partial<PortalSettings>): Promise<void>
}

const EVERY_SCOPE = registry.scopes()

function as(userId: number, options: Partial<Caller> = {}): Caller {
  return {
    userId,
    isAdmin: userId === ADMIN,
    scopes: EVERY_SCOPE,
    via: { kind: 'webhook', id: userId },
    ...options,
  }
}

export async function testPortal(): Promise<TestPortal> {
  const clock = new ManualClock()
  const store = await testStore(clock)
  const portal = portalOver(store, { name: 'test', clock, ids: seededIds('test'), baseUrl: 'http://portal.test' })
  await store.write(async (tx) => {
    await changeSettings(tx, { memberId: 'member', timeZone: 'Europe/Berlin' })
    const now = clock.now()
    const person = { kind: 'employee', createdAt: now, updatedAt: now, lastActivityAt: now } as const
    const people = [
      { name: 'Ada', lastName: 'Admin', email: 'ada@example.com', isAdmin: true },
      { name: 'Anna', lastName: 'Archer', email: 'anna@example.com', workPosition: 'Operator' },
      { name: 'Boris', lastName: 'Brown', email: 'boris@example.com' },
      { name: 'Leo', lastName: 'Leaver', email: 'leo@example.com', active: false },
    ]
    for (const someone of people)
      await tx.db
        .insertInto('user')
        .values({ ...person, ...someone })
        .execute()
    await tx.db.insertInto('department').values({ name: 'Everybody', parentId: null, headUserId: ADMIN }).execute()
    await tx.db
      .insertInto('userDepartment')
      .values([ADMIN, ANNA, BORIS].map((userId) => ({ userId, departmentId: 1 })))
      .execute()
  })
  const dispatcher = new Dispatcher({ portal, registry, limits: new Limits({}), verifyResults: true })
  const call: TestPortal['call'] = (method, params = {}, caller = as(ADMIN), requestId) =>
    dispatcher.dispatch(caller, method, params, requestId)
  return {
    portal,
    clock,
    as,
    call,
    result: async <T>(method: string, params?: JsonObject, caller?: Caller) =>
      (await call(method, params, caller)).result as T,
    async error(method, params, caller) {
      try {
        await call(method, params, caller)
      } catch (error) {
        if (error instanceof RestError) return { code: error.code, status: error.status, message: error.message }
        throw error
      }
      throw new Error(`${method} did not fail`)
    },
    settings: async (change) => void (await store.write((tx) => changeSettings(tx, change))),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
