import { expect, test, vi } from 'vitest'
import { runHere, spawnCli } from '../support/cli.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/poll.ts'

// Servers are processes of their own, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 })

interface Event {
  readonly seq: number
  readonly type: string
  readonly subject: string
}

const eventsIn = (text: string): Event[] =>
  text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event)

test('what happens in a running server can be followed from another process', async () => {
  await using folder = await temporaryFolder()
  const data = ['--data', folder.file('data')]
  const server = spawnCli(['start', '--json', '--port', '0', ...data])
  const { webhook } = JSON.parse(await server.firstLine) as { webhook: string }
  try {
    // The demo itself is numbered first.
    const tail = () => runHere(['event', 'tail', '--after', '0', ...data])
    let past: Event[] = []
    await expect
      .poll(async () => (past = eventsIn((await tail()).stdout)).length, { timeout: 10_000 })
      .toBeGreaterThan(4)
    const follower = spawnCli(['event', 'tail', '--follow', '--after', String(past.at(-1)!.seq), ...data])
    const params = { CRM_ENTITY_TYPE: 'lead', CRM_ENTITY: 1, USER_ID: 1, CHAT_ID: 1, MESSAGE: 'Hello' }
    for (let n = 0; n < 3; n++) {
      const answer = await fetch(`${webhook}imopenlines.crm.message.add`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(params),
      })
      expect(answer.status).toBe(200)
    }
    const added = () => eventsIn(follower.output()).filter(({ type }) => type === 'message.added')
    await until('the three messages are told', () => added().length === 3)
    follower.child.kill('SIGTERM')
    expect((await follower.ended).code).toBe(0)
    const all = eventsIn((await tail()).stdout)
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1))
    expect(eventsIn(follower.output())).toEqual(all.slice(past.length))
  } finally {
    server.child.kill('SIGTERM')
    await server.ended
  }
})

test('says what it needs', async () => {
  await using folder = await temporaryFolder()
  const run = (...args: string[]) => runHere(['event', 'tail', '--data', folder.path, ...args])
  expect((await run()).stderr).toContain('Give --after NUMBER')
  expect((await run('--after', 'x')).stderr).toContain('must be the number of an event')
})
