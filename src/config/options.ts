import { RATE_PLANS, type RatePlan } from '../rest/rate-limiter.ts'
import { type Option, baseUrl, boolean, busAddress, integer, nonEmpty, oneOf, postgresUrl } from './option.ts'

const PORT = integer(0, 65_535)
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const RATE_NAMES = Object.keys(RATE_PLANS)

function option<T>(declared: Option<T>): Option<T> {
  return declared
}

const host = option<string>({
  flag: '--host <address>',
  env: 'CORDBOARD_HOST',
  topic: 'addresses',
  doc: 'Address to listen on; 0.0.0.0 is reached from other machines too.',
  accepts: 'an IP address or a host name',
  parse: nonEmpty,
  fallback: '127.0.0.1',
  shownDefault: '127.0.0.1',
})

const port = option<number>({
  flag: '--port <number>',
  env: 'CORDBOARD_PORT',
  topic: 'addresses',
  doc: 'Port for HTTP; 0 takes any free one.',
  accepts: 'a number from 0 to 65535',
  parse: PORT,
  fallback: 8024,
  shownDefault: '8024',
})

const tlsPort = option<number | undefined>({
  flag: '--tls-port <number>',
  env: 'CORDBOARD_TLS_PORT',
  topic: 'addresses',
  doc: 'Port for HTTPS as well; 0 takes any free one. Without --tls-cert a certificate of a local authority is made in the data folder.',
  accepts: 'a number from 0 to 65535',
  parse: PORT,
  fallback: undefined,
  shownDefault: 'no HTTPS',
})

const metricsPort = option<number | undefined>({
  flag: '--metrics-port <number>',
  env: 'CORDBOARD_METRICS_PORT',
  topic: 'server',
  doc: 'Port for metrics (/metrics, in the text form of Prometheus) and probes, apart from the API; 0 takes any free one.',
  accepts: 'a number from 0 to 65535',
  parse: PORT,
  fallback: undefined,
  shownDefault: 'no metrics',
})

const publicUrl = option<string | undefined>({
  flag: '--public-url <url>',
  env: 'CORDBOARD_PUBLIC_URL',
  topic: 'addresses',
  doc: 'Base of the addresses shown to people and sent to applications, where a proxy stands before the server.',
  accepts: 'an http or https address without a path, as in https://contact.example.com',
  parse: baseUrl,
  fallback: undefined,
  shownDefault: 'where the server listens',
})

const tlsCert = option<string | undefined>({
  flag: '--tls-cert <file>',
  env: 'CORDBOARD_TLS_CERT',
  topic: 'tls',
  doc: 'PEM file with the certificate for HTTPS and those that lead to its authority.',
  accepts: 'a file name',
  parse: nonEmpty,
  fallback: undefined,
  shownDefault: 'made in the data folder',
})

const tlsKey = option<string | undefined>({
  flag: '--tls-key <file>',
  env: 'CORDBOARD_TLS_KEY',
  topic: 'tls',
  doc: 'PEM file with the private key of --tls-cert.',
  accepts: 'a file name',
  parse: nonEmpty,
  fallback: undefined,
  shownDefault: 'made in the data folder',
})

const data = option<string>({
  flag: '--data <folder>',
  env: 'CORDBOARD_DATA',
  topic: 'data',
  doc: 'Folder that holds the portals; made where it is missing.',
  accepts: 'a folder name',
  parse: nonEmpty,
  fallback: './data',
  shownDefault: './data',
})

const database = option<string | undefined>({
  flag: '--database <url>',
  env: 'CORDBOARD_DATABASE',
  topic: 'data',
  doc: 'PostgreSQL database that holds the portals, one schema each, instead of files in --data; several servers may share it. Give it in the environment where it holds a password.',
  accepts: 'an address as postgres://user:password@host:5432/name',
  parse: postgresUrl,
  fallback: undefined,
  shownDefault: 'files in --data',
  secret: true,
})

const databasePool = option<number>({
  flag: '--database-pool <number>',
  env: 'CORDBOARD_DATABASE_POOL',
  topic: 'data',
  doc: 'How many connections to PostgreSQL one server opens at the most.',
  accepts: 'a number from 2 to 500',
  parse: integer(2, 500),
  fallback: 10,
  shownDefault: '10',
})

