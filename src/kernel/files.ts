import { open } from 'node:fs/promises'

/** Makes what was created, renamed or removed in the folder outlast a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows keeps names by itself and opens no folder.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
