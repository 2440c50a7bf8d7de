import { DateTime } from 'luxon'

/** A date as answers and events show it: `2026-03-17T17:48:28+01:00`. */
export function isoDate(epochMilliseconds: number, timeZone: string): string {
  return DateTime.fromMillis(epochMilliseconds, { zone: timeZone }).toFormat("yyyy-MM-dd'T'HH:mm:ssZZ")
}