const databaseTimeout = option<number>({
  flag: '--database-timeout <seconds>',
  env: 'CORDBOARD_DATABASE_TIMEOUT',
  topic: 'data',
  doc: 'How long one statement on PostgreSQL may take. With 2 seconds every call is answered within five, also while the database is cut off; reports on a large portal may want more.',
  accepts: 'a number of seconds from 1 to 60',
  parse: integer(1, 60),
  fallback: 2,
  shownDefault: '2',
})

const ephemeral = option<boolean>({
  flag: '--ephemeral',
  env: 'CORDBOARD_EPHEMERAL',
  topic: 'server',
  doc: 'Keep everything in memory: all is gone when the server stops, and --data is left alone.',
  accepts: 'true or false',
  parse: boolean,
  fallback: false,
  shownDefault: 'false',
})

const bus = option<string | undefined>({
  flag: '--bus <address>',
  env: 'CORDBOARD_BUS',
  topic: 'server',
  doc: 'How processes on one database tell each other that there is something new: memory (there is one process only), postgres (over the database) or addresses of NATS servers with commas between them.',
  accepts:
    'memory, postgres, or addresses as nats://host:4222, nats://user:password@host:4222 or tls://token@host:4222, with special characters of a password percent-encoded',
  parse: busAddress,
  fallback: undefined,
  shownDefault: 'memory on SQLite, postgres on PostgreSQL',
  secret: true,
})

const allowPrivateNetworks = option<boolean>({
  flag: '--allow-private-networks',
  env: 'CORDBOARD_ALLOW_PRIVATE_NETWORKS',
  topic: 'server',
  doc: 'Let applications have events sent to addresses of this machine and of private networks. Else they could reach through the server what only it can reach.',
  accepts: 'true or false',
  parse: boolean,
  fallback: false,
  shownDefault: 'false',
})

const drain = option<number>({
  flag: '--drain <seconds>',
  env: 'CORDBOARD_DRAIN',
  topic: 'server',
  doc: 'Seconds to serve on after the signal to stop while /readyz says no, so that a load balancer can turn away first.',
  accepts: 'a number of seconds from 0 to 3600',
  parse: integer(0, 3_600),
  fallback: 0,
  shownDefault: '0',
})

const json = option<boolean>({
  flag: '--json',
  env: 'CORDBOARD_JSON',
  topic: 'output',
  doc: 'Print one line of JSON for programs instead of text for people.',
  accepts: 'true or false',
  parse: boolean,
  fallback: false,
  shownDefault: 'false',
})

const logLevel = option<(typeof LOG_LEVELS)[number]>({
  flag: '--log-level <level>',
  env: 'CORDBOARD_LOG_LEVEL',
  topic: 'log',
  doc: `Least level of the lines logged to stderr: ${LOG_LEVELS.join(', ')}.`,
  accepts: `one of ${LOG_LEVELS.join(', ')}`,
  parse: oneOf(LOG_LEVELS),
  fallback: 'warn',
  shownDefault: 'warn',
})

const rateLimit = option<RatePlan | 'off'>({
  flag: '--rate-limit <plan>',
  env: 'CORDBOARD_RATE_LIMIT',
  topic: 'server',
  doc: `How many requests a caller may make, as Bitrix24 limits its plans: ${RATE_NAMES.join(', ')}.`,
  accepts: `one of ${RATE_NAMES.join(', ')}`,
  parse: (name) => (name === 'off' ? 'off' : Object.entries(RATE_PLANS).find(([known]) => known === name)?.[1]),
  fallback: 'off',
  shownDefault: 'off',
})

const operatingLimit = option<number | 'off'>({
  flag: '--operating-limit <seconds>',
  env: 'CORDBOARD_OPERATING_LIMIT',
  topic: 'server',
  doc: 'Seconds of processing that a caller may use of one method within ten minutes; Bitrix24 allows 480.',
  accepts: 'off or a number of seconds from 1 to 600',
  parse: (given) => (given === 'off' ? 'off' : integer(1, 600)(given)),
  fallback: 'off',
  shownDefault: 'off',
})

/** Everything that can be configured, in the order in which it is shown. */
export const options = {
  host,
  port,
  tlsPort,
  metricsPort,
  tlsCert,
  tlsKey,
  publicUrl,
  data,
  database,
  databasePool,
  databaseTimeout,
  ephemeral,
  rateLimit,
  operatingLimit,
  bus,
  allowPrivateNetworks,
  drain,
  json,
  logLevel,
}

export type OptionKey = keyof typeof options
