import { type JsonObject, isJsonObject } from '../kernel/json.ts'

/** Bytes of one hint on the wire: PostgreSQL takes less than 8000. */
const MOST = 7900

/** A hint as it travels between processes. */
export interface WireHint {
  /** The random name of the bus that sent it. */
  readonly from: string
  readonly topic: string
  /** `undefined` where it was too large to travel: the topic alone says that there is something. */
  readonly hint: JsonObject | undefined
}

/** JSON without a NUL character. Throws where even the topic alone is too large, or the hint is no JSON. */
export function encodeHint({ from, topic, hint }: WireHint): string {
  const whole = JSON.stringify({ from, topic, hint })
  if (Buffer.byteLength(whole) <= MOST) return whole
  const bare = JSON.stringify({ from, topic })
  if (Buffer.byteLength(bare) <= MOST) return bare
  throw new Error(`A topic of ${topic.length} characters is too long for the bus`)
}

/** `undefined` where it is nothing that a bus sent. */
export function decodeHint(payload: string): WireHint | undefined {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return undefined
  }
  if (!isJsonObject(value)) return undefined
  const { from, topic, hint } = value
  if (typeof from !== 'string' || typeof topic !== 'string') return undefined
  if (hint !== undefined && !isJsonObject(hint)) return undefined
  return { from, topic, hint }
}
