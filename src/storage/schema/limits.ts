import type { Millis } from './columns.ts'

/** How full a caller's bucket is, over all processes. Written by `domain/limits`. */
export interface RateUseTable {
  caller: string
  /** Thousandths of a request. */
  level: number
  /** Up to when it has drained. */
  at: Millis
}

/** How long a caller's calls of a method took within a minute, over all processes. Written by `domain/limits`. */
export interface OperatingUseTable {
  caller: string
  /** In lower case. */
  method: string
  /** Epoch minutes. */
  minute: number
  /** When the first of them began. */
  firstAt: Millis
  milliseconds: number
  /** When it was last added to. */
  at: Millis
}
