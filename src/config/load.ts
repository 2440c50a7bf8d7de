import { resolve } from 'node:path'
import { UserError } from '../kernel/errors.ts'
import type { RatePlan } from '../rest/rate-limiter.ts'
import { type Option, flagName, parseOption } from './option.ts'
import { type OptionKey, options } from './options.ts'

type Values = { readonly [K in OptionKey]: (typeof options)[K]['fallback'] }

/** The whole configuration of a process. */
export interface Config extends Omit<Values, 'rateLimit' | 'operatingLimit'> {
  /** Requests are not limited where there is none. */
  readonly rateLimit: RatePlan | undefined
  /** Seconds; processing time is not limited where there is none. */
  readonly operatingLimit: number | undefined
}

/** What the command line gave, by option. */
export type Flags = Readonly<Partial<Record<OptionKey, string | boolean>>>
export type Environment = Readonly<Record<string, string | undefined>>

/** Command line before environment before default. Throws a `UserError` that names the place of a bad value. */
export function loadConfig(flags: Flags = {}, env: Environment = process.env): Config {
  const value = <T>(key: OptionKey, option: Option<T>): T => {
    const flag = flags[key]
    if (flag !== undefined) return parseOption(option, flagName(option), String(flag))
    const variable = env[option.env]
    // An empty variable is how compose files and shells write "not set".
    return variable === undefined || variable === '' ? option.fallback : parseOption(option, option.env, variable)
  }
  const rateLimit = value('rateLimit', options.rateLimit)
  const operatingLimit = value('operatingLimit', options.operatingLimit)
  const config: Config = {
    host: value('host', options.host),
    port: value('port', options.port),
    tlsPort: value('tlsPort', options.tlsPort),
    metricsPort: value('metricsPort', options.metricsPort),
    tlsCert: value('tlsCert', options.tlsCert),
    tlsKey: value('tlsKey', options.tlsKey),
    publicUrl: value('publicUrl', options.publicUrl),
    data: resolve(value('data', options.data)),
    database: value('database', options.database),
    databasePool: value('databasePool', options.databasePool),
    databaseTimeout: value('databaseTimeout', options.databaseTimeout),
    ephemeral: value('ephemeral', options.ephemeral),
    rateLimit: rateLimit === 'off' ? undefined : rateLimit,
    operatingLimit: operatingLimit === 'off' ? undefined : operatingLimit,
    bus: value('bus', options.bus),
    allowPrivateNetworks: value('allowPrivateNetworks', options.allowPrivateNetworks),
    drain: value('drain', options.drain),
    json: value('json', options.json),
    logLevel: value('logLevel', options.logLevel),
  }
  checkTls(config)
  if (config.ephemeral && config.database !== undefined)
    throw new UserError('--ephemeral keeps everything in memory and --database does not: give one of them')
  checkMetricsPort(config)
  return config
}

function checkTls({ port, tlsPort, tlsCert, tlsKey }: Config): void {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [given, missing] = tlsCert === undefined ? ['--tls-key', '--tls-cert'] : ['--tls-cert', '--tls-key']
    throw new UserError(`${given} needs ${missing}: give both, or neither to have a certificate made`)
  }
  if (tlsCert !== undefined && tlsPort === undefined) {
    throw new UserError(
      '--tls-cert does nothing without --tls-port: give the port for HTTPS too, for example --tls-port 8443',
    )
  }
  if (tlsPort !== undefined && tlsPort !== 0 && tlsPort === port) {
    throw new UserError(`--port and --tls-port are both ${port}: HTTP and HTTPS need a port each`)
  }
}

function checkMetricsPort({ port, tlsPort, metricsPort }: Config): void {
  if (metricsPort === undefined || metricsPort === 0) return
  const taken = metricsPort === port ? '--port' : metricsPort === tlsPort ? '--tls-port' : undefined
  if (taken !== undefined)
    throw new UserError(`${taken} and --metrics-port are both ${metricsPort}: metrics need a port of their own`)
}
