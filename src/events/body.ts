import { type LeasedDelivery } from '../domain/delivery/lanes.ts'
import { applicationFacts, applicationIdOf, tokensFor } from '../domain/delivery/auth.ts'
import { ACCESS_SECONDS, type Tokens } from '../domain/apps/tokens.ts'
import type { Portal } from '../domain/portals/portal.ts'
import { loadSettings } from '../domain/portals/settings.ts'
import { sha256 } from '../kernel/hash.ts'
import type { JsonObject } from '../kernel/json.ts'
import { buildPhpQuery } from '../kernel/php-query.ts'
import { readEventsAfter } from '../storage/event-log.ts'

/** Events after which an application has to be able to call for long: these bring a refresh token. */
const LASTING = new Set(['ONAPPINSTALL', 'ONAPPUPDATE', 'ONOFFLINEEVENT'])
/** Access tokens are given out again while they are good for at least so long, in milliseconds. */
const GOOD_FOR = (ACCESS_SECONDS * 1000) / 2
const MOST_KEPT = 1_000

/** Makes the bodies of one portal's deliveries, each with access that is good when it is sent. */
export class Bodies {
  readonly #portal: Portal
  readonly #tokens = new Map<string, Tokens>()

  constructor(portal: Portal) {
    this.#portal = portal
  }

  /** The form, as it is sent. */
  async make(delivery: LeasedDelivery): Promise<string> {
    const now = this.#portal.clock.now()
    return buildPhpQuery({
      event: delivery.event,
      event_handler_id: delivery.handlerId,
      data: delivery.data.value,
      ts: Math.floor(now / 1000),
      auth: await this.#auth(delivery, now),
    })
  }

  async #auth(delivery: LeasedDelivery, now: number): Promise<JsonObject> {
    const { baseUrl, store } = this.#portal
    const { memberId } = await loadSettings(store.read)
    const endpoint = `${baseUrl}/rest/`
    const place = {
      domain: new URL(baseUrl).host,
      server_endpoint: endpoint,
      status: 'L',
      client_endpoint: endpoint,
      member_id: memberId,
    }
    const applicationId = applicationIdOf(delivery.owner)
    const application = applicationId === undefined ? undefined : await applicationFacts(store.read, applicationId)
    if (applicationId === undefined || !application) {
      const { status: _, ...rest } = place
      const token = applicationId === undefined ? delivery.handlerToken : await this.#lastToken(delivery)
      return { ...rest, application_token: token }
    }
    const tokens = await this.#tokensFor(delivery, applicationId, now)
    if (!tokens) {
      return { scope: application.scopes.join(','), ...place, application_token: application.applicationToken }
    }
    return {
      access_token: tokens.accessToken,
      expires: Math.floor(tokens.accessExpiresAt / 1000),
      expires_in: Math.floor((tokens.accessExpiresAt - now) / 1000),
      scope: tokens.scopes.join(','),
      ...place,
      user_id: tokens.userId,
      ...(LASTING.has(delivery.event) && { refresh_token: tokens.refreshToken }),
      application_token: application.applicationToken,
    }
  }

  /** An application that was deleted knows its last call by the token that it had. */
  async #lastToken({ id }: LeasedDelivery): Promise<string> {
    const { store } = this.#portal
    const found = await store.read.db.selectFrom('delivery').select('seq').where('id', '=', id).executeTakeFirst()
    const [event] = found ? await readEventsAfter(store.read, found.seq - 1, 1) : []
    const { applicationToken = '' }: { readonly applicationToken?: string } = event?.payload ?? {}
    return applicationToken
  }

  /** Tokens of whoever the handler acts for. Those that bring a refresh token are never given out twice. */
  async #tokensFor(delivery: LeasedDelivery, applicationId: number, now: number): Promise<Tokens | undefined> {
    const { store, ids } = this.#portal
    const userId = delivery.handlerUserId === 0 ? delivery.userId : delivery.handlerUserId
    if (userId === 0) return undefined
    const of = { applicationId, userId }
    if (LASTING.has(delivery.event)) return store.write((tx) => tokensFor(tx, ids, now, of))
    const key = `${applicationId}/${userId}`
    const kept = this.#tokens.get(key)
    if (kept && kept.accessExpiresAt - now >= GOOD_FOR && (await this.#stillGood(kept))) return kept
    const tokens = await store.write((tx) => tokensFor(tx, ids, now, of))
    if (this.#tokens.size >= MOST_KEPT) this.#tokens.clear()
    if (tokens) this.#tokens.set(key, tokens)
    return tokens
  }

  /** Tokens end early where the person has left, or the application was taken from him. */
  async #stillGood({ accessToken }: Tokens): Promise<boolean> {
    const found = await this.#portal.store.read.db
      .selectFrom('token')
      .innerJoin('user', 'user.id', 'token.userId')
      .select('token.id')
      .where('token.accessHash', '=', sha256(accessToken))
      .where('user.active', '=', true)
      .executeTakeFirst()
    return found !== undefined
  }
}
