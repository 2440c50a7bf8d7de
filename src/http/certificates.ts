import { X509Certificate, createPrivateKey, randomBytes, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { domainToASCII } from 'node:url'
import { UserError, messageOf } from '../kernel/errors.ts'

type X509 = typeof import('@peculiar/x509')

const DAY = 86_400_000
const AUTHORITY_DAYS = 3652
/** No longer: some clients refuse a server's certificate of more than 398 days. */
const SERVER_DAYS = 397
const RENEWED_BEFORE = 30 * DAY
/** A client's clock may be late: what is made now has been valid since yesterday. */
const BACKDATED = DAY
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const ALWAYS = ['localhost', '127.0.0.1', '::1']
/** Addresses to listen on, but not to call. */
const UNSPECIFIED = new Set(['0.0.0.0', '::'])

/** What a TLS server needs. `key`, `cert` and `ca` are PEM. */
export interface Certificates {
  readonly key: string
  readonly cert: string
  readonly ca: string
  /** Absolute path of `ca`, for `NODE_EXTRA_CA_CERTS`, `curl --cacert`, `REQUESTS_CA_BUNDLE`. */
  readonly caFile: string
}

/** A certificate and its private key, PEM. */
interface Pair {
  readonly cert: string
  readonly key: string
}

/**
 * Key and certificate for localhost and `hosts` (names or addresses), signed by an authority that is this
 * installation's own. All is kept in `folder`, which is made when missing: the authority lasts ten years, the
 * server's certificate is renewed before it ends and when a host is missing. `now` is in epoch milliseconds.
 * Throws {@link UserError} for a wrong host and when the folder cannot be used or its files do not fit together.
 */
export async function loadOrCreateCertificates(
  folder: string,
  hosts: readonly string[],
  now: number,
): Promise<Certificates> {
  const names = [...new Set([...ALWAYS, ...hosts.map(normalHost)])].filter((name) => !UNSPECIFIED.has(name))
  await inFolder(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }))
  const authority = await loadAuthority(folder, now)
  const server = await loadServer(folder, authority, names, now)
  return { ...server, ca: authority.cert, caFile: resolve(folder, 'ca.pem') }
}

async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new UserError(`Cannot keep certificates in ${folder}: ${messageOf(error)}`, { cause: error })
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Each file appears whole or not at all, the key before its certificate. */
async function writePair(folder: string, name: string, pair: Pair): Promise<void> {
  for (const [ending, text, mode] of [['key', pair.key, 0o600] as const, ['pem', pair.cert, 0o644] as const]) {
    const unfinished = join(folder, `.${name}.${ending}.${randomUUID()}`)
    await writeFile(unfinished, text, { mode, flag: 'wx', flush: true })
    await rename(unfinished, join(folder, `${name}.${ending}`))
  }
}

/** The authority; its key is empty when somebody keeps it elsewhere. */
async function loadAuthority(folder: string, now: number): Promise<Pair> {
  const cert = await inFolder(folder, () => readIfThere(join(folder, 'ca.pem')))
  const key = (await inFolder(folder, () => readIfThere(join(folder, 'ca.key')))) ?? ''
  if (cert !== undefined) {
    const parsed = parseAuthority(folder, cert, key)
    if (parsed.validToDate.getTime() - now >= RENEWED_BEFORE) return { cert, key }
  }
  const created = await createAuthority(await loadX509(), now)
  await inFolder(folder, () => writePair(folder, 'ca', created))
  return created
}

function parseAuthority(folder: string, cert: string, key: string): X509Certificate {
  const remedy = 'restore it, or delete ca.pem to start a new authority, which clients must then be told to trust'
  let parsed: X509Certificate
  let fits: boolean
  try {
    parsed = new X509Certificate(cert)
    fits = key === '' || parsed.checkPrivateKey(createPrivateKey(key))
  } catch (error) {
    throw new UserError(`ca.pem or ca.key in ${folder} cannot be read (${messageOf(error)}): ${remedy}`, {
      cause: error,
    })
  }
  if (!fits) throw new UserError(`ca.key in ${folder} is not the key of ca.pem: ${remedy}`)
  return parsed
}

