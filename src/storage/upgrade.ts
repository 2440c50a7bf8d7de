/** What bringing a portal to the newest schema means, before it is done. */
export interface Upgrade {
  /** The steps that it lacks. */
  readonly steps: readonly string[]
  readonly rows: number
  /** Of the database. */
  readonly bytes: number
  /** About how long it takes. */
  readonly seconds: number
  /** How the time was reckoned, and what happens to what is there now; sentences for people. */
  readonly notes: readonly string[]
  /** Bytes of disk that it needs and that are free; nothing where the disk is that of another machine. */
  readonly disk: { readonly needed: number; readonly free: number } | undefined
}
