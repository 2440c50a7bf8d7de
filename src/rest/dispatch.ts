import { once } from '../domain/apps/idempotency.ts'
import { type Caller, ownerOf } from '../domain/caller.ts'
import { type Portal, settingsOf } from '../domain/portals/portal.ts'
import type { PortalSettings } from '../domain/portals/settings.ts'
import { Refusal } from '../domain/refusal.ts'
import { sha256 } from '../kernel/hash.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Reader, Tx } from '../storage/store.ts'
import { runBatch } from './batch.ts'
import { type Time, timeOf } from './envelope.ts'
import { RestError, systemError, systemErrors } from './errors.ts'

import type { Limits } from './limits.ts'
import { type Call, type Method, Page } from './method.ts'
import { parseParams } from './params.ts'
import { type Registry, scopesOf } from './registry.ts'

/** What stands in an answer beside `time`. */
export interface Outcome {
  readonly result: unknown
  readonly total?: number
  readonly next?: number
}

export interface Answer extends Outcome {
  readonly time: Time
}

export interface DispatchOptions {
  readonly portal: Portal
  readonly registry: Registry
  readonly limits: Limits
  /** Compares every result with its declaration and fails the call when they differ. For tests. */
  readonly verifyResults?: boolean
}

/** Runs methods of one portal: the plain function behind HTTP, `batch`, the operator's app and the tests. */
export class Dispatcher {
  readonly portal: Portal
  readonly registry: Registry
  readonly #limits: Limits
  readonly #verifyResults: boolean

  constructor({ portal, registry, limits, verifyResults = false }: DispatchOptions) {
    this.portal = portal
    this.registry = registry
    this.#limits = limits
    this.#verifyResults = verifyResults
  }

  /** Calls a method. Throws {@link RestError} for everything that the caller should be told. */
  async dispatch(caller: Caller, name: string, params: JsonObject, requestId?: string): Promise<Answer> {
    const { clock } = this.portal
    const start = clock.now()
    const settings = await settingsOf(this.portal)
    const owner = ownerOf(caller)
    if (!this.#limits.admit(owner, start)) throw systemError('queryLimit')
    const began = performance.now()
    const isBatch = name.toLowerCase() === 'batch'
    const outcome = isBatch
      ? await runBatch(this, { caller, params, settings, requestId })
      : await this.#call(caller, this.registry.get(name), params, settings, requestId)
    const processing = performance.now() - began
    // The commands of a batch are counted one by one, each as its own method.
    const used = this.#limits.record(owner, name, isBatch ? 0 : processing, start)
    return { ...outcome, time: timeOf({ start, finish: start + processing, processing, ...used }, settings.timeZone) }
  }

  async #call(
    caller: Caller,
    method: Method,
    params: JsonObject,
    settings: PortalSettings,
    requestId: string | undefined,
  ): Promise<Outcome> {
    const prepared = this.prepare(caller, method, params, settings)
    const { store } = this.portal
    if (method.read) return prepared.run(store.read)
    return store.write((tx) => this.inTransaction(tx, prepared, requestId), {
      wide: method.wide === true,
      about: method.about?.(prepared.call),
    })
  }

  /** Checks everything that can be checked without the transaction. */
  prepare(caller: Caller, method: Method, params: JsonObject, settings: PortalSettings): PreparedCall {
    authorise(method, caller, settings)
    const now = this.portal.clock.now()
    if (this.#limits.exceeded(ownerOf(caller), method.name, now)) throw systemError('operationTimeLimit')
    const call: Call = {
      params: parseParams(method, params),
      raw: params,
      caller,
      portal: this.portal,
      settings,
      catalogue: this.registry,
      now,
      fail: (reason, detail) => {
        throw new Refusal(reason, detail)
      },
    }
    return new PreparedCall(method, call, this.#verifyResults)
  }

  /** Runs a prepared call in a transaction, once for each request id. */
  inTransaction(tx: Tx, prepared: PreparedCall, requestId: string | undefined): Promise<Outcome> {
    const { caller, raw, now } = prepared.call
    tx.actFor({ userId: caller.userId, authConnector: connectorOf(caller, raw) })
    if (requestId === undefined) return prepared.run(tx)
    const key = {
      caller: ownerOf(caller),
      requestId: requestId.slice(0, 200),
      method: prepared.method.name,
      bodyHash: sha256(JSON.stringify(raw)),
    }
    return once(tx, key, now, () => prepared.run(tx))
  }

  /** What a part of a batch took, told like a call of its own. */
  timeOf(caller: Caller, method: string, start: number, processing: number, settings: PortalSettings): Time {
    const used = this.#limits.record(ownerOf(caller), method, processing, start)
    return timeOf({ start, finish: start + processing, processing, ...used }, settings.timeZone)
  }
}

/** Whose change it is, where the call says by what key he keeps his own changes out of his queue of events. */
function connectorOf(caller: Caller, raw: JsonObject): string {
  const key = raw['auth_connector'] ?? raw['AUTH_CONNECTOR']
  return typeof key === 'string' && key !== '' ? `${ownerOf(caller)}/${key.slice(0, 255)}` : ''
}

function authorise(method: Method, caller: Caller, settings: PortalSettings): void {
  const scopes = scopesOf(method)
  if (!scopes.includes('basic') && !scopes.some((scope) => caller.scopes.includes(scope))) {
    throw systemError('insufficientScope')
  }
  if (method.auth === 'admin' && !caller.isAdmin) throw restErrorOf(method, new Refusal('adminOnly'))
  if (method.auth === 'application' && caller.via.kind === 'webhook' && !settings.webhooksActAsApplications) {
    throw restErrorOf(method, new Refusal('wrongAuthType'))
  }
}

/** The code, status and text that a method, or else the whole API, documents for a refusal. */
function restErrorOf(method: Method, refusal: Refusal): unknown {
  const entry = method.errors?.[refusal.reason] ?? (systemErrors as Method['errors'])?.[refusal.reason]
  if (!entry) return new Error(`${method.name} does not declare the refusal "${refusal.reason}"`, { cause: refusal })
  const description = refusal.message === refusal.reason ? entry[2] : refusal.message
  return new RestError(entry[0], entry[1], description, entry[3])
}

/** A call whose caller and parameters are checked. */
export class PreparedCall {
  readonly method: Method
  readonly call: Call
  readonly #verify: boolean

  constructor(method: Method, call: Call, verify: boolean) {
    this.method = method
    this.call = call
    this.#verify = verify
  }

  /** Runs the handler; a writing one wants the transaction that `db` then is. */
  async run(db: Reader | Tx): Promise<Outcome> {
    try {
      const answer = await (this.method.read
        ? this.method.read(this.call, db)
        : this.method.write!(this.call, db as Tx))
      const result: unknown = answer instanceof Page ? answer.result : answer
      if (this.#verify) this.#check(result)
      if (!(answer instanceof Page)) return { result }
      return {
        result,
        ...(answer.next === undefined ? {} : { next: answer.next }),
        ...(answer.total === undefined ? {} : { total: answer.total }),
      }
    } catch (error) {
      throw error instanceof Refusal ? restErrorOf(this.method, error) : error
    }
  }

  #check(result: unknown): void {
    const checked = this.method.result.safeParse(result)
    if (!checked.success) {
      throw new Error(`The result of ${this.method.name} is not what it declares: ${checked.error.message}`)
    }
  }
}
