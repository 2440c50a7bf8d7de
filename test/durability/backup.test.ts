import { describe, expect, test } from 'vitest'
import { restoreBackup, writeBackup } from '../../src/domain/portals/backup.ts'
import { Portals } from '../../src/domain/portals/portals.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { randomIds } from '../../src/kernel/ids.ts'
import { openDatabases } from '../../src/storage/open-databases.ts'
import { prepared } from '../../src/storage/prepared.ts'
import type { Store } from '../../src/storage/store.ts'
import type { PlainRow, Snapshot } from '../../src/storage/transfer.ts'
import { StoreUnavailable } from '../../src/storage/unavailable.ts'
import { temporaryFolder } from '../support/folder.ts'
import { contentsOf } from '../support/portals.ts'
import { until } from '../support/poll.ts'
import { findPostgres, startPostgres } from '../support/postgres-server.ts'

const BACKUPS = 20
const CHATS = 5
const WRITERS = 10
/** Messages that are there at the least before the next backup begins. */
const EACH = 250

const addMessage = prepared<{ chatId: number; text: string }>()((db, p) =>
  db
    .insertInto('message')
    .values({ chatId: p.chatId, authorId: 1, callerId: 1, text: p.text, params: {}, createdAt: 1 }),
)
const countMessage = prepared<{ chatId: number; messageId: number }>()((db, p) =>
  db
    .updateTable('chat')
    .set((eb) => ({ messageCount: eb('messageCount', '+', 1), lastMessageId: p.messageId }))
    .where('id', '=', p.chatId),
)

/** A message that was sent: when its write began and when it was acknowledged, on one count of moments. */
interface Sent {
  readonly begun: number
  acknowledged: number
}

/** Writes messages as fast as the store takes them. */
class Load {
  readonly sent = new Map<string, Sent>()
  readonly #store: Store
  #moment = 0
  #stopped = false
  #acknowledged = 0
  readonly #writers: Promise<void[]>

  constructor(store: Store) {
    this.#store = store
    this.#writers = Promise.all(Array.from({ length: WRITERS }, (_, writer) => this.#write(writer)))
  }

  /** The moment that is now, later than all before it. */
  moment(): number {
    return ++this.#moment
  }

  /** Waits until so many messages were acknowledged. */
  async reaches(count: number): Promise<void> {
    await until(`${count} messages`, () => this.#acknowledged >= count, 60_000)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#writers
  }

  async #write(writer: number): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      const text = `${writer}/${n}`
      const chatId = 1 + ((writer + n) % CHATS)
      const sent: Sent = { begun: this.moment(), acknowledged: Infinity }
      this.sent.set(text, sent)
      try {
        await this.#store.write(async (tx) => {
          const messageId = await tx.insert(addMessage, { chatId, text })
          await tx.run(countMessage, { chatId, messageId })
          await tx.emit({ type: 'message.added', subject: `chat:${chatId}`, payload: { messageId, text } })
        })
        sent.acknowledged = this.moment()
        this.#acknowledged++
      } catch (error) {
        // Too many came between: nothing was written, and nothing acknowledged.
        if (!(error instanceof StoreUnavailable) || error.carriedOut !== 'no') throw error
      }
    }
  }
}

/** Notes the rows that each snapshot gave. */
function noteSnapshots(portals: Portals): Record<string, PlainRow[]>[] {
  const noted: Record<string, PlainRow[]>[] = []
  const { databases } = portals
  const snapshot = databases.snapshot.bind(databases)
  databases.snapshot = async (name): Promise<Snapshot> => {
    const taken = await snapshot(name)
    const contents: Record<string, PlainRow[]> = Object.fromEntries(taken.tables.map((table) => [table, []]))
    noted.push(contents)
    return {
      ...taken,
      async *rows(table) {
        for await (const row of taken.rows(table)) {
          contents[table]!.push(row)
          yield row
        }
      },
    }
  }
  return noted
}

interface Taken {
  readonly folder: string
  readonly from: number
  readonly to: number
  readonly rows: Record<string, unknown[]>
}

