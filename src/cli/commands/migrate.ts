import type { Command } from 'commander'
import { UserError } from '../../kernel/errors.ts'
import type { Databases } from '../../storage/databases.ts'
import type { Upgrade } from '../../storage/upgrade.ts'
import { print, printJson, shownBytes } from '../print.ts'
import { findRunning } from '../running.ts'
import { configOf, takeOptions } from '../take-options.ts'
import { withPortals } from '../with-portals.ts'

export function addMigrate(program: Command): void {
  const command = program
    .command('migrate')
    .description('bring every portal to the schema of this version, as the server does by itself when it opens one')
    .option('--dry-run', 'Only say what it would do, how long it takes and what it needs.')
  takeOptions(command, ['data', 'output', 'log']).action(async ({ dryRun = false }: { dryRun?: boolean }) => {
    const config = configOf(command)
    await withPortals(config, async ({ databases }) => {
      const plans = await plansOf(databases)
      const told = config.json ? () => {} : print
      if (plans.length === 0) told('There are no portals.')
      for (const plan of plans) for (const line of linesOf(plan)) told(line)
      const lacking = plans.filter(({ steps }) => steps.length > 0)
      if (!dryRun && lacking.length > 0) {
        refuseTooLittleRoom(lacking)
        if (databases.engine === 'sqlite') await refuseWhileServed(config.data)
        for (const { name } of lacking) told(`${name}: took ${(await databases.migrate(name)).join(', ')}`)
      }
      if (config.json) printJson(plans.map((plan) => ({ ...plan, done: !dryRun && plan.steps.length > 0 })))
    })
  })
}

interface Plan extends Upgrade {
  readonly name: string
}

async function plansOf(databases: Databases): Promise<Plan[]> {
  const plans = []
  for (const name of await databases.names()) plans.push({ name, ...(await databases.planUpgrade(name)) })
  return plans
}

function linesOf({ name, steps, rows, bytes, seconds, notes, disk }: Plan): string[] {
  if (steps.length === 0) return [`${name}: nothing to do`]
  return [
    `${name}: lacks ${steps.join(', ')}; ${rows} rows, ${shownBytes(bytes)}, about ${seconds} s`,
    ...(disk ? [`  It needs ${shownBytes(disk.needed)} of disk; ${shownBytes(disk.free)} are free.`] : []),
    ...notes.map((note) => `  ${note}`),
  ]
}

/** What is done for one portal stays: that there is room for all is better known before the first. */
function refuseTooLittleRoom(plans: readonly Plan[]): void {
  const short = plans.find(({ disk }) => disk !== undefined && disk.free < disk.needed)
  if (short?.disk)
    throw new UserError(
      `There is too little disk for portal "${short.name}": ${shownBytes(short.disk.needed)} are needed and ${shownBytes(short.disk.free)} are free. Make room first; nothing was changed.`,
    )
}

async function refuseWhileServed(folder: string): Promise<void> {
  const server = await findRunning(folder)
  if (server)
    throw new UserError(
      `A server is using the portals (process ${server.pid}, ${server.url}): stop it first; nothing was changed`,
    )
}
