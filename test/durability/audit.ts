import pg from 'pg'
import { DEFAULT_PORTAL } from '../../src/domain/portals/portal.ts'
import type { SentMessage } from '../support/chat-load.ts'

const SCHEMA = `portal_${DEFAULT_PORTAL}`
/** How long the last events may take to get their numbers, in milliseconds. */
const NUMBERING = 5_000

const ignore = (): void => {}

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

  /** What is wrong with the stored messages: each is there once, under the id that was answered, in the order of its client. */
  async messages(sent: readonly SentMessage[]): Promise<string[]> {
    const byChat = Map.groupBy(sent, ({ chatId }) => chatId)
    const rows = await this.#rows(
      `select chat_id::int as chat, id::int as id, text from ${SCHEMA}.message where chat_id = any($1::bigint[]) and text like 'Message %' order by id`,
      [Array.from(byChat.keys())],
    )
    const stored = Map.groupBy(rows, ({ chat }) => chat)
    const wrong = Array.from(byChat).flatMap(([chatId, messages]) => {
      const expected = messages.map(({ id, text }) => `${id}: ${text}`)
      const found = (stored.get(chatId) ?? []).map(({ id, text }) => `${String(id)}: ${String(text)}`)
      return difference(`chat ${chatId}`, expected, found)
    })
    const counts = await this.#rows(
      `select id from ${SCHEMA}.chat where message_count <> (select count(*) from ${SCHEMA}.message where chat_id = chat.id)`,
    )
    return [...wrong, ...counts.map(({ id }) => `chat ${String(id)} counts its messages wrongly`)]
  }

  /**
   * What is wrong with the events: each has its number, without a gap, and those of a chat are in the order of its
   * messages. And how many there are.
   */
  async events(sent: readonly SentMessage[]): Promise<{ count: number; wrong: string[] }> {
    const deadline = performance.now() + NUMBERING
    while ((await this.#count('outbox')) > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50))
    const waiting = await this.#count('outbox')
    const wrong = waiting === 0 ? [] : [`${waiting} events have no number`]
    const events = await this.#rows(
      `select seq::int as seq, type, payload->>'chatId' as chat, payload->>'messageId' as id from ${SCHEMA}.event order by seq`,
    )
    const gap = events.findIndex(({ seq }, index) => seq !== index + 1)
    if (gap >= 0) wrong.push(`event ${gap + 1} is missing`)
    const told = Map.groupBy(
      events.filter(({ type }) => type === 'message.added'),
      ({ chat }) => Number(chat),
    )
    for (const [chatId, messages] of Map.groupBy(sent, ({ chatId: chat }) => chat)) {
      const found = (told.get(chatId) ?? []).map(({ id }) => String(id))
      wrong.push(
        ...difference(
          `events of chat ${chatId}`,
          messages.map(({ id }) => String(id)),
          found,
        ),
      )
    }
    return { count: events.length, wrong }
  }

  async #count(table: string): Promise<number> {
    const [row] = await this.#rows(`select count(*)::int as count from ${SCHEMA}.${table}`)
    return row!['count'] as number
  }

  async #rows(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, [...values])).rows
  }
}

/** The first place where two lists differ, in words; nothing where they do not. */
function difference(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const length = Math.max(expected.length, found.length)
  for (let at = 0; at < length; at++)
    if (expected[at] !== found[at])
      return [`${what}: at ${at} there should be "${expected[at] ?? 'nothing'}", and is "${found[at] ?? 'nothing'}"`]
  return []
}
