import { chmod, mkdir, truncate, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { checkClock, checkFolder, checkNode, checkPortals, checkPorts, checkTls } from '../../src/cli/checks.ts'
import { loadConfig } from '../../src/config/load.ts'
import { loadOrCreateCertificates } from '../../src/http/certificates.ts'
import { temporaryFolder } from '../support/folder.ts'
import { portalsIn } from '../support/portals.ts'

const NOW = Date.UTC(2026, 5, 1)
const DAY = 86_400_000

const containing = (text: string): unknown => expect.stringContaining(text)
const message = (at: number): string =>
  `insert into message (chat_id, author_id, caller_id, text, params, created_at) values (1, 1, 1, '', '{}', ${at})`
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

describe('doctor', () => {
  it('wants Node 24', () => {
    expect(checkNode('v24.0.0').ok).toBe(true)
    expect(checkNode('v26.10.0').ok).toBe(true)
    expect(checkNode('v22.18.0')).toMatchObject({
      ok: false,
      message: containing('needs Node 24 or newer, this is v22.18.0'),
    })
    expect(checkNode('v9.0.0').ok).toBe(false)
  })

  it('sees a clock that was never set', () => {
    expect(checkClock(0)).toMatchObject({ ok: false, message: containing('1970-01-01') })
    expect(checkClock(NOW).ok).toBe(true)
  })

  it('looks at the data folder', async () => {
    await using folder = await temporaryFolder()
    expect(await checkFolder(folder.path)).toMatchObject({ ok: true })
    expect(await checkFolder(folder.file('not/yet'))).toMatchObject({
      ok: true,
      message: containing('makes it'),
    })
    await writeFile(folder.file('file'), '')
    expect(await checkFolder(folder.file('file'))).toMatchObject({
      ok: false,
      message: containing('is a file'),
    })
    expect(await checkFolder(folder.file('file/below'))).toMatchObject({ ok: false })
    await mkdir(folder.file('portals'), { mode: 0o755 })
    await chmod(folder.path, 0o755)
    expect(await checkFolder(folder.path)).toMatchObject({
      ok: false,
      message: containing('chmod -R go='),
    })
    await chmod(folder.file('portals'), 0o700)
    expect(await checkFolder(folder.path)).toMatchObject({ ok: true })
  })

  it('reads each portal through', async () => {
    await using folder = await temporaryFolder()
    await using portals = portalsIn(folder.path)
    expect(await checkPortals(portals, NOW)).toMatchObject([{ ok: true, message: 'none yet' }])
    for (const name of ['damaged', 'early', 'foreign', 'future', 'newer', 'sound']) await portals.create(name)
    await portals.close()
    const change = (name: string, sql: string): void => {
      const database = new DatabaseSync(portals.databases.place(name))
      database.exec(sql)
      database.close()
    }
    change('early', 'delete from schema_step')
    change('future', message(NOW + DAY))
    change('newer', "insert into schema_step values ('9999-future')")
    change('sound', message(NOW))
    await truncate(portals.databases.place('damaged'), 8192)
    await writeFile(portals.databases.place('foreign'), 'this is no database, though it is long enough to be looked at')
    expect(
      Object.fromEntries(
        (await checkPortals(portals, NOW)).map(({ about, ok, message: told }) => [about, `${ok}: ${told}`]),
      ),
    ).toEqual({
      'portal damaged': matching(/^false: .*damaged.*restore a backup/),
      'portal early': matching(/^true: sound; will take schema step 0001-initial/),
      'portal foreign': matching(/^false: .*cannot be read/),
      'portal future': matching(/^false: its newest message is of 2026-06-02/),
      'portal newer': matching(/^false: a newer version has written it \(schema step 9999-future\)/),
      'portal sound': 'true: sound',
    })
  })

  it('tells a taken port from a free one', async () => {
    await using folder = await temporaryFolder()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const flags = { data: folder.path, port: String(port), tlsPort: '0' }
    expect(await checkPorts(loadConfig(flags, {}))).toMatchObject([
      { ok: false, about: `port ${port}`, message: containing('choose another with --port') },
      { ok: true },
    ])
    await new Promise((resolve) => server.close(resolve))
    expect(await checkPorts(loadConfig(flags, {}))).toMatchObject([{ ok: true }, { ok: true }])
  })

  it('looks at certificates', async () => {
    await using folder = await temporaryFolder()
    expect(await checkTls(loadConfig({ data: folder.path }, {}), NOW)).toEqual([])
    expect(await checkTls(loadConfig({ data: folder.path, tlsPort: '0' }, {}), NOW)).toMatchObject([{ ok: true }])
    await loadOrCreateCertificates(folder.file('tls'), ['127.0.0.1'], NOW)
    expect(await checkTls(loadConfig({ data: folder.path }, {}), NOW)).toMatchObject([{ ok: true }])
    expect(await checkTls(loadConfig({ data: folder.path }, {}), NOW + 4000 * DAY)).toMatchObject([
      { ok: false, message: containing('ended on') },
    ])
    const given = (cert: string, key: string) =>
      loadConfig({ tlsPort: '0', tlsCert: folder.file(cert), tlsKey: folder.file(key) }, {})
    expect(await checkTls(given('tls/server.pem', 'tls/server.key'), NOW)).toMatchObject([{ ok: true }])
    expect(await checkTls(given('tls/server.pem', 'tls/server.key'), NOW + 395 * DAY)).toMatchObject([
      { ok: false, message: containing('ends on') },
    ])
    expect(await checkTls(given('tls/server.pem', 'tls/server.key'), NOW - 30 * DAY)).toMatchObject([
      { ok: false, message: containing('valid only from') },
    ])
    expect(await checkTls(given('tls/server.pem', 'tls/ca.key'), NOW)).toMatchObject([
      { ok: false, message: containing('is not that of') },
    ])
    expect(await checkTls(given('tls/server.key', 'tls/server.key'), NOW)).toMatchObject([
      { ok: false, message: containing('is not a PEM certificate') },
    ])
    expect(await checkTls(given('tls/server.pem', 'nothing'), NOW)).toMatchObject([
      { ok: false, message: containing('--tls-key') },
    ])
  })
})
