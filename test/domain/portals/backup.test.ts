import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Backup, checkBackup, restoreBackup, writeBackup } from '../../../src/domain/portals/backup.ts'
import { createUser } from '../../../src/domain/people/users.ts'
import type { Portals } from '../../../src/domain/portals/portals.ts'
import { UserError } from '../../../src/kernel/errors.ts'
import { uniqueName } from '../../support/databases.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { contentsOf, pairs, portalsOf } from '../../support/portals.ts'

const NOW = Date.UTC(2026, 0, 5)

describe.each(pairs)('a backup from %s, restored by %s', (source, target) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let portals: Portals
  let others: Portals
  let to: string
  let names: [string, string]

  beforeEach(async () => {
    folder = await temporaryFolder()
    portals = await portalsOf(source, folder.file('data'))
    others = await portalsOf(target, folder.file('elsewhere'))
    onTestFinished(async () => {
      await portals.close()
      await others.close()
      await folder[Symbol.asyncDispose]()
    })
    to = folder.file('backup')
    names = [uniqueName(), uniqueName()]
    for (const name of names)
      await (await portals.create(name)).store.write((tx) => createUser(tx, NOW, { name: `Ada of ${name}` }))
  })

  const write = (wanted: readonly string[] = names): Promise<Backup> =>
    writeBackup(portals, to, { names: wanted, version: '1.2.3', clock: { now: () => NOW } })
  const list = async (change: (list: Backup) => unknown): Promise<void> => {
    const file = `${to}/backup.json`
    await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, 'utf8')) as Backup)))
  }
  const expectRefusal = async (
    message: string | RegExp,
    wanted: readonly string[] = [],
    as?: string,
  ): Promise<void> => {
    const restoring = restoreBackup(others, to, { names: wanted, as })
    await expect(restoring).rejects.toThrow(UserError)
    await expect(restoring).rejects.toThrow(message)
    for (const name of [...names, 'copy']) if (target !== source) expect(await others.databases.has(name)).toBe(false)
  }

  it('is private, lists what it holds, and gives equal portals', async () => {
    const written = await write()
    expect(written).toMatchObject({ format: 'cordboard-backup', version: 1, cordboard: '1.2.3', createdAt: NOW })
    expect(written.portals.map(({ name }) => name)).toEqual(names)
    expect(await checkBackup(to)).toEqual(written.portals)
    expect((await stat(to)).mode & 0o777).toBe(0o700)
    expect((await readdir(to)).toSorted()).toEqual(['backup.json', ...names.map((n) => `${n}.cordboard.gz`)].toSorted())
    for (const file of await readdir(to)) expect((await stat(`${to}/${file}`)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder.path)).not.toContain('backup.partial')
    for (const name of names) {
      const copy = uniqueName()
      const [restored] = await restoreBackup(others, to, { names: [name], as: copy })
      expect(restored).toEqual({ from: name, name: copy, rows: written.portals.find((p) => p.name === name)!.rows })
      expect(await contentsOf(others, copy)).toEqual(await contentsOf(portals, name))
      await others.databases.delete(copy)
    }
  })

  it('is restored under the names it was made with, once', async () => {
    await write()
    const before = await contentsOf(portals, names[1])
    for (const name of names) await portals.delete(name)
    expect((await restoreBackup(others, to, { names: [] })).map(({ name }) => name)).toEqual(names)
    expect(await contentsOf(others, names[1])).toEqual(before)
    await expect(restoreBackup(others, to, { names: [] })).rejects.toThrow(`There is a portal "${names[0]}" already`)
    await others.databases.delete(names[0])
    await expect(restoreBackup(others, to, { names: [] })).rejects.toThrow(`There is a portal "${names[1]}" already`)
    expect(await others.databases.has(names[0])).toBe(false)
    await others.databases.delete(names[1])
  })

  it('is narrowed to the portals named', async () => {
    expect((await write([names[1]])).portals.map(({ name }) => name)).toEqual([names[1]])
    await expectRefusal(`There is no portal "${names[0]}" in `, [names[0]])
    await expect(write(['nobody'])).rejects.toThrow('There is no portal "nobody"')
  })

  it('is restored whole or not at all: any byte that changed is seen before anything is made', async () => {
    await write()
    const damaged = `${to}/${names[1]}.cordboard.gz`
    const whole = await readFile(damaged)
    await writeFile(damaged, whole.with(20, whole[20]! ^ 1))
    await expectRefusal('was changed since it was written')
    await writeFile(damaged, whole.subarray(0, -1))
    await expectRefusal(`has ${whole.length - 1} bytes and should have ${whole.length}`)
    await rm(damaged)
    await expectRefusal(/Cannot read .*ENOENT.*copy the backup again/i)
    await writeFile(damaged, whole)
    await expectRefusal('--as names one portal, and 2 are to be restored', [], 'copy')
    await expectRefusal('cannot name a portal', [names[0]], '../copy')
    // A sound portal is not lost with a damaged one.
    await writeFile(damaged, whole.subarray(0, -1))
    const copy = uniqueName()
    await restoreBackup(others, to, { names: [names[0]], as: copy })
    await others.databases.delete(copy)
  })

  it('is refused when its list is something else', async () => {
    await write()
    const file = `${to}/backup.json`
    const original = await readFile(file, 'utf8')
    const cases: [(l: Backup) => unknown, string][] = [
      [(l) => ({ ...l, format: 'other' }), 'is no backup that "cordboard backup" has written'],
      [(l) => ({ ...l, version: 2 }), 'has format 2; this version of Cordboard reads format 1'],
      [(l) => ({ ...l, portals: undefined }), 'is damaged: it lacks something'],
      [(l) => ({ ...l, portals: [{ ...l.portals[0], file: '../../secret' }] }), 'is damaged: it lacks something'],
      [(l) => ({ ...l, portals: [{ ...l.portals[0], name: '../x' }] }), 'is damaged: it lacks something'],
      [(l) => ({ ...l, portals: [l.portals[0], l.portals[0]] }), 'is damaged: it lacks something'],
      [
        (l) => ({ ...l, portals: [{ ...l.portals[0], steps: ['9999-future'] }] }),
        'newer version of Cordboard (it has schema step 9999-future)',
      ],
    ]
    for (const [change, message] of cases) {
      await writeFile(file, original)
      await list(change)
      await expectRefusal(message)
    }
    await writeFile(file, '{')
    await expectRefusal('is damaged: it is not JSON')
    await rm(file)
    await expectRefusal('is no backup: there is no backup.json in it')
  })

  it('leaves nothing behind when it cannot be written', async () => {
    await mkdir(to)
    await write()
    await expect(write()).rejects.toThrow('is not empty: name a folder that is not there yet')
    to = folder.file('no/such/folder')
    await expect(write()).rejects.toThrow(/Cannot write the backup to .*Name a new folder/)
    to = folder.file('second')
    await mkdir(`${to}.partial`)
    await expect(write()).rejects.toThrow('another backup is being written')
    await rm(`${to}.partial`, { recursive: true })
    // The second portal cannot be read: the first is not kept either.
    const { databases } = portals
    const snapshot = databases.snapshot.bind(databases)
    databases.snapshot = (name) =>
      name === names[1] ? Promise.reject(new UserError('It cannot be read')) : snapshot(name)
    await expect(write()).rejects.toThrow('It cannot be read')
    expect((await readdir(folder.path)).filter((name) => name.startsWith('second'))).toEqual([])
  })
})