async function loadServer(folder: string, authority: Pair, names: readonly string[], now: number): Promise<Pair> {
  const cert = await inFolder(folder, () => readIfThere(join(folder, 'server.pem')))
  const key = await inFolder(folder, () => readIfThere(join(folder, 'server.key')))
  if (cert !== undefined && key !== undefined && serves({ cert, key }, authority, names, now)) return { cert, key }
  if (authority.key === '') {
    throw new UserError(
      `ca.key in ${folder} is missing, and a new certificate is needed for ${names.join(', ')}: put it back`,
    )
  }
  const x509 = await loadX509()
  const created = await inFolder(folder, () => createServer(x509, authority, names, now))
  await inFolder(folder, () => writePair(folder, 'server', created))
  return created
}

/** Whether a kept certificate will do: anything wrong with it only means that a new one is made. */
function serves({ cert, key }: Pair, authority: Pair, names: readonly string[], now: number): boolean {
  try {
    const parsed = new X509Certificate(cert)
    const issuer = new X509Certificate(authority.cert)
    const listed = new Set((parsed.subjectAltName ?? '').split(', '))
    return (
      parsed.checkPrivateKey(createPrivateKey(key)) &&
      parsed.checkIssued(issuer) &&
      parsed.verify(issuer.publicKey) &&
      parsed.validFromDate.getTime() <= now &&
      parsed.validToDate.getTime() - now >= RENEWED_BEFORE &&
      names.every((name) => (isIP(name) ? parsed.checkIP(name) !== undefined : listed.has(`DNS:${name}`)))
    )
  } catch {
    return false
  }
}

/** A host as certificates name it: lower case, punycode, no brackets, no dot at the end. */
function normalHost(host: string): string {
  const bare = host
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
  if (isIP(bare) === 4) return bare
  if (isIP(bare) === 6 && URL.canParse(`http://[${bare}]`)) return new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const wildcard = bare.startsWith('*.') ? '*.' : ''
  const name = domainToASCII(bare.slice(wildcard.length))
  const labels = name.split('.')
  if (name.length > 250 || !labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) {
    throw new UserError(`"${host}" is neither a host name nor an address: give it without scheme, port and path`)
  }
  return wildcard + name
}

/** Loaded only when something has to be made: it costs a start more than everything else here. */
async function loadX509(): Promise<X509> {
  // Its dependency tsyringe refuses to load without the metadata half of `Reflect`.
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

async function newKeys() {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey))
  const pem = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' })
  return { publicKey, privateKey, pem }
}

async function createAuthority(x509: X509, now: number): Promise<Pair> {
  const keys = await newKeys()
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    // Two authorities in one list of trusted ones must not be taken for each other.
    name: `CN=Cordboard local authority ${randomBytes(4).toString('hex')}, O=Cordboard`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - BACKDATED),
    notAfter: new Date(now - BACKDATED + AUTHORITY_DAYS * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: `${cert.toString('pem')}\n`, key: keys.pem }
}

async function createServer(x509: X509, authority: Pair, names: readonly string[], now: number): Promise<Pair> {
  const issuer = new x509.X509Certificate(authority.cert)
  const identifier = issuer.getExtension(x509.SubjectKeyIdentifierExtension)
  const keys = await newKeys()
  const notBefore = Math.max(now - BACKDATED, issuer.notBefore.getTime())
  const cert = await x509.X509CertificateGenerator.create({
    subject: 'CN=Cordboard, O=Cordboard',
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: createPrivateKey(authority.key).toCryptoKey(ALGORITHM, false, ['sign']),
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(notBefore),
    notAfter: new Date(Math.min(notBefore + SERVER_DAYS * DAY, issuer.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      identifier
        ? new x509.AuthorityKeyIdentifierExtension(identifier.keyId)
        : await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return { cert: `${cert.toString('pem')}\n`, key: keys.pem }
}
