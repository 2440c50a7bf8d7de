import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError, messageOf } from '../kernel/errors.ts'
import { loadOrCreateCertificates } from './certificates.ts'

export interface TlsOptions {
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly host: string
  /** The data folder, where the local authority is kept. */
  readonly data: string
  readonly ephemeral: boolean
}

export interface Tls {
  readonly key: string
  readonly cert: string
  /** The file of the local authority that signed the certificate; none when the certificate was given. */
  readonly caFile: string | undefined
}

async function read(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UserError(`Cannot read ${option} ${file}: ${messageOf(error)}`, { cause: error })
  }
}

/** Key and certificate: those given, else ones of the local authority in the data folder. */
export async function loadTls(options: TlsOptions, now: number): Promise<Tls> {
  if (options.tlsCert !== undefined && options.tlsKey !== undefined) {
    return {
      cert: await read(options.tlsCert, '--tls-cert'),
      key: await read(options.tlsKey, '--tls-key'),
      caFile: undefined,
    }
  }
  // What is gone at exit has no data folder: clients still need a file to trust.
  const folder = options.ephemeral ? await mkdtemp(join(tmpdir(), 'cordboard-tls-')) : join(options.data, 'tls')
  return loadOrCreateCertificates(folder, [options.host], now)
}
