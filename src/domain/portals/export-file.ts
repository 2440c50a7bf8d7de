import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { UserError, messageOf } from '../../kernel/errors.ts'
import { syncFolder } from '../../kernel/files.ts'
import type { Filling } from '../../storage/transfer.ts'
import { type ExportHead, FOREIGN, exportLines, importLines, parseHead } from './export.ts'
import type { Portals } from './portals.ts'

/** What an export came to. */
export interface Exported {
  /** The schema steps under which its rows were written. */
  readonly steps: readonly string[]
  readonly rows: number
  /** Of the file. */
  readonly bytes: number
  /** Of the file, in hexadecimal digits. */
  readonly sha256: string
}

/** Lines that are compressed at once, in characters: each by itself would take three times as long. */
const PIECE = 64 * 1024

/** Writes everything of a portal to one file, as it stood at one moment. The file is there whole or not at all. */
export async function exportPortal(portals: Portals, name: string, file: string, now: number): Promise<Exported> {
  await portals.mustExist(name)
  await using snapshot = await portals.databases.snapshot(name)
  const partial = `${file}.partial`
  const hash = createHash('sha256')
  let rows = 0
  let bytes = 0
  async function* pieces(): AsyncGenerator<string> {
    const lines = exportLines(name, snapshot, now)
    let piece = ''
    for (;;) {
      const { done, value } = await lines.next()
      if (done === true) {
        rows = value
        break
      }
      piece += value
      if (piece.length < PIECE) continue
      yield piece
      piece = ''
    }
    yield piece
  }
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  try {
    // The export holds messages and addresses of people: it is its owner's alone.
    await pipeline(
      Readable.from(pieces()),
      createGzip(),
      counted,
      createWriteStream(partial, { mode: 0o600, flush: true }),
    )
    await rename(partial, file)
    await syncFolder(dirname(file))
  } catch (error) {
    await rm(partial, { force: true })
    if (error instanceof Error && 'code' in error) {
      throw new UserError(`Cannot write ${file}: ${error.message}. Name a file in a folder that can be written to.`, {
        cause: error,
      })
    }
    throw error
  }
  return { steps: snapshot.steps, rows, bytes, sha256: hash.digest('hex') }
}

/** Makes a portal of an exported one. When it fails there is no portal of that name. */
export async function importPortal(
  portals: Portals,
  name: string,
  file: string,
): Promise<{ head: ExportHead; rows: number }> {
  await portals.checkNew(name)
  try {
    return await pipeline(
      createReadStream(file),
      createGunzip({ chunkSize: 1024 * 1024 }),
      (chunks: AsyncIterable<Buffer>) => importChunks(chunks, (steps) => portals.databases.fill(name, steps)),
    )
  } catch (error) {
    throw readable(file, error)
  }
}

async function importChunks(
  chunks: AsyncIterable<Buffer>,
  begin: (steps: readonly string[]) => Promise<Filling>,
): Promise<{ head: ExportHead; rows: number }> {
  const lines = linesOf(chunks)
  const head = parseHead((await lines.next()).value ?? undefined)
  const filling = await begin(head.steps)
  try {
    const rows = await importLines(lines, filling)
    await filling.finish()
    return { head, rows }
  } catch (error) {
    await filling.discard()
    throw error
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let begun = ''
  for await (const chunk of chunks) {
    const parts = (begun + decoder.decode(chunk, { stream: true })).split('\n')
    begun = parts.pop() ?? ''
    yield* parts
  }
  if (begun !== '') yield begun
}

/** What a failed import tells: what the file is, in words, instead of what zlib found. */
function readable(file: string, error: unknown): unknown {
  if (error instanceof UserError) return new UserError(`Cannot take in ${file}: ${error.message}`, { cause: error })
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'Z_BUF_ERROR') {
    return new UserError(
      `Cannot take in ${file}: it is incomplete, it stops in the middle. Export the portal again, or copy the file again.`,
      { cause: error },
    )
  }
  if (error.code === 'Z_DATA_ERROR' || error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new UserError(`Cannot take in ${file}: ${FOREIGN}`, { cause: error })
  if ('syscall' in error) return new UserError(`Cannot take in ${file}: ${messageOf(error)}`, { cause: error })
  return error
}
