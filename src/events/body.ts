import { type LeasedDelivery } from '../domain/delivery/lanes.ts'
import { applicationFacts, applicationIdOf, firstAdministrator, tokensFor } from '../domain/delivery/auth.ts'
import { ACCESS_SECONDS, type Tokens } from '../domain/apps/tokens.ts'
import { type Portal, settingsOf } from '../domain/portals/portal.ts'
import { sha256 } from '../kernel/hash.ts'
import { type JsonObject, isJsonObject } from '../kernel/json.ts'
import { buildPhpQuery } from '../kernel/php-query.ts'
import { readEventsAfter } from '../storage/event-log.ts'
import { withBotAuth } from './wire/bot-event.ts'

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
    const { auth, more } = await this.#auth(delivery, now)
    const { value, authAt } = delivery.data
    return buildPhpQuery({
      event: delivery.event,
      event_handler_id: delivery.handlerId,
      data: authAt && isJsonObject(value) ? withBotAuth({ data: value, authAt }, { ...auth, ...more }) : value,
      ts: Math.floor(now / 1000),
      auth,
    })
  }

  /** `auth` of the body, and what a bot is given besides. */
  async #auth(delivery: LeasedDelivery, now: number): Promise<{ auth: JsonObject; more: JsonObject }> {
    const { baseUrl, store } = this.#portal
    const { memberId } = await settingsOf(this.#portal)
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
      const token = delivery.handlerToken === '' ? await this.#lastToken(delivery) : delivery.handlerToken
      return { auth: { ...rest, application_token: token }, more: clientOf(delivery.owner) }
    }
    const tokens = await this.#tokensFor(delivery, applicationId, now)
    const { applicationToken, clientId } = application
    if (!tokens) {
      const auth = { scope: application.scopes.join(','), ...place, application_token: applicationToken }
      return { auth, more: { client_id: clientId } }
    }
    const auth = {
      access_token: tokens.accessToken,
      expires: Math.floor(tokens.accessExpiresAt / 1000),
      expires_in: Math.floor((tokens.accessExpiresAt - now) / 1000),
      scope: tokens.scopes.join(','),
      ...place,
      user_id: tokens.userId,
      ...(LASTING.has(delivery.event) && { refresh_token: tokens.refreshToken }),
      application_token: applicationToken,
    }
    return { auth, more: { client_id: clientId, refresh_token: tokens.refreshToken } }
  }

  /** An application that was deleted knows its last call by the token that it had. */
  async #lastToken({ id }: LeasedDelivery): Promise<string> {
    const { store } = this.#portal
    const found = await store.read.db.selectFrom('delivery').select('seq').where('id', '=', id).executeTakeFirst()
    const [event] = found ? await readEventsAfter(store.read, found.seq - 1, 1) : []
    const { applicationToken = '' }: { readonly applicationToken?: string } = event?.payload ?? {}
    return applicationToken
  }

  /** Tokens of whoever the handler acts for. Those of {@link LASTING} events are never given out twice. */
  async #tokensFor(delivery: LeasedDelivery, applicationId: number, now: number): Promise<Tokens | undefined> {
    const { store } = this.#portal
    const { botId, handlerUserId, userId: causedBy } = delivery
    if (botId === 0) return this.#tokensOf(delivery, { applicationId, userId: handlerUserId || causedBy }, now)
    const tokens = await this.#tokensOf(delivery, { applicationId, userId: handlerUserId }, now)
    // Whoever registered the bot has left: it must be able to answer nevertheless.
    return tokens ?? this.#tokensOf(delivery, { applicationId, userId: await firstAdministrator(store.read) }, now)
  }

  async #tokensOf(
    { event }: LeasedDelivery,
    of: { readonly applicationId: number; readonly userId: number },
    now: number,
  ): Promise<Tokens | undefined> {
    const { store, ids } = this.#portal
    const { applicationId, userId } = of
    if (userId === 0) return undefined
    if (LASTING.has(event)) return store.write((tx) => tokensFor(tx, ids, now, of))
    const key = `${applicationId}/${userId}`
    const kept = this.#tokens.get(key)
    if (kept && kept.accessExpiresAt - now >= GOOD_FOR && (await this.#stillGood(kept))) return kept
    const tokens = await store.write((tx) => tokensFor(tx, ids, now, of))
    if (this.#tokens.size >= MOST_KEPT) this.#tokens.clear()
    if (tokens) this.#tokens.set(key, tokens)
    return tokens
  }

  /**
   * Tokens end early where the person has left, or the application was taken from him. Those whose refresh token was
   * spent, which bots get with each event, are not given out again: it would be of no use.
   */
  async #stillGood({ accessToken }: Tokens): Promise<boolean> {
    const found = await this.#portal.store.read.db
      .selectFrom('token')
      .innerJoin('user', 'user.id', 'token.userId')
      .select('token.id')
      .where('token.accessHash', '=', sha256(accessToken))
      .where('token.refreshedAt', 'is', null)
      .where('user.active', '=', true)
      .executeTakeFirst()
    return found !== undefined
  }
}

/** What a webhook calls the client that owns a bot: `webhook:1/client`. */
function clientOf(owner: string): JsonObject {
  const at = owner.indexOf('/')
  return at < 0 ? {} : { client_id: owner.slice(at + 1) }
}
