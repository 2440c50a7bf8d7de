import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { forgetWebhook, keepWebhook, readKeptWebhook } from '../../../src/domain/portals/webhook-file.ts'
import { temporaryFolder } from '../../support/folder.ts'

const WEBHOOK = { userId: 1, secret: 'abc123' }

describe('the kept webhook', () => {
  it('is its owner’s alone, and read back', async () => {
    await using folder = await temporaryFolder()
    await mkdir(folder.file('portals'))
    await keepWebhook(folder.path, 'main', WEBHOOK)
    expect((await stat(folder.file('portals/main.webhook'))).mode & 0o777).toBe(0o600)
    expect(await readKeptWebhook(folder.path, 'main')).toEqual(WEBHOOK)
    await forgetWebhook(folder.path, 'main')
    expect(await readKeptWebhook(folder.path, 'main')).toBeUndefined()
  })

  it('is not read once others could have read it, and made private when kept anew', async () => {
    await using folder = await temporaryFolder()
    await mkdir(folder.file('portals'))
    await keepWebhook(folder.path, 'main', WEBHOOK)
    for (const mode of [0o644, 0o640, 0o604, 0o620]) {
      await chmod(folder.file('portals/main.webhook'), mode)
      expect(await readKeptWebhook(folder.path, 'main')).toBeUndefined()
    }
    await keepWebhook(folder.path, 'main', { userId: 2, secret: 'zyx' })
    expect(await readKeptWebhook(folder.path, 'main')).toEqual({ userId: 2, secret: 'zyx' })
  })

  it('is none where the file holds something else', async () => {
    await using folder = await temporaryFolder()
    await mkdir(folder.file('portals'))
    for (const text of ['', 'abc', '1/', '/abc', '1/../x', '1/abc\n2/def\n']) {
      await writeFile(folder.file('portals/main.webhook'), text, { mode: 0o600 })
      expect(await readKeptWebhook(folder.path, 'main')).toBeUndefined()
    }
  })
})
