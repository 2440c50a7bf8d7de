import { link, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UserError } from '../../kernel/errors.ts'
import { syncFolder } from '../../kernel/files.ts'

/** A portal's file while it is being made, under a name that is no portal's. */
export interface NewFile {
  readonly path: string
  /** Gives it its name, unless somebody else has it by now. Its database was closed before. */
  keep(): Promise<void>
  /** Leaves nothing behind. */
  discard(): Promise<void>
}

export async function newFile(file: string): Promise<NewFile> {
  const path = `${file}.partial`
  const discard = async (): Promise<void> => {
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(path + suffix, { force: true })
  }
  // What an earlier attempt left when its process was killed.
  await discard()
  return {
    path,
    discard,
    async keep() {
      try {
        // A rename would put it in the place of another that came to be meanwhile.
        await link(path, file)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
          throw new UserError(`${file} has come to be meanwhile: choose another name`, { cause: error })
        throw error
      }
      await discard()
      await syncFolder(dirname(file))
    },
  }
}
