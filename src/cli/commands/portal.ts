import { resolve } from 'node:path'
import type { Command } from 'commander'
import { exportPortal, importPortal } from '../../domain/portals/export-file.ts'
import { DEFAULT_PORTAL } from '../../domain/portals/portal.ts'
import { forgetWebhook } from '../../domain/portals/webhook-file.ts'
import { systemClock } from '../../kernel/clock.ts'
import { UserError } from '../../kernel/errors.ts'
import { fileStamp, print, printJson, printTable } from '../print.ts'
import { findRunning } from '../running.ts'
import { configOf, takeOptions } from '../take-options.ts'
import { withPortals } from '../with-portals.ts'

export function addPortalCommands(program: Command): void {
  const portal = program.command('portal').description('make, list, delete and export portals')
  addCreate(portal)
  addList(portal)
  addDelete(portal)
  addExport(portal)
}

function addCreate(portal: Command): void {
  const command = portal
    .command('create')
    .argument('<name>', 'lower-case letters, digits and hyphens; also the first label of the host names that reach it')
    .description('make an empty portal, or one out of an export')
    .option('--from <file>', 'Take in what "cordboard portal export" wrote to this file.')
  takeOptions(command, ['data', 'addresses', 'output', 'log']).action(
    async (name: string, { from }: { from?: string }) => {
      const config = configOf(command)
      await withPortals(config, async (portals) => {
        const taken = from === undefined ? undefined : await importPortal(portals, name, resolve(from))
        // Opening it shows that it can be served, and that its settings can be read.
        const { baseUrl: url } = taken ? await portals.get(name) : await portals.create(name)
        if (config.json) {
          printJson({ name, url, rows: taken?.rows ?? 0 })
        } else if (taken) {
          print(`Portal "${name}" is at ${url}, with ${taken.rows} rows out of ${from}.`)
        } else {
          print(`Portal "${name}" is at ${url}. Nobody is in it yet:`)
          const option = name === DEFAULT_PORTAL ? '' : ` --portal ${name}`
          print(`  cordboard user add${option} --admin --name Ada --email ada@example.com`)
          print(`  cordboard webhook create${option} --user 1`)
        }
      })
    },
  )
}

function addList(portal: Command): void {
  const command = portal.command('list').description('list the portals of the data folder')
  takeOptions(command, ['data', 'addresses', 'output', 'log']).action(async () => {
    const config = configOf(command)
    await withPortals(config, async (portals) => {
      const rows = []
      for (const name of await portals.names())
        rows.push({ name, url: (await portals.get(name)).baseUrl, file: portals.databases.place(name) })
      if (config.json) printJson(rows)
      else
        printTable(
          ['NAME', 'ADDRESS', 'FILE'],
          rows.map(({ name, url, file }) => [name, url, file]),
          `There are no portals in ${config.data}: "cordboard start" makes one.`,
        )
    })
  })
}

function addDelete(portal: Command): void {
  const command = portal
    .command('delete')
    .argument('<name>', 'name of the portal')
    .description('delete a portal with everything in it')
    .option('--yes', 'Really do it.')
  takeOptions(command, ['data', 'log']).action(async (name: string, { yes }: { yes?: boolean }) => {
    const config = configOf(command)
    await withPortals(config, async (portals) => {
      await portals.get(name)
      if (!yes)
        throw new UserError(
          `This deletes portal "${name}" for good: repeat it with --yes, perhaps after "cordboard portal export ${name}"`,
        )
      // It would go on writing to a file that is no longer there. On PostgreSQL servers learn of it by themselves.
      const server = portals.databases.engine === 'sqlite' ? await findRunning(config.data) : undefined
      if (server)
        throw new UserError(`A server is using the portal (process ${server.pid}, ${server.url}): stop it first`)
      await portals.delete(name)
      await forgetWebhook(config.data, name)
    })
    print(`Portal "${name}" is deleted.`)
  })
}

function addExport(portal: Command): void {
  const command = portal
    .command('export')
    .argument('<name>', 'name of the portal')
    .argument('[file]', 'file to write (default: NAME-TIME.cordboard.gz in this folder)')
    .description('write everything of a portal to one file; a running server is not disturbed')
  takeOptions(command, ['data', 'log']).action(async (name: string, file?: string) => {
    const config = configOf(command)
    const now = systemClock.now()
    const target = resolve(file ?? `${name}-${fileStamp(now)}.cordboard.gz`)
    await withPortals(config, (portals) => exportPortal(portals, name, target, now))
    print(`Portal "${name}" is in ${target}: "cordboard portal create NAME --from FILE" takes it in again.`)
  })
}
