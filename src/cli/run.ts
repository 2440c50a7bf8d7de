import { CommanderError } from 'commander'
import { Refusal } from '../domain/refusal.ts'
import { UserError, messageOf } from '../kernel/errors.ts'
import { redact } from '../kernel/redact.ts'
import { createProgram } from './program.ts'

/** Runs a command line; answers the exit code. */
export async function run(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    // Commander has written already: help, or what is wrong with the command line.
    if (error instanceof CommanderError) return error.exitCode
    process.stderr.write(`cordboard: ${told(error, debugWanted(args, env))}\n`)
    return 1
  }
}

/** One line for what the person at the keyboard can mend; for anything else how to learn more of it. */
function told(error: unknown, debug: boolean): string {
  const message = oneLine(redact(messageOf(error)))
  const expected = error instanceof UserError || error instanceof Refusal
  if (debug && error instanceof Error)
    return `${expected ? message : `internal error: ${message}`}\n${redact(error.stack ?? '')}`
  return expected
    ? message
    : `internal error: ${message}. Run the command again with CORDBOARD_LOG_LEVEL=debug to see where it comes from.`
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ')
}

function debugWanted(args: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const given = args.findLast((arg, i) => arg.startsWith('--log-level=') || args[i - 1] === '--log-level')
  const level = given?.replace('--log-level=', '') ?? env['CORDBOARD_LOG_LEVEL']
  return level === 'debug' || level === 'trace'
}
