import pg from 'pg'
import { REASONS } from '../plain-values.ts'

/**
 * What a failure means for the transaction in which it came:
 * - `conflict`: another transaction came between; nothing is written, and a second try may well go through;
 * - `duplicate`: the key is there already. When another transaction has just written it, a second try will read it
 *   first and do something else; when not, it fails again;
 * - `lost`: the connection or the server is gone, or too slow; nothing is written unless the commit was under way;
 * - `other`: the statement is wrong, or the data refuse it: trying again would fail again.
 */
export type FailureKind = 'conflict' | 'duplicate' | 'lost' | 'other'

const CONFLICTS = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available: it was waited for as long as it is worth it
])

const UNIQUE_VIOLATION = '23505'

/** Connection exceptions, the server going down or coming up, no room for a connection, and a time limit. */
const LOST = /^(?:08...|57P0[1-5]|53[0-4]00|57014|25P03)$/

export function failureKind(error: unknown): FailureKind {
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? ''
    if (CONFLICTS.has(code) || isPlanStale(error)) return 'conflict'
    if (code === UNIQUE_VIOLATION) return 'duplicate'
    return LOST.test(code) ? 'lost' : 'other'
  }
  return isFromDriver(error) ? 'lost' : 'other'
}

/** What the driver throws of its own when a connection breaks, is closed, or does not answer. */
const DRIVER =
  /^(?:Connection terminated|Query read timeout|timeout expired|timeout exceeded when trying to connect|Client (?:was closed|has encountered)|Cannot use a pool after)/

function isFromDriver(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (DRIVER.test(error.message)) return true
  if (error instanceof AggregateError) return error.errors.some(isFromDriver)
  return 'syscall' in error || ('code' in error && error.code === 'EPIPE')
}

/** Why the data of a row are refused, in words for people: SQLSTATE of class 22 and 23. */
export function dataRefusal(error: unknown): string | undefined {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : ''
  if (!/^2[23]/.test(code)) return undefined
  if (code === '23505') return REASONS.twice
  return code === '23502' ? REASONS.missing : REASONS.unfit
}

/** Another process has changed the schema: what this connection has prepared no longer fits it. */
export function isPlanStale(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '0A000'
}

/** The server has not given this number of a transaction yet: where it once had, it has crashed and lost what it did. */
export function isNumberUnknown(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '22023'
}
