/**
 * Something the person at the keyboard can mend: a bad option, a taken port, an unwritable folder.
 * The message says what is wrong and what to do; it is shown in one line, without a stack.
 */
export class UserError extends Error {
  override readonly name = 'UserError'
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Anything that was thrown, as an error. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
