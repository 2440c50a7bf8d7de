import { lookup as lookupName } from 'node:dns'
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { type LookupFunction, isIP } from 'node:net'
import { errorOf, messageOf } from './errors.ts'

/** How often an answer may send elsewhere. */
const MOST_REDIRECTS = 3
/** Bytes of an answer that are read; the connection is closed beyond them. */
const LARGEST_ANSWER = 64 * 1024
/** How long a connection is kept for the next call, in milliseconds: less than servers keep theirs. */
const IDLE = 4_000

/** A call that came to nothing, with why in words. `refused` ones would not go better another time. */
export class OutgoingError extends Error {
  override readonly name = 'OutgoingError'
  readonly kind: 'refused' | 'failed' | 'timeout'

  constructor(kind: OutgoingError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

export interface OutgoingCall {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds for everything, redirects included. */
  readonly timeout: number
  readonly signal?: AbortSignal
}

export interface OutgoingAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

/**
 * What is wrong with the form of an address that is to be called, in words; nothing where it can be called. Whom the
 * name in it leads to is looked at when it is called.
 */
export function addressProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'it is no URL, as https://example.com/handler is'
  const { protocol, username, password, hostname } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return 'it must begin with https:// or http://'
  if (username !== '' || password !== '') return 'it must hold no user name and no password'
  return hostname === '' ? 'it names no host' : undefined
}

export interface OutgoingOptions {
  /** Whether an IP address may be called: `isPublicAddress` where the administrator has not allowed more. */
  readonly mayCall: (address: string) => boolean
  /** Finds the addresses of a name; the system's way where it is left out. */
  readonly resolve?: typeof lookupName
}

/**
 * Calls addresses that come from outside. They are only called where they are of the public internet, unless the
 * administrator allows others: what a name leads to is checked as the connection is made, so that it cannot lead
 * elsewhere a moment later, and after each redirect.
 */
export class Outgoing {
  readonly #options: OutgoingOptions
  readonly #http: HttpAgent
  readonly #https: HttpsAgent

  constructor(options: OutgoingOptions) {
    this.#options = options
    const kept = { keepAlive: true, timeout: IDLE, scheduling: 'lifo' } as const
    this.#http = new HttpAgent(kept)
    this.#https = new HttpsAgent(kept)
  }

  /** Posts a body; answers the status as soon as it is there. Throws {@link OutgoingError}. */
  async post(call: OutgoingCall): Promise<OutgoingAnswer> {
    const timeout = AbortSignal.timeout(call.timeout)
    const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout
    let { url } = call
    try {
      for (let redirects = 0; ; redirects++) {
        const answer = await this.#send(this.#checked(url), call, signal)
        const { location } = answer.headers
        if (![301, 302, 307, 308].includes(answer.status) || location === undefined) return answer
        if (redirects === MOST_REDIRECTS)
          throw new OutgoingError('refused', `it redirects more than ${MOST_REDIRECTS} times`)
        url = redirected(url, location)
      }
    } catch (error) {
      if (timeout.aborted) throw new OutgoingError('timeout', `no answer within ${call.timeout / 1000} seconds`)
      throw error instanceof OutgoingError ? error : new OutgoingError('failed', reasonOf(error), { cause: error })
    }
  }

  /** Closes connections that are kept for a next call. */
  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #checked(text: string): URL {
    const problem = addressProblem(text)
    if (problem !== undefined) throw new OutgoingError('refused', problem)
    const url = new URL(text)
    // A number is connected to without a lookup.
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    if (isIP(host) !== 0) this.#check(host)
    return url
  }

  #check(address: string): void {
    if (this.#options.mayCall(address)) return
    throw new OutgoingError(
      'refused',
      `${address} is not of the public internet: start the server with --allow-private-networks to call it`,
    )
  }

  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    const resolve = this.#options.resolve ?? lookupName
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) {
        callback(error, '')
        return
      }
      try {
        for (const { address } of found) this.#check(address)
      } catch (refusal) {
        callback(errorOf(refusal), '')
        return
      }
      const [first] = found
      if (options.all) callback(null, found)
      else callback(null, first?.address ?? '', first?.family)
    })
  }

  #send(url: URL, { headers, body }: OutgoingCall, signal: AbortSignal): Promise<OutgoingAnswer> {
    const isSecure = url.protocol === 'https:'
    const send = isSecure ? httpsRequest : httpRequest
    return new Promise((resolve, reject) => {
      const request = send(url, {
        method: 'POST',
        agent: isSecure ? this.#https : this.#http,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        lookup: this.#lookup,
        signal,
      })
      request.once('response', (response) => {
        drain(response)
        resolve({ status: response.statusCode ?? 0, headers: response.headers })
      })
      request.on('error', reject)
      request.end(body)
    })
  }
}

/** Nobody wants the text, but the connection is free only once it was read. */
function drain(response: IncomingMessage): void {
  let size = 0
  response.on('error', () => {})
  response.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > LARGEST_ANSWER) response.destroy()
  })
}

function redirected(from: string, location: string): string {
  if (!URL.canParse(location, from)) throw new OutgoingError('refused', 'it redirects to what is no URL')
  const to = new URL(location, from)
  if (from.startsWith('https:') && to.protocol !== 'https:')
    throw new OutgoingError('refused', 'it redirects from https to an address without')
  return to.href
}

/** Attempts over several addresses fail with all their reasons; the first of them tells enough. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  const message = messageOf(error)
  return message === '' && error instanceof Error && 'code' in error ? String(error.code) : message
}
