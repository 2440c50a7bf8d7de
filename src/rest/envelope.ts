import { isoDate } from '../kernel/iso-date.ts'

export { isoDate }

/** The `time` of an answer, as every client expects it whole. Seconds, but for the two dates. */
export interface Time {
  readonly start: number
  readonly finish: number
  readonly duration: number
  readonly processing: number
  readonly date_start: string
  readonly date_finish: string
  readonly operating_reset_at: number
  readonly operating: number
}

let lastSecond = -1
let lastZone = ''
let lastDate = ''

/** Requests of the same second share their date: formatting one costs more than the rest of the envelope. */
function dateOfSecond(epochMilliseconds: number, timeZone: string): string {
  const second = Math.floor(epochMilliseconds / 1000)
  if (second !== lastSecond || timeZone !== lastZone) {
    lastSecond = second
    lastZone = timeZone
    lastDate = isoDate(second * 1000, timeZone)
  }
  return lastDate
}

/** What a call took: `start` and `finish` in epoch milliseconds, `processing` in milliseconds. */
export interface Measured {
  readonly start: number
  readonly finish: number
  readonly processing: number
  readonly operating: number
  readonly resetAt: number
}

export function timeOf(measured: Measured, timeZone: string): Time {
  return {
    start: measured.start / 1000,
    finish: measured.finish / 1000,
    duration: (measured.finish - measured.start) / 1000,
    processing: measured.processing / 1000,
    date_start: dateOfSecond(measured.start, timeZone),
    date_finish: dateOfSecond(measured.finish, timeZone),
    operating_reset_at: measured.resetAt,
    operating: measured.operating,
  }
}
