import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { flagName } from '../../src/config/option.ts'
import { options } from '../../src/config/options.ts'
import { configurationPage } from '../../src/config/page.ts'
import { UserError } from '../../src/kernel/errors.ts'
import { RATE_PLANS } from '../../src/rest/rate-limiter.ts'

describe('loadConfig', () => {
  it('has a default for everything', () => {
    expect(loadConfig({}, {})).toEqual({
      host: '127.0.0.1',
      port: 8024,
      allowPrivateNetworks: false,
      tlsPort: undefined,
      metricsPort: undefined,
      tlsCert: undefined,
      tlsKey: undefined,
      publicUrl: undefined,
      data: resolve('data'),
      database: undefined,
      databasePool: 10,
      databaseTimeout: 2,
      ephemeral: false,
      rateLimit: undefined,
      operatingLimit: undefined,
      bus: undefined,
      drain: 0,
      json: false,
      logLevel: 'warn',
    })
  })

  it('takes the command line before the environment before the default', () => {
    const env = { CORDBOARD_PORT: '9000', CORDBOARD_HOST: '::1', CORDBOARD_EPHEMERAL: 'yes' }
    expect(loadConfig({ port: '0' }, env)).toMatchObject({ port: 0, host: '::1', ephemeral: true })
    expect(loadConfig({ ephemeral: true }, { CORDBOARD_EPHEMERAL: 'no' }).ephemeral).toBe(true)
    expect(loadConfig({}, { CORDBOARD_EPHEMERAL: 'off' }).ephemeral).toBe(false)
  })

  it('takes an empty variable as not set', () => {
    expect(loadConfig({}, { CORDBOARD_PORT: '', CORDBOARD_TLS_CERT: '' })).toMatchObject({
      port: 8024,
      tlsCert: undefined,
    })
  })

  it('reads limits by name', () => {
    expect(loadConfig({ rateLimit: 'enterprise', operatingLimit: '480' }, {})).toMatchObject({
      rateLimit: RATE_PLANS.enterprise,
      operatingLimit: 480,
    })
    expect(loadConfig({ rateLimit: 'off', operatingLimit: 'off' }, {})).toMatchObject({
      rateLimit: undefined,
      operatingLimit: undefined,
    })
  })

  it('takes a public address down to its origin', () => {
    expect(loadConfig({ publicUrl: 'https://Chat.example.com/' }, {}).publicUrl).toBe('https://chat.example.com')
  })

  it.each([
    'memory',
    'postgres',
    'nats://localhost',
    'nats://user:p%40ss@[::1]:4222',
    'tls://token@a.example:4222,tls://b.example:4222',
  ])('takes the bus %s as it is', (bus) => {
    expect(loadConfig({ bus }, {}).bus).toBe(bus)
  })

  it.each([
    '',
    'redis',
    'http://user:hidden@host',
    'nats://user:hidden@',
    'nats://user:hidden%@host',
    'nats://a,hidden',
  ])('refuses the bus %j without repeating it', (bus) => {
    const load = (): unknown => loadConfig({ bus }, {})
    expect(load).toThrow('--bus must be memory, postgres, or addresses as nats://')
    expect(load).not.toThrow(/hidden|redis/)
  })

  it.each([
    [{ port: '65536' }, {}, '--port must be a number from 0 to 65535, not "65536"'],
    [{ port: '-1' }, {}, '--port must be'],
    [{ port: '80a' }, {}, '--port must be'],
    [{ port: '1e3' }, {}, '--port must be'],
    [
      {},
      { CORDBOARD_PORT: 'tcp://10.0.0.1:80' },
      'CORDBOARD_PORT must be a number from 0 to 65535, not "tcp://10.0.0.1:80"',
    ],
    [{ host: ' ' }, {}, '--host must be'],
    [{ logLevel: 'loud' }, {}, '--log-level must be one of trace, debug'],
    [{ rateLimit: 'toString' }, {}, '--rate-limit must be one of off, standard, enterprise'],
    [{ operatingLimit: '0' }, {}, '--operating-limit must be off or a number'],
    [{}, { CORDBOARD_EPHEMERAL: 'maybe' }, 'CORDBOARD_EPHEMERAL must be true or false'],
    [{ publicUrl: 'example.com' }, {}, '--public-url must be'],
    [{ publicUrl: 'ftp://example.com' }, {}, '--public-url must be'],
    [{ publicUrl: 'https://example.com/rest' }, {}, '--public-url must be'],
    [{ publicUrl: 'https://user:pass@example.com' }, {}, '--public-url must be'],
    [{ tlsCert: 'a.pem', tlsPort: '0' }, {}, '--tls-cert needs --tls-key'],
    [{ tlsPort: '0' }, { CORDBOARD_TLS_KEY: 'a.key' }, '--tls-key needs --tls-cert'],
    [{ tlsCert: 'a.pem', tlsKey: 'a.key' }, {}, '--tls-cert does nothing without --tls-port'],
    [{ port: '8443', tlsPort: '8443' }, {}, '--port and --tls-port are both 8443'],
  ])('refuses %j with %j in one clear line', (flags, env, message) => {
    const load = (): unknown => loadConfig(flags, env)
    expect(load).toThrow(UserError)
    expect(load).toThrow(message)
  })
})

describe('the table of options', () => {
  it('names each option alike everywhere', () => {
    for (const [key, { flag, env }] of Object.entries(options)) {
      const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
      expect(flag.split(' ')[0]).toBe(`--${words}`)
      expect(env).toBe(`CORDBOARD_${words.toUpperCase().replaceAll('-', '_')}`)
    }
  })

  it('accepts its own defaults as they are shown', () => {
    expect(
      loadConfig(
        { host: options.host.shownDefault, port: options.port.shownDefault, logLevel: options.logLevel.shownDefault },
        {},
      ),
    ).toEqual(loadConfig({}, {}))
  })

  it('is all in the reference page', () => {
    const page = configurationPage()
    for (const option of Object.values(options)) {
      expect(page).toContain(`\`${option.flag}\` | \`${option.env}\` |`)
      expect(flagName(option)).toMatch(/^--[a-z-]+$/)
    }
  })
})
