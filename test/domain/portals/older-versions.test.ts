import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { importPortal } from '../../../src/domain/portals/export-file.ts'
import type { Portal } from '../../../src/domain/portals/portal.ts'
import { loadSettings } from '../../../src/domain/portals/settings.ts'
import { unnumbered } from '../../../src/storage/event-log.ts'
import { migrations } from '../../../src/storage/migrations/migrate.ts'
import { engine, uniqueName } from '../../support/databases.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { portalsIn, portalsOf } from '../../support/portals.ts'

const FIXTURES = new URL('../../fixtures/portals/', import.meta.url).pathname
const files = await readdir(FIXTURES)
const exported = files.filter((file) => file.endsWith('.cordboard.gz'))
const inPlace = files.filter((file) => file.endsWith('.sqlite.gz'))
const OLD_COMMAND = {
  table: 'bot_command',
  row: {
    id: 1,
    bot_id: 5,
    command: 'help',
    handler: 'https://bot.test/command',
    common: false,
    hidden: false,
    extranet: false,
    texts: {},
    created_at: 1,
  },
}
const NEWEST = migrations.at(-1)!.name

/** What the README of the folder says is in each of them. */
async function expectEverything({ store }: Portal): Promise<void> {
  const { read } = store
  const texts = await read.db.selectFrom('message').select('text').where('chatId', '=', 1).orderBy('id').execute()
  expect(texts.map(({ text }) => text).slice(-3)).toEqual([
    'Hello from the first version',
    'Grüße, 🦀 and a "quote"',
    'Two\nlines',
  ])
  const zoe = await read.db.selectFrom('user').selectAll().where('email', '=', 'zoe@example.com').executeTakeFirst()
  expect(zoe).toMatchObject({ name: 'Zoë', lastName: 'Alt', active: true })
  expect(await loadSettings(read)).toMatchObject({ title: 'Old Portal', timeZone: 'Europe/Berlin', language: 'en' })
  const lead = await read.db.selectFrom('lead').selectAll().where('title', '=', 'Zażółć').executeTakeFirst()
  expect(lead).toMatchObject({ opportunity: 12.5 })
  const chat = await read.db.selectFrom('chat').select('messageCount').where('id', '=', 1).executeTakeFirst()
  const count = await read.db.selectFrom('message').select('id').where('chatId', '=', 1).execute()
  expect(count).toHaveLength(chat!.messageCount)
  // It is not only readable.
  await store.write((tx) => tx.db.updateTable('chat').set({ title: 'Written' }).where('id', '=', 1).execute())
}

test('there is a file of each kind for every version', () => {
  expect(exported.map((file) => file.replace('.cordboard.gz', ''))).toEqual(
    inPlace.map((file) => file.replace('.sqlite.gz', '')),
  )
  expect(exported).toContain('0001-initial.cordboard.gz')
})

test.each(exported)('%s is taken in', async (file) => {
  await using folder = await temporaryFolder()
  await using portals = await portalsOf(engine, folder.path)
  const name = uniqueName()
  const { rows, head } = await importPortal(portals, name, `${FIXTURES}${file}`)
  expect(rows).toBeGreaterThan(200)
  expect(file).toBe(`${head.steps.at(-1)}.cordboard.gz`)
  await expectEverything(await portals.get(name))
  expect(await portals.databases.inspect(name)).toMatchObject({ newerSteps: [], pendingSteps: [], damage: [] })
  await using snapshot = await portals.databases.snapshot(name)
  expect(snapshot.steps.at(-1)).toBe(NEWEST)
})

test('bots of an older version hear of what comes from now on, where they were registered to', async () => {
  await using folder = await temporaryFolder()
  await using portals = await portalsOf(engine, folder.path)
  const lines = gunzipSync(await readFile(`${FIXTURES}0001-initial.cordboard.gz`))
    .toString()
    .replace('"open_lines":true,"handlers":{}', '"open_lines":true,"handlers":{"messageAdd":"https://bot.test/add"}')
    .replace('{"table":"chat",', `${JSON.stringify(OLD_COMMAND)}\n{"table":"chat",`)
    .replace(/"rows":(\d+)\}/, (_, rows: string) => `"rows":${Number(rows) + 1}}`)
  await writeFile(folder.file('bots.cordboard.gz'), gzipSync(lines))
  const name = uniqueName()
  await importPortal(portals, name, folder.file('bots.cordboard.gz'))
  const { read } = (await portals.get(name)).store
  const handlers = await read.db.selectFrom('eventHandler').selectAll().orderBy('id').execute()
  const common = { owner: 'webhook:1/demo', botId: 5, userId: 0, offline: false, unboundAt: null }
  expect(handlers).toMatchObject([
    { ...common, event: 'ONIMBOTMESSAGEADD', address: 'https://bot.test/add' },
    { ...common, event: 'ONIMCOMMANDADD', address: 'https://bot.test/command' },
  ])
  const { count } = await unnumbered(read)
  expect(count).toBeGreaterThan(0)
  expect(handlers.map(({ sinceSeq }) => sinceSeq)).toEqual([count, count])
  const [first, second] = handlers
  expect(first!.secret).toMatch(/^whsec_[\da-z]{32}$/)
  expect(first!.applicationToken).toMatch(/^[\da-z]{32}$/)
  expect(second).toMatchObject({ secret: first!.secret, applicationToken: first!.applicationToken })
})

test.runIf(engine === 'sqlite').each(inPlace)('%s is opened, and what it was is kept', async (file) => {
  await using folder = await temporaryFolder()
  const step = file.replace('.sqlite.gz', '')
  await mkdir(folder.file('portals'))
  const original = gunzipSync(await readFile(`${FIXTURES}${file}`))
  await writeFile(folder.file('portals/old.sqlite'), original)
  await copyFile(folder.file('portals/old.sqlite'), folder.file('portals/twin.sqlite'))
  await using portals = portalsIn(folder.path)
  await expectEverything(await portals.get('old'))
  const steps = await portals.databases.migrate('twin')
  expect(steps).toEqual(migrations.map(({ name }) => name).filter((name) => name > step))
  await expectEverything(await portals.get('twin'))
  const kept = (await readdir(folder.file('portals'))).filter((name) => name.includes('.before-'))
  expect(kept.toSorted()).toEqual(
    steps.length === 0 ? [] : [`old.sqlite.before-${steps[0]}`, `twin.sqlite.before-${steps[0]}`],
  )
  expect(await portals.databases.inspect('old')).toMatchObject({ newerSteps: [], pendingSteps: [], damage: [] })
})
