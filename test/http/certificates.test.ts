import { X509Certificate } from 'node:crypto'
import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { type Server, createServer, get } from 'node:https'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Certificates, loadOrCreateCertificates } from '../../src/http/certificates.ts'
import { UserError } from '../../src/kernel/errors.ts'

const run = promisify(execFile)
const DAY = 86_400_000
const NOW = Date.now()

function has(command: string, argument: string): boolean {
  return spawnSync(command, [argument]).status === 0
}

function lifetime(pem: string): { from: number; to: number } {
  const { validFromDate, validToDate } = new X509Certificate(pem)
  return { from: validFromDate.getTime(), to: validToDate.getTime() }
}

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o777
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordboard-certificates-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('what is made', () => {
  it('are an authority for ten years and a certificate for 397 days, with closed keys', async () => {
    const inner = join(folder, 'data', 'tls')
    const { key, cert, ca, caFile } = await loadOrCreateCertificates(inner, [], NOW)
    expect(caFile).toBe(join(inner, 'ca.pem'))
    expect(isAbsolute(caFile)).toBe(true)
    expect((await readdir(inner)).toSorted()).toEqual(['ca.key', 'ca.pem', 'server.key', 'server.pem'])
    expect(await readFile(caFile, 'utf8')).toBe(ca)
    expect(await readFile(join(inner, 'server.pem'), 'utf8')).toBe(cert)
    expect(await readFile(join(inner, 'server.key'), 'utf8')).toBe(key)
    expect(await modeOf(join(inner, 'ca.key'))).toBe(0o600)
    expect(await modeOf(join(inner, 'server.key'))).toBe(0o600)
    expect(await modeOf(inner)).toBe(0o700)
    for (const each of [ca, cert]) expect(lifetime(each).from).toBeLessThan(NOW)
    expect((lifetime(ca).to - NOW) / DAY / 365).toBeCloseTo(10, 1)
    expect((lifetime(cert).to - lifetime(cert).from) / DAY).toBe(397)
  })

  it('names every host as certificates do', async () => {
    const hosts = [
      'My-Host.Example',
      '10.0.0.5',
      '[FE80:0::1]',
      'bücher.example.',
      '*.portal.test',
      '0.0.0.0',
      '::',
      'localhost',
    ]
    const { cert } = await loadOrCreateCertificates(folder, hosts, NOW)
    expect(new X509Certificate(cert).subjectAltName).toBe(
      'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:my-host.example, IP Address:10.0.0.5, ' +
        'IP Address:FE80:0:0:0:0:0:0:1, DNS:xn--bcher-kva.example, DNS:*.portal.test',
    )
  })

  it.each(['', 'https://x.example', 'x.example:443', 'a b', 'a..b', '-a', `${'a'.repeat(64)}.example`, 'fe80::1%eth0'])(
    'refuses the host "%s"',
    async (host) => {
      await expect(loadOrCreateCertificates(folder, [host], NOW)).rejects.toThrow(UserError)
      expect(await readdir(folder)).toEqual([])
    },
  )

  it.skipIf(!has('openssl', 'version'))('stands a strict check', async () => {
    const { caFile } = await loadOrCreateCertificates(folder, ['portal.test'], NOW)
    const server = join(folder, 'server.pem')
    const strict = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'portal.test']
    expect((await run('openssl', ['verify', ...strict, '-CAfile', caFile, server])).stdout).toContain('OK')
    const text = (await run('openssl', ['x509', '-in', server, '-noout', '-text'])).stdout
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/)
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/)
    expect(text).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/)
    const authority = (await run('openssl', ['x509', '-in', caFile, '-noout', '-text'])).stdout
    expect(authority).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
    expect(authority).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
    const identifier = /Subject Key Identifier:\s+([0-9A-F:]{59})/.exec(authority)![1]!
    expect(text).toMatch(new RegExp(`Authority Key Identifier:\\s+(?:keyid:)?${identifier}`))
  })
})