/** Whether a message set is what had been committed at one moment between the backup's begin and its end. */
function expectPrefix(texts: ReadonlySet<string>, { from, to }: Taken, sent: ReadonlyMap<string, Sent>): void {
  const newestBegun = Math.max(0, ...[...texts].map((text) => sent.get(text)?.begun ?? Infinity))
  expect(newestBegun).toBeLessThan(to)
  // What was acknowledged before the backup began, or before one of its own messages was so much as begun, is in it.
  const missing = [...sent].filter(
    ([text, { acknowledged }]) => acknowledged < Math.max(from, newestBegun) && !texts.has(text),
  )
  expect(missing).toEqual([])
}

const byText = (a: string, b: string): number => a.localeCompare(b)

/** Answers the texts of the messages. */
function expectInvariants(contents: Record<string, unknown[]>): Set<string> {
  const messages = contents['message'] as { id: number; chat_id: number; text: string }[]
  const chats = contents['chat'] as { id: number; message_count: number; last_message_id: number | null }[]
  const events = contents['outbox'] as { type: string; subject: string; payload: { messageId: number } }[]
  expect(chats).toHaveLength(CHATS)
  for (const chat of chats) {
    const own = messages.filter((message) => message.chat_id === chat.id).map(({ id }) => id)
    expect(chat.message_count).toBe(own.length)
    expect(chat.last_message_id).toBe(own.length === 0 ? null : Math.max(...own))
  }
  const told = events.filter(({ type }) => type === 'message.added')
  expect(told.map(({ subject, payload }) => `${payload.messageId} ${subject}`).toSorted(byText)).toEqual(
    messages.map(({ id, chat_id: chatId }) => `${id} chat:${chatId}`).toSorted(byText),
  )
  const texts = new Set(messages.map(({ text }) => text))
  expect(texts.size).toBe(messages.length)
  return texts
}

/** The places that a run is over. */
async function placeOf(engine: 'sqlite' | 'postgres', folder: string) {
  if (engine === 'sqlite') return { database: undefined, data: folder, async [Symbol.asyncDispose]() {} }
  const server = await startPostgres()
  return { database: server.url, data: folder, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const engines = findPostgres() === undefined ? (['sqlite'] as const) : (['sqlite', 'postgres'] as const)

describe.each(engines)('on %s', (engine) => {
  test('twenty backups under load, each restored and compared', { timeout: 180_000 }, async () => {
    await using folder = await temporaryFolder()
    await using place = await placeOf(engine, folder.file('data'))
    const databases = await openDatabases(
      { ...place, databasePool: 6, databaseTimeout: 2, ephemeral: false },
      {
        clock: systemClock,
        onFatal: (error) => {
          throw error
        },
        onError: () => {},
      },
    )
    const portals = new Portals({ databases, clock: systemClock, ids: randomIds, baseUrl: () => 'http://portal.test' })
    try {
      const { store } = await portals.create('main')
      await store.write((tx) =>
        tx.db
          .insertInto('chat')
          .values(Array.from({ length: CHATS }, () => ({ kind: 'chat' as const, createdAt: 1, updatedAt: 1 })))
          .execute(),
      )
      const noted = noteSnapshots(portals)
      const load = new Load(store)
      const taken: Taken[] = []
      for (let n = 0; n < BACKUPS; n++) {
        await load.reaches((n + 1) * EACH)
        const to = folder.file(`backup-${n}`)
        const from = load.moment()
        await writeBackup(portals, to, { names: ['main'], version: 'test', clock: systemClock })
        taken.push({ folder: to, from, to: load.moment(), rows: noted.at(-1)! })
      }
      await load.stop()
      const sizes = []
      for (const [n, backup] of taken.entries()) {
        const name = `copy-${n}`
        await restoreBackup(portals, backup.folder, { names: [], as: name })
        const restored = await contentsOf(portals, name)
        expect(restored).toEqual(backup.rows)
        const texts = expectInvariants(restored)
        expectPrefix(texts, backup, load.sent)
        sizes.push(texts.size)
        await databases.delete(name)
      }
      // They were taken of a portal that grew, and the load went on to the end.
      expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
      expect(new Set(sizes).size).toBeGreaterThan(BACKUPS / 2)
      const stored = expectInvariants(await contentsOf(portals, 'main'))
      const acknowledged = [...load.sent].filter(([, { acknowledged: at }]) => at < Infinity)
      expect(stored).toEqual(new Set(acknowledged.map(([text]) => text)))
      expect(stored.size).toBeGreaterThan(sizes.at(-1)!)
    } finally {
      await portals.close()
    }
  })
})
