/** Somebody counts as online for so long after his last activity. Activity is noted at most once a minute. */
export const ONLINE_MILLISECONDS = 120_000

/** Whether somebody is online now, by the moment of his last activity. */
export function isOnline(lastActivityAt: number | null, now: number): boolean {
  return lastActivityAt !== null && lastActivityAt >= now - ONLINE_MILLISECONDS
}
