import { DateTime } from 'luxon'

/** A moment as a client names it: epoch milliseconds up to, but without, `to`; a day where no time of day is given. */
export interface Moment {
  readonly from: number
  readonly to: number
  readonly isDay: boolean
}

/** The forms beside ISO 8601 in which portals show dates. */
const FORMATS = [
  'dd.MM.yyyy HH:mm:ss',
  'dd.MM.yyyy HH:mm',
  'dd.MM.yyyy',
  'MM/dd/yyyy hh:mm:ss a',
  'MM/dd/yyyy hh:mm a',
  'MM/dd/yyyy',
  'yyyy-MM-dd HH:mm:ss',
  'yyyy-MM-dd HH:mm',
]

/** Reads a date in ISO 8601 or in a portal's form; without an offset it is local to `timeZone`. Nothing for anything else. */
export function readMoment(input: unknown, timeZone: string): Moment | undefined {
  if (typeof input !== 'string') return undefined
  const text = input.trim()
  if (text === '' || text.length > 40) return undefined
  let date = /^\d{4}-\d\d-\d\d/.test(text) ? DateTime.fromISO(text, { zone: timeZone }) : DateTime.invalid('other form')
  for (let i = 0; !date.isValid && i < FORMATS.length; i++)
    date = DateTime.fromFormat(text, FORMATS[i]!, { zone: timeZone, locale: 'en' })
  if (!date.isValid) return undefined
  const isDay = !text.includes(':')
  const from = date.startOf(isDay ? 'day' : 'second')
  return { from: from.toMillis(), to: from.plus(isDay ? { days: 1 } : { seconds: 1 }).toMillis(), isDay }
}

/** `YYYY-MM-DD` of a date as a client names it; nothing where it is none. */
export function readDay(input: unknown, timeZone: string): string | undefined {
  const moment = readMoment(input, timeZone)
  return moment && (DateTime.fromMillis(moment.from, { zone: timeZone }).toISODate() ?? undefined)
}
