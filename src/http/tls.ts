import { readFile } from 'node:fs/promises'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/load.ts'
import { UserError, messageOf } from '../kernel/errors.ts'
import { loadOrCreateCertificates } from './certificates.ts'

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
export async function loadTls(config: Pick<Config, 'tlsCert' | 'tlsKey' | 'host' | 'data' | 'ephemeral'>, now: number): Promise<Tls> {
  if (config.tlsCert !== undefined && config.tlsKey !== undefined) {
    return { cert: await read(config.tlsCert, '--tls-cert'), key: await read(config.tlsKey, '--tls-key'), caFile: undefined }
  }
  // What is gone at exit has no data folder: clients still need a file to trust.
  const folder = config.ephemeral ? await mkdtemp(join(tmpdir(), 'cordboard-tls-')) : join(config.data, 'tls')
  return loadOrCreateCertificates(folder, [config.host], now)
}
