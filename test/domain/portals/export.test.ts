import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { exportPortal, importPortal } from '../../../src/domain/portals/export-file.ts'
import { createUser } from '../../../src/domain/people/users.ts'
import type { Portal } from '../../../src/domain/portals/portal.ts'
import type { Portals } from '../../../src/domain/portals/portals.ts'
import { UserError } from '../../../src/kernel/errors.ts'
import { uniqueName } from '../../support/databases.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { contentsOf, pairs, portalsOf } from '../../support/portals.ts'

const NOW = Date.UTC(2026, 0, 5)

async function fill({ store }: Portal): Promise<void> {
  await store.write(async (tx) => {
    for (const name of [
      'Ada',
      "Bob'; drop table user --",
      'Ünïcødé 🦀\n\tend',
      '',
      '{"json":1}',
      '007',
      'a\0b',
      '\ufffe',
    ]) {
      await createUser(tx, NOW, { name, isAdmin: name === 'Ada' })
    }
    const chat = { kind: 'chat', title: 'One', createdAt: NOW, updatedAt: NOW } as const
    await tx.db
      .insertInto('chat')
      .values([chat, { ...chat, title: 'Gone' }])
      .execute()
    await tx.db
      .insertInto('message')
      .values({
        chatId: 1,
        authorId: 1,
        callerId: 1,
        text: 'x'.repeat(200_000),
        params: { a: [1, null, { b: '\u2028', z: '\0', y: 1e21 }], Z: true, '': -0.5 },
        createdAt: NOW,
      })
      .execute()
    await tx.db.deleteFrom('chat').where('title', '=', 'Gone').execute()
    const lead = {
      assignedById: 1,
      createdById: 1,
      updatedById: 1,
      createdAt: NOW,
      updatedAt: NOW,
      lastActivityAt: NOW,
      movedAt: NOW,
      movedById: 1,
    }
    await tx.db
      .insertInto('lead')
      .values([
        {
          ...lead,
          title: 'whole',
          stageId: 'NEW',
          stageSemantics: 'P',
          opportunity: 1000,
          isManualOpportunity: false,
          extra: {},
        },
        {
          ...lead,
          title: 'part',
          stageId: 'NEW',
          stageSemantics: 'P',
          opportunity: 0.1,
          isManualOpportunity: true,
          extra: { UF_X: ['ä'] },
        },
      ])
      .execute()
  })
}

/** PostgreSQL cannot hold NUL in a text: U+FFFD stands for it there. */
function withoutNul(contents: object): unknown {
  return JSON.parse(JSON.stringify(contents).replaceAll(String.raw`\u0000`, '\ufffd'))
}

/** The first user's line as the first of all, with another value in a column. */
function withValue(column: string, json: string): (lines: string[]) => string[] {
  return (lines) => {
    const user = lines.find((line) => line.includes('"table":"user"') && line.includes('"row"'))!
    return lines.toSpliced(1, 0, user.replace(new RegExp(`"${column}":(?:"[^"]*"|\\w+)`), `"${column}":${json}`))
  }
}

