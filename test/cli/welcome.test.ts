import { describe, expect, it } from 'vitest'
import { type Welcome, welcomeJson, welcomeText } from '../../src/cli/welcome.ts'
import { portalUrl } from '../../src/domain/portals/portal.ts'

const NOTHING = {
  admin: null,
  employees: [],
  bot: null,
  line: null,
  lead: null,
  deal: null,
  contact: null,
  company: null,
}
const EMPTY: Welcome = {
  addresses: { url: 'http://127.0.0.1:8024', tlsUrl: undefined, ca: undefined, metricsUrl: undefined },
  publicUrl: undefined,
  folder: '/data',
  callsPrivateNetworks: true,
  portal: 'main',
  version: '1.0.0',
  demo: NOTHING,
  webhook: undefined,
}
const WEBHOOK = { userId: 1, secret: 'abc' }

describe('what start tells', () => {
  it('is null for what is not there', () => {
    expect(welcomeJson(EMPTY)).toEqual({
      url: 'http://127.0.0.1:8024',
      tlsUrl: null,
      metricsUrl: null,
      ca: null,
      webhook: null,
      tlsWebhook: null,
      ...NOTHING,
    })
  })

  it('names the commands that make what is not there', () => {
    const text = welcomeText(EMPTY)
    expect(text).toContain('cordboard webhook create --user 1')
    expect(text).not.toMatch(/curl|undefined|null|Lead/)
  })

  it('shows people the public address, and programs where it listens', () => {
    const told = { ...EMPTY, publicUrl: 'https://chat.example.com', webhook: WEBHOOK }
    expect(welcomeText(told)).toContain('https://chat.example.com/rest/1/abc/')
    expect(welcomeJson(told)).toMatchObject({ webhook: 'http://127.0.0.1:8024/rest/1/abc/' })
  })

  it('quotes for the shell what needs it', () => {
    const ca = "/home/ada's data/ca.pem"
    const told = { ...EMPTY, addresses: { ...EMPTY.addresses, tlsUrl: 'https://127.0.0.1:8443', ca } }
    expect(welcomeText(told)).toContain(String.raw`curl --cacert '/home/ada'\''s data/ca.pem'`)
  })
})

describe('the address of a portal', () => {
  it.each([
    ['http://127.0.0.1:8024', 'main', 'http://127.0.0.1:8024'],
    ['http://127.0.0.1:8024', 'shop', 'http://shop.localhost:8024'],
    ['http://[::1]:8024', 'shop', 'http://shop.localhost:8024'],
    ['http://localhost:8024', 'shop', 'http://shop.localhost:8024'],
    ['https://chat.example.com', 'shop', 'https://shop.chat.example.com'],
    ['http://192.0.2.1:8024', 'shop', 'http://192.0.2.1:8024'],
  ])('of %s for "%s" is %s', (base, name, url) => {
    expect(portalUrl(base, name)).toBe(url)
  })
})
