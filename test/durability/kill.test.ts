import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from '../support/child-server.ts'

interface Line {
  readonly url: string
  readonly webhook: string
  readonly admin: { readonly id: number }
  readonly lead: { readonly id: number; readonly chatId: number }
}

const start = (folder: string) =>
  startServer<Line>(['src/cli/main.ts', 'start', '--json', '--port', '0', '--data', folder])

/** Writes until the server is gone; answers the texts that were acknowledged. */
async function writeUntilKilled({ webhook, admin, lead }: Line, run: number): Promise<string[]> {
  const acknowledged: string[] = []
  let gone = false
  await Promise.all(
    Array.from({ length: 16 }, async (_, writer) => {
      for (let n = 0; !gone; n++) {
        const text = `${run}/${writer}/${n}`
        try {
          const response = await fetch(`${webhook}imopenlines.crm.message.add`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({
              CRM_ENTITY_TYPE: 'lead',
              CRM_ENTITY: lead.id,
              USER_ID: admin.id,
              CHAT_ID: lead.chatId,
              MESSAGE: text,
            }),
          })
          const answer = (await response.json()) as { result?: number }
          if (response.status === 200 && typeof answer.result === 'number') acknowledged.push(text)
        } catch {
          gone = true
        }
      }
    }),
  )
  return acknowledged
}

async function everyText({ webhook, lead }: Line): Promise<string[]> {
  const texts: string[] = []
  let last: number | undefined
  for (;;) {
    const query = new URLSearchParams({
      DIALOG_ID: `chat${lead.chatId}`,
      LIMIT: '50',
      ...(last === undefined ? {} : { LAST_ID: String(last) }),
    })
    const response = await fetch(`${webhook}im.dialog.messages.get?${query.toString()}`)
    const { result } = (await response.json()) as { result: { messages: { id: number; text: string }[] } }
    if (result.messages.length === 0) return texts
    texts.push(...result.messages.map(({ text }) => text))
    last = Math.min(...result.messages.map(({ id }) => id))
  }
}

test(
  'kill -9 under load: every acknowledged message is there after the restart, once',
  { timeout: 120_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cordboard-kill-'))
    try {
      const acknowledged: string[] = []
      for (let run = 0; run < 3; run++) {
        const server = await start(folder)
        const writing = writeUntilKilled(server.line, run)
        await new Promise((resolve) => setTimeout(resolve, 700 + run * 300))
        await server.kill()
        acknowledged.push(...(await writing))
      }
      const server = await start(folder)
      const stored = await everyText(server.line)
      await server.stop()
      expect(acknowledged.length).toBeGreaterThan(200)
      const counts = new Map<string, number>()
      for (const text of stored) counts.set(text, (counts.get(text) ?? 0) + 1)
      expect(acknowledged.filter((text) => counts.get(text) !== 1)).toEqual([])
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)