describe('what is kept', () => {
  it('is used again', async () => {
    const first = await loadOrCreateCertificates(folder, ['a.test'], NOW)
    expect(await loadOrCreateCertificates(folder, ['A.test'], NOW + 300 * DAY)).toEqual(first)
    expect(await loadOrCreateCertificates(folder, [], NOW)).toEqual(first)
  })

  it('is renewed for a missing host and 30 days before the end, by the same authority', async () => {
    const first = await loadOrCreateCertificates(folder, ['a.test'], NOW)
    const second = await loadOrCreateCertificates(folder, ['a.test', 'b.test', '10.1.1.1'], NOW)
    const third = await loadOrCreateCertificates(folder, ['a.test', 'b.test'], NOW + 367 * DAY)
    expect(new Set([first.cert, second.cert, third.cert]).size).toBe(3)
    expect([second.ca, third.ca]).toEqual([first.ca, first.ca])
    expect(new X509Certificate(second.cert).checkIP('10.1.1.1')).toBe('10.1.1.1')
    expect(lifetime(third.cert).to).toBeGreaterThan(NOW + 700 * DAY)
    expect(await modeOf(join(folder, 'server.key'))).toBe(0o600)
  })

  it('never outlives its authority, which is replaced before it ends', async () => {
    const first = await loadOrCreateCertificates(folder, [], NOW)
    const late = await loadOrCreateCertificates(folder, [], NOW + 3500 * DAY)
    expect(late.ca).toBe(first.ca)
    expect(lifetime(late.cert).to).toBe(lifetime(late.ca).to)
    const next = await loadOrCreateCertificates(folder, [], NOW + 3640 * DAY)
    expect(next.ca).not.toBe(first.ca)
    expect(new X509Certificate(next.cert).verify(new X509Certificate(next.ca).publicKey)).toBe(true)
    expect(new X509Certificate(next.ca).subject).not.toBe(new X509Certificate(first.ca).subject)
  })

  it.each(['server.pem', 'server.key'])('is made anew when %s is broken or gone', async (file) => {
    const first = await loadOrCreateCertificates(folder, [], NOW)
    await writeFile(join(folder, file), 'nonsense')
    const second = await loadOrCreateCertificates(folder, [], NOW)
    await rm(join(folder, file))
    const third = await loadOrCreateCertificates(folder, [], NOW)
    expect(new Set([first.cert, second.cert, third.cert]).size).toBe(3)
    expect(new Set([first.ca, second.ca, third.ca]).size).toBe(1)
  })

  it('does without the key of the authority until a certificate is due', async () => {
    const first = await loadOrCreateCertificates(folder, [], NOW)
    await rm(join(folder, 'ca.key'))
    expect(await loadOrCreateCertificates(folder, [], NOW)).toEqual(first)
    await expect(loadOrCreateCertificates(folder, ['new.test'], NOW)).rejects.toThrow(/ca\.key in .* is missing/)
  })

  it('is not overwritten when the authority is broken', async () => {
    await loadOrCreateCertificates(folder, [], NOW)
    const other = await loadOrCreateCertificates(join(folder, 'other'), [], NOW)
    await writeFile(join(folder, 'ca.pem'), other.ca)
    await expect(loadOrCreateCertificates(folder, [], NOW)).rejects.toThrow(/not the key of ca\.pem/)
    await writeFile(join(folder, 'ca.pem'), 'nonsense')
    await expect(loadOrCreateCertificates(folder, [], NOW)).rejects.toThrow(UserError)
    await rm(join(folder, 'ca.pem'))
    const fresh = await loadOrCreateCertificates(folder, [], NOW)
    expect(new X509Certificate(fresh.cert).verify(new X509Certificate(fresh.ca).publicKey)).toBe(true)
  })

  it('tells when the folder cannot be used', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(loadOrCreateCertificates(join(folder, 'file'), [], NOW)).rejects.toThrow(/Cannot keep certificates in/)
  })
})

describe('clients', () => {
  let home: string
  let certificates: Certificates
  let server: Server
  let port: number

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'cordboard-certificates-'))
    certificates = await loadOrCreateCertificates(home, ['portal.test'], NOW)
    const { key, cert } = certificates
    server = createServer({ key, cert }, (_request, response) => response.end('hello'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await rm(home, { recursive: true })
  })

  async function fetchInChild(environment: Record<string, string>): Promise<string> {
    const script = `process.stdout.write(await (await fetch('https://127.0.0.1:${port}/')).text())`
    const env = { PATH: process.env['PATH'] ?? '', ...environment }
    return (await run(process.execPath, ['--input-type=module', '-e', script], { env })).stdout
  }

  it('of Node trust it by NODE_EXTRA_CA_CERTS, and else not', async () => {
    expect(await fetchInChild({ NODE_EXTRA_CA_CERTS: certificates.caFile })).toBe('hello')
    await expect(fetchInChild({})).rejects.toThrow(/UNABLE_TO_VERIFY|unable to verify|self-signed/)
  })

  it('of Node trust it by the ca option, under each of its names', async () => {
    for (const servername of ['localhost', 'portal.test']) {
      const request = get({ host: '127.0.0.1', port, servername, ca: certificates.ca })
      const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }]
      response.resume()
      expect(response.statusCode).toBe(200)
    }
    await expect(
      once(get({ host: '127.0.0.1', port, servername: 'other.test', ca: certificates.ca }), 'response'),
    ).rejects.toThrow(/altnames/)
  })

  it.skipIf(!has('curl', '--version'))('of curl trust it by --cacert', async () => {
    const common = [
      '-sS',
      '--noproxy',
      '*',
      '--resolve',
      `portal.test:${port}:127.0.0.1`,
      '--cacert',
      certificates.caFile,
    ]
    for (const host of ['127.0.0.1', 'portal.test']) {
      expect((await run('curl', [...common, `https://${host}:${port}/`])).stdout).toBe('hello')
    }
    await expect(run('curl', ['-sS', '--noproxy', '*', `https://127.0.0.1:${port}/`])).rejects.toThrow(/certificate/)
  })
})
