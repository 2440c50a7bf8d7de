/** What a caller came with: an inbound webhook, or an application's access token. */
export type Via =
  | { readonly kind: 'webhook'; readonly id: number }
  | { readonly kind: 'application'; readonly id: number; readonly clientId: string }

/** Who calls: a person, and what lets him in. */
export interface Caller {
  readonly userId: number
  readonly isAdmin: boolean
  readonly scopes: readonly string[]
  readonly via: Via
}

/** The name under which a caller owns bots, connectors, options: `app:3` or `webhook:1`. */
export function ownerOf(caller: Caller): string {
  return caller.via.kind === 'application' ? `app:${caller.via.id}` : `webhook:${caller.via.id}`
}
