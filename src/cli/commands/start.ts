import type { Command } from 'commander'
import { configOf, takeOptions } from '../take-options.ts'

export function addStart(program: Command): void {
  const command = program
    .command('start')
    .description('start the server; the first time it makes a portal with a demo in it')
  takeOptions(command, ['addresses', 'tls', 'data', 'server', 'output', 'log']).action(async () => {
    const config = configOf(command)
    // The other commands are quicker without the whole server.
    const { start } = await import('../start.ts')
    await start(config)
  })
}