describe.each(pairs)('a portal exported from %s and taken in by %s', (source, target) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let portals: Portals
  let others: Portals
  let file: string
  let main: string
  let copy: string

  beforeEach(async () => {
    folder = await temporaryFolder()
    portals = await portalsOf(source, folder.path)
    others = await portalsOf(target, folder.path)
    main = uniqueName()
    copy = uniqueName()
    onTestFinished(async () => {
      await portals.close()
      await others.close()
      await folder[Symbol.asyncDispose]()
    })
    file = folder.file('export.gz')
  })

  const lines = async (): Promise<string[]> =>
    gunzipSync(await readFile(file))
      .toString()
      .trimEnd()
      .split('\n')
  const rewrite = async (change: (lines: string[]) => string[]): Promise<void> =>
    writeFile(file, gzipSync(`${change(await lines()).join('\n')}\n`))
  const expectRefusal = async (message: string | RegExp): Promise<void> => {
    const taken = importPortal(others, copy, file)
    await expect(taken).rejects.toThrow(UserError)
    await expect(taken).rejects.toThrow(message)
    expect(await others.databases.has(copy)).toBe(false)
    if (target === 'sqlite')
      expect((await readdir(folder.path, { recursive: true })).filter((name) => name.includes(copy))).toEqual([])
  }

  it('is equal row for row', async () => {
    await fill(await portals.create(main))
    const { rows: written } = await exportPortal(portals, main, file, NOW)
    const { head, rows } = await importPortal(others, copy, file)
    expect(head).toMatchObject({ portal: main, exportedAt: NOW })
    expect(rows).toBe(written)
    const original = await contentsOf(portals, main)
    const taken = await contentsOf(others, copy)
    expect(Object.keys(taken)).toEqual(Object.keys(original))
    expect(taken['token']).toEqual([])
    expect(Object.values(taken).flat()).toHaveLength(rows)
    expect(taken).toEqual(target === 'postgres' ? withoutNul(original) : original)
  })

  it('never gives an id twice, not even that of a deleted row', async () => {
    await fill(await portals.create(main))
    await exportPortal(portals, main, file, NOW)
    await importPortal(others, copy, file)
    const { store } = await others.get(copy)
    const add = (): Promise<number> =>
      store.write(async (tx) => {
        const { id } = await tx.db
          .insertInto('chat')
          .values({ kind: 'chat', createdAt: NOW, updatedAt: NOW })
          .returning('id')
          .executeTakeFirstOrThrow()
        await tx.db.deleteFrom('chat').where('id', '=', id).execute()
        return id
      })
    expect(await add()).toBe(3)
    // Nor does a second journey forget it.
    await exportPortal(others, copy, file, NOW)
    const second = uniqueName()
    await importPortal(portals, second, file)
    const last = await (
      await portals.get(second)
    ).store.write((tx) =>
      tx.db
        .insertInto('chat')
        .values({ kind: 'chat', createdAt: NOW, updatedAt: NOW })
        .returning('id')
        .executeTakeFirstOrThrow(),
    )
    expect(last.id).toBe(4)
  })

  it('is one moment of a portal that is written to meanwhile', async () => {
    const written = await portals.create(main)
    await fill(written)
    const writing = { on: true }
    const done = (async () => {
      for (let n = 0; writing.on; n++) await written.store.write((tx) => createUser(tx, NOW, { name: `Late ${n}` }))
    })()
    await exportPortal(portals, main, file, NOW)
    writing.on = false
    await done
    await importPortal(others, copy, file)
    const { store } = await others.get(copy)
    const users = await store.read.db.selectFrom('user').select('id').execute()
    const told = await store.read.db.selectFrom('outbox').select('id').where('type', '=', 'user.added').execute()
    expect(told).toHaveLength(users.length)
  })

  it('says what it is in lines that name no database engine', async () => {
    await fill(await portals.create(main))
    await exportPortal(portals, main, file, NOW)
    const [head, ...rest] = (await lines()).map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(head).toMatchObject({ format: 'cordboard-portal', version: 1, portal: main })
    expect(rest.find(({ table, row }) => table === 'user' && row)).toMatchObject({
      row: { name: 'Ada', is_admin: true },
    })
    expect(rest.find(({ table, row }) => table === 'message' && row)).toMatchObject({
      row: { params: { a: [1, null, { b: '\u2028', y: 1e21 }], Z: true, '': -0.5 } },
    })
    expect(rest.at(-1)).toMatchObject({ end: true, rows: rest.filter(({ row }) => row).length })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('is refused when its file was cut off, wherever', async () => {
    await fill(await portals.create(main))
    await exportPortal(portals, main, file, NOW)
    const whole = await readFile(file)
    for (const length of [15, Math.floor(whole.length / 2), whole.length - 4]) {
      await writeFile(file, whole.subarray(0, length))
      await expectRefusal('incomplete')
    }
    await writeFile(file, whole)
    await rewrite((all) => all.slice(0, -1))
    await expectRefusal('it is incomplete, it stops after')
  })

  it('is refused when it was changed', async () => {
    await fill(await portals.create(main))
    await exportPortal(portals, main, file, NOW)
    const original = await readFile(file)
    const changes: [(all: string[]) => string[], string | RegExp][] = [
      [(all) => all.toSpliced(2, 1), /it should hold \d+ rows and holds \d+/],
      [(all) => [...all, all[1]!], 'there is more after its end'],
      [(all) => all.toSpliced(1, 0, '{"table":"user"'), 'damaged at line 2: it is not JSON'],
      [(all) => all.toSpliced(1, 0, '{"table":"user"}'), 'damaged at line 2: it holds no row'],
      [(all) => all.toSpliced(1, 0, '{"row":{}}'), 'it names no table'],
      [(all) => all.toSpliced(1, 0, '{"table":"sqlite_master","row":{}}'), 'there is no table "sqlite_master"'],
      [(all) => all.toSpliced(1, 0, '{"table":"schema_step","row":{"name":"x"}}'), 'there is no table "schema_step"'],
      [(all) => all.toSpliced(1, 0, '{"table":"setting","row":{"key":"x"}}'), 'its columns are not those of "setting"'],
      [
        (all) => all.toSpliced(1, 0, '{"table":"setting","row":{"key":{},"value":{}}}'),
        'an object where a plain value belongs',
      ],
      [
        (all) =>
          all.toSpliced(
            1,
            0,
            all.find((line) => line.includes('"table":"user"'))!,
          ),
        'a row with the same key is there already',
      ],
      [
        // The first that is wrong is told, though rows behind it are wrong too and known to be so earlier.
        (all) => {
          const user = all.find((line) => line.includes('"table":"user"') && line.includes('"row"'))!
          return all.toSpliced(1, 0, user, user, '{"table":"nothing","row":{}}', 'no JSON')
        },
        'damaged at line 3: a row with the same key is there already',
      ],
      [withValue('id', '"x"'), 'damaged at line 2: it holds a value that does not fit its column'],
      [withValue('is_admin', '1'), 'damaged at line 2: it holds a value that does not fit its column'],
      [withValue('name', 'null'), 'damaged at line 2: it leaves empty what must not be empty'],
      [(all) => all.with(0, all[0]!.replace('"version":1', '"version":2')), 'it has format 2'],
      [
        (all) => all.with(0, all[0]!.replace('"0001-initial"', '"0001-initial","9999-future"')),
        'newer version of Cordboard (it has schema step 9999-future)',
      ],
      [(all) => all.with(0, '{"format":"cordboard-portal","version":1}'), 'its first line lacks something'],
      [(all) => all.slice(1), 'it is no portal that'],
    ]
    for (const [change, message] of changes) {
      await writeFile(file, original)
      await rewrite(change)
      await expectRefusal(message)
    }
  })

  it('is refused when it is something else', async () => {
    await portals.create(main)
    for (const foreign of [
      Buffer.from('hello'),
      gzipSync('hello'),
      gzipSync(''),
      gzipSync('{"a":1}\n'),
      gzipSync(Buffer.from([0xff, 0xfe, 0x0a])),
    ]) {
      await writeFile(file, foreign)
      await expectRefusal('it is no portal that "cordboard portal export" has written')
    }
    await writeFile(file, '')
    await expectRefusal(/it is/)
    await expect(importPortal(others, copy, folder.file('nothing'))).rejects.toThrow(/Cannot take in .*ENOENT/)
    await expect(importPortal(portals, main, file)).rejects.toThrow(`There is a portal "${main}" already`)
    await expect(importPortal(others, '../copy', file)).rejects.toThrow('cannot name a portal')
  })

  it('leaves an older export alone when it cannot be written', async () => {
    await portals.create(main)
    await expect(exportPortal(portals, 'other', file, NOW)).rejects.toThrow('There is no portal "other"')
    await expect(exportPortal(portals, main, folder.file('no/such/folder.gz'), NOW)).rejects.toThrow(
      /Cannot write .*folder that can be written to/,
    )
    await expect(exportPortal(portals, main, folder.path, NOW)).rejects.toThrow(UserError)
  })
})
