import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { UserError, messageOf } from '../kernel/errors.ts'

/** Until when the certificate lasts (epoch milliseconds). Throws a `UserError` where it and its key cannot be used. */
export async function checkCertificate(
  certFile: string,
  keyFile: string,
): Promise<{ validFrom: number; validTo: number }> {
  const certificate = await loaded(certFile, '--tls-cert', 'a PEM certificate', (text) => new X509Certificate(text))
  const key = await loaded(keyFile, '--tls-key', 'a PEM private key without a password', (text) =>
    createPrivateKey(text),
  )
  if (!certificate.checkPrivateKey(key)) {
    throw new UserError(
      `The private key in ${keyFile} is not that of the certificate in ${certFile}: give --tls-cert and --tls-key of one pair, the server's own certificate first`,
    )
  }
  return { validFrom: Date.parse(certificate.validFrom), validTo: Date.parse(certificate.validTo) }
}

async function loaded<T>(file: string, option: string, what: string, load: (text: string) => T): Promise<T> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`Cannot read the file of ${option}: ${messageOf(error)}`, { cause: error })
  })
  try {
    return load(text)
  } catch (error) {
    throw new UserError(`${file} of ${option} is not ${what}`, { cause: error })
  }
}
