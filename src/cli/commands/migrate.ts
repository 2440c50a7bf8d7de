import type { Command } from 'commander'
import { print } from '../print.ts'
import { configOf, takeOptions } from '../take-options.ts'
import { withPortals } from '../with-portals.ts'

export function addMigrate(program: Command): void {
  const command = program
    .command('migrate')
    .description('bring every portal to the schema of this version, as the server does by itself when it opens one')
  takeOptions(command, ['data', 'log']).action(async () => {
    const config = configOf(command)
    await withPortals(config, async (portals) => {
      const names = await portals.names()
      if (names.length === 0) print(`There are no portals in ${config.data}.`)
      for (const name of names) {
        const steps = await portals.databases.migrate(name)
        print(steps.length === 0 ? `${name}: nothing to do` : `${name}: took ${steps.join(', ')}`)
      }
    })
  })
}
