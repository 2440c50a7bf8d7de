import {
  CamelCasePlugin,
  type CompiledQuery,
  type DatabaseConnection,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import { describe, expect, test } from 'vitest'
import { chatFacts } from '../../src/domain/chats/chat-facts.ts'
import { dialogMembers } from '../../src/domain/chats/member-list.ts'
import { unreadChatsOf } from '../../src/domain/chats/reading.ts'
import { lastSessions, recentChats } from '../../src/domain/chats/recent.ts'
import { bind, unbindAll } from '../../src/domain/crm/bindings.ts'
import type { Condition, Operator } from '../../src/domain/crm/conditions.ts'
import { findByCommunication, findDuplicates } from '../../src/domain/crm/duplicates.ts'
import { countEntities, listEntities } from '../../src/domain/crm/entities.ts'
import { FIELDS } from '../../src/domain/crm/fields.ts'
import { MULTIFIELD_TYPES } from '../../src/domain/crm/multifields.ts'
import type { Operand } from '../../src/domain/crm/terms.ts'
import { writeOptions } from '../../src/domain/apps/options.ts'
import { chatsOfEntity } from '../../src/domain/openlines/crm-chats.ts'
import { sendToCrmChat } from '../../src/domain/openlines/crm-messages.ts'
import { entityDataOf } from '../../src/domain/openlines/entity-data.ts'
import { queueMembers } from '../../src/domain/openlines/lines.ts'
import { deleteDepartment, departmentPath, sharesDepartment } from '../../src/domain/people/departments.ts'
import { type UserCondition, type UserValue, listUsers } from '../../src/domain/people/user-list.ts'
import { loadSettings } from '../../src/domain/portals/settings.ts'
import type { Prepared } from '../../src/storage/prepared.ts'
import type { Schema } from '../../src/storage/schema.ts'
import type { Tx } from '../../src/storage/store.ts'

const SCHEMA = 'portal_x'
/** Names that a query gives itself. */
const OWN = new Set(['reach', 'path'])

/** Something for every reader: what is not there is `undefined`. */
const ROW = { id: 1, total: 1, count: 1, parentId: 1, tieId: 1, extra: {}, text: '{}', assignedById: 1 }

/** A transaction that keeps what it is asked, as PostgreSQL would be asked it in a schema. */
function recorder() {
  const asked: string[] = []
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql }: CompiledQuery): Promise<QueryResult<R>> {
      asked.push(sql)
      return { rows: [ROW] as R[], numAffectedRows: 1n }
    },
    async *streamQuery() {},
  }
  class Recording extends DummyDriver {
    override acquireConnection(): Promise<DatabaseConnection> {
      return Promise.resolve(connection)
    }
  }
  const db = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new Recording(),
      createIntrospector: (each) => new PostgresIntrospector(each),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    plugins: [new CamelCasePlugin()],
  }).withSchema(SCHEMA)
  const ask = async (query: Prepared<never, unknown>) => void asked.push(query.build(db).sql)
  const tx: Pick<Tx, 'db' | 'all' | 'first' | 'run' | 'insert' | 'emit'> = {
    db,
    all: async (query) => {
      await ask(query as Prepared<never, unknown>)
      return [ROW] as never
    },
    first: async (query) => {
      await ask(query as Prepared<never, unknown>)
      return ROW as never
    },
    run: (query) => ask(query as Prepared<never, unknown>),
    insert: async (query) => {
      await ask(query as Prepared<never, unknown>)
      return 1
    },
    emit: async () => {},
  }
  return { asked, tx: tx as Tx }
}

/** The tables that a statement names without their schema. */
function bare(sql: string): string[] {
  const named = sql.matchAll(/\b(?:from|join|into|update)\s+(?:"(\w+)"(?!\.)|([a-z_]\w*))/gi)
  return [...named].map(([, quoted, plain]) => quoted ?? plain ?? '').filter((name) => !OWN.has(name) && name !== 'set')
}

test('a table without its schema is seen', () => {
  expect(bare('select 1 from multifield where x in (select y from "lead")')).toEqual(['multifield', 'lead'])
  expect(bare('update "portal_x"."lead" set a = (select 1 from "portal_x"."deal") from "reach"')).toEqual([])
})

const EVERYTHING: Condition = { kind: 'all', of: [] }
const ADMIN = { userId: 1, isAdmin: true }
const NOW = 1_700_000_000_000

const OPERATORS: readonly Operator[] = ['in', '>', '>=', '<', '<=', 'contains', 'like', 'between']
const OPERANDS: readonly Operand[] = ['a', 5, true, null]

function everyCondition(type: keyof typeof FIELDS): Condition[] {
  const names = [...FIELDS[type].filter((field) => field.type !== 'users').map(({ name }) => name), 'UF_A']
  const fields = type === 'deal' ? names : [...names, ...MULTIFIELD_TYPES]
  return fields.flatMap((field) =>
    OPERATORS.flatMap((operator) =>
      [...OPERANDS.map((each) => [each, each]), OPERANDS].map(
        (values) => ({ kind: 'compare', field, operator, values }) as const,
      ),
    ),
  )
}

