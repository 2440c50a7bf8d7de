import { chmod, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A webhook that its owner may read again: one that Cordboard itself made for him. */
export interface KeptWebhook {
  readonly userId: number
  readonly secret: string
}

function fileOf(folder: string, portal: string): string {
  return join(folder, 'portals', `${portal}.webhook`)
}

/** Keeps a webhook beside its portal, readable by the owner of the process only. */
export async function keepWebhook(folder: string, portal: string, { userId, secret }: KeptWebhook): Promise<void> {
  const name = fileOf(folder, portal)
  await mkdir(dirname(name), { recursive: true, mode: 0o700 })
  // What is there may be open to others, and writing would leave it so.
  await rm(name, { force: true })
  const file = await open(name, 'wx', 0o600)
  try {
    await file.writeFile(`${userId}/${secret}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(name, 0o600)
}

/** The kept webhook; none where the file is missing, is not the owner's alone any more, or holds something else. */
export async function readKeptWebhook(folder: string, portal: string): Promise<KeptWebhook | undefined> {
  const name = fileOf(folder, portal)
  const stats = await stat(name).catch(() => undefined)
  // Windows knows no such modes: there the folder's own rights have to do.
  if (!stats?.isFile() || (process.platform !== 'win32' && (stats.mode & 0o077) !== 0)) return undefined
  const [, userId, secret] = /^(\d{1,15})\/([0-9a-z]+)\n?$/.exec(await readFile(name, 'utf8').catch(() => '')) ?? []
  return userId !== undefined && secret !== undefined ? { userId: Number(userId), secret } : undefined
}

export async function forgetWebhook(folder: string, portal: string): Promise<void> {
  await rm(fileOf(folder, portal), { force: true })
}
