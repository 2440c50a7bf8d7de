/**
 * How long a call may be about its work while the database keeps it waiting, in milliseconds, where one statement may
 * take `timeLimit`.
 */
export function callTime(timeLimit: number): number {
  return timeLimit + 1_300
}

/**
 * The database cannot be reached, or has no time: the call may be repeated. `carriedOut` is `'no'` when nothing was
 * written, `'unknown'` when the connection broke in the commit and the database could not be asked any more.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly carriedOut: 'no' | 'unknown'

  constructor(carriedOut: 'no' | 'unknown', cause: unknown) {
    super(
      carriedOut === 'no'
        ? 'The database cannot be reached: nothing was written'
        : 'The connection to the database broke while it committed: it is not known whether it did',
      { cause },
    )
    this.carriedOut = carriedOut
  }
}

/** Another process has deleted the portal. */
export class StoreGone extends Error {
  override readonly name = 'StoreGone'

  constructor(cause: unknown) {
    super('The portal was deleted', { cause })
  }
}
