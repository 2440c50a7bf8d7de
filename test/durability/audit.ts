import pg from 'pg'
import { expect } from 'vitest'
import { DEFAULT_PORTAL } from '../../src/domain/portals/portal.ts'
import type { SentMessage } from '../support/chat-load.ts'

const SCHEMA = `portal_${DEFAULT_PORTAL}`
/** How long the last events may take to get their numbers, in milliseconds. */
const NUMBERING = 5_000

type Row = Record<string, unknown>

/** Looks into the database past the servers, over connections of its own. */
export class Audit implements AsyncDisposable {
  readonly #pool: pg.Pool
  /** Messages that were answered 200 and could not be found right after it. */
  readonly premature: SentMessage[] = []
  looked = 0

  constructor(database: string) {
    this.#pool = new pg.Pool({ connectionString: database, max: 2, connectionTimeoutMillis: 1_000 })
    // The server is restarted under it.
    this.#pool.on('error', () => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end()
  }

  /** Whether a message that was answered 200 is committed; says nothing where the database cannot be asked. */
  async look(message: SentMessage): Promise<void> {
    const client = await this.#pool.connect().catch(() => undefined)
    if (!client) return
    let broken = false
    const ignore = (): void => {}
    client.on('error', ignore)
    try {
      const { rows } = await client.query(`select text from ${SCHEMA}.message where id = $1`, [message.id])
      this.looked++
      if ((rows[0] as { text: string } | undefined)?.text !== message.text) this.premature.push(message)
    } catch {
      broken = true
    } finally {
      client.off('error', ignore)
      client.release(broken)
    }
  }

  /** Every message is there once, under the id that was answered, and in the order of its client. */
  async messages(sent: readonly SentMessage[]): Promise<void> {
    const byChat = grouped(sent, ({ chatId }) => chatId)
    const rows = await this.#rows(
      `select chat_id::int as chat, id::int as id, text from ${SCHEMA}.message where chat_id = any($1::bigint[]) and text like 'Message %' order by id`,
      [Array.from(byChat.keys())],
    )
    const stored = grouped(rows, ({ chat }) => chat as number)
    for (const [chatId, messages] of byChat) {
      const expected = messages.map(({ id, text }) => ({ id, text }))
      expect(stored.get(chatId)?.map(({ id, text }) => ({ id, text }))).toEqual(expected)
    }
    expect(
      await this.#rows(
        `select id from ${SCHEMA}.chat where message_count <> (select count(*) from ${SCHEMA}.message where chat_id = chat.id)`,
      ),
    ).toEqual([])
  }

  /** Every event has its number, without a gap, and those of a chat are in the order of its messages. Answers how many. */
  async events(sent: readonly SentMessage[]): Promise<number> {
    const deadline = performance.now() + NUMBERING
    while ((await this.#count('outbox')) > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await this.#count('outbox')).toBe(0)
    const events = await this.#rows(
      `select seq::int as seq, type, payload->>'chatId' as chat, payload->>'messageId' as id from ${SCHEMA}.event order by seq`,
    )
    expect(events.findIndex(({ seq }, index) => seq !== index + 1)).toBe(-1)
    const told = grouped(
      events.filter(({ type }) => type === 'message.added'),
      ({ chat }) => Number(chat),
    )
    for (const [chatId, messages] of grouped(sent, ({ chatId: chat }) => chat))
      expect(told.get(chatId)?.map(({ id }) => Number(id))).toEqual(messages.map(({ id }) => id))
    return events.length
  }

  async #count(table: string): Promise<number> {
    const [row] = await this.#rows(`select count(*)::int as count from ${SCHEMA}.${table}`)
    return row!['count'] as number
  }

  async #rows(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, [...values])).rows
  }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  return Map.groupBy(items, keyOf)
}