const VALUES: readonly UserValue[] = [
  { kind: 'id' },
  { kind: 'active' },
  { kind: 'text', column: 'name' },
  { kind: 'extra', name: 'WORK_CITY' },
  { kind: 'time', column: 'lastActivityAt' },
]

function everyUserCondition(): UserCondition[] {
  return [false, true].flatMap((not) => [
    ...VALUES.flatMap((value): UserCondition[] => [
      { test: 'number', value, op: '>', than: 1 },
      { test: 'text', value, op: '=', than: 'a' },
      { test: 'among', value, values: ['a', 1], not },
      { test: 'like', value, pattern: 'a%', not },
      { test: 'during', value, from: 1, to: 2, not },
    ]),
    { test: 'department', ids: [1], not },
    { test: 'departmentName', beginning: 'a' },
    { test: 'active', is: not },
    { test: 'activeSince', moment: 1, not },
    { test: 'words', text: 'a b' },
    { test: 'nobody' },
  ])
}

const types = ['lead', 'deal', 'contact', 'company'] as const

type Work = (tx: Tx) => Promise<unknown>

const ofEachType = types.flatMap((type): [string, Work][] => [
  [
    `conditions on a ${type}`,
    async (tx: Tx) => {
      for (const condition of everyCondition(type))
        await countEntities(tx, type, { kind: 'not', of: condition }, 'all', ADMIN)
    },
  ],
  [
    `a list of ${type} within reach`,
    async (tx: Tx) => {
      const order = FIELDS[type].map(({ name }) => ({ field: name, direction: 'asc' as const }))
      const query = { condition: EVERYTHING, order, limit: 1, offset: 0, multifields: true, bindings: true }
      for (const level of ['none', 'own', 'department', 'all'] as const)
        await listEntities(tx, type, query, level, { userId: 1, isAdmin: false })
    },
  ],
  [
    `duplicates of a ${type}`,
    (tx: Tx) => findDuplicates(tx, { typeId: 'PHONE', values: ['1'], entityType: type, limit: 1 }, 'department', ADMIN),
  ],
  [
    `a message to a ${type}`,
    async (tx: Tx) => {
      const caller = { ...ADMIN, scopes: [], via: { kind: 'webhook', id: 1 } } as const
      const message = {
        entityType: type,
        entityId: 1,
        chatId: 1,
        senderId: 1,
        text: 'x',
        now: NOW,
        restrictSender: false,
      }
      await sendToCrmChat(tx, caller, message).catch(() => {})
    },
  ],
])

/** What is asked of the database, by its name. */
const works: Readonly<Record<string, Work>> = {
  'who has a phone': (tx) => findByCommunication(tx, 'PHONE', '123'),
  bindings: async (tx) => {
    for (const type of ['lead', 'deal', 'contact'] as const) await bind(tx, type, 1, [2])
    await unbindAll(tx, 'company', 1)
  },
  people: async (tx) => {
    for (const sort of VALUES)
      await listUsers(tx, {
        kinds: ['employee'],
        conditions: everyUserCondition(),
        sort,
        descending: false,
        offset: 0,
        limit: 1,
      })
  },
  departments: async (tx) => {
    await sharesDepartment(tx, 1, 2)
    await departmentPath(tx, 1)
    await deleteDepartment(tx, 2)
  },
  chats: async (tx) => {
    const options = { unreadOnly: true, managedOnly: true, withoutUnanswered: true, olderThan: 1, since: 1 }
    await recentChats(tx, { userId: 1, kinds: ['chat'], limit: 1, offset: 0, ...options })
    await lastSessions(tx, [1])
    await unreadChatsOf(tx, 1)
    await chatFacts(tx, [1], 1)
    await dialogMembers(tx, { chatId: 1, kinds: ['employee'], limit: 1, offset: 0, afterId: 0 })
  },
  'open channels': async (tx) => {
    await chatsOfEntity(tx, { entityType: 'lead', entityId: 1 }, false)
    await entityDataOf(tx, [1])
    await queueMembers(tx, [1])
  },
  'settings and options': async (tx) => {
    await loadSettings(tx)
    await writeOptions(tx, { owner: 'app:1', userId: 0 }, { a: 1 })
  },
}

describe('in a schema every table is named with it', () => {
  test.each([...ofEachType, ...Object.entries(works)])('%s', async (_, work) => {
    const { asked, tx } = recorder()
    await work(tx)
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.flatMap((sql) => bare(sql).map((name) => `${name}: ${sql}`))).toEqual([])
    expect(asked.every((sql) => sql.includes(`"${SCHEMA}".`))).toBe(true)
  })
})
