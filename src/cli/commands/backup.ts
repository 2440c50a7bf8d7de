import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type BackedUpPortal, checkBackup, restoreBackup, writeBackup } from '../../domain/portals/backup.ts'
import { systemClock } from '../../kernel/clock.ts'
import { UserError } from '../../kernel/errors.ts'
import { fileStamp, print, printJson, printTable, shownBytes, shownTime } from '../print.ts'
import { collect, configOf, takeOptions } from '../take-options.ts'
import { version } from '../version.ts'
import { withPortals } from '../with-portals.ts'

export function addBackup(program: Command): void {
  const command = program
    .command('backup')
    .argument('[folder]', 'new or empty folder (default: cordboard-backup-TIME in this one)')
    .description('write every portal to a new folder, while servers run')
    .option('--portal <name>', 'Only this portal; may be given several times.', collect)
  takeOptions(command, ['data', 'output', 'log']).action(
    async (folder: string | undefined, { portal: names = [] }: { portal?: readonly string[] }) => {
      const config = configOf(command)
      const target = resolve(folder ?? `cordboard-backup-${fileStamp(systemClock.now())}`)
      const { portals } = await withPortals(config, (opened) =>
        writeBackup(opened, target, { names, version, clock: systemClock }),
      )
      if (config.json) printJson({ folder: target, portals })
      else {
        printPortals(portals)
        print()
        print(`The backup is in ${target}: "cordboard restore FOLDER" takes it in again.`)
      }
    },
  )
}

interface RestoreFlags {
  readonly portal?: readonly string[]
  readonly as?: string
  readonly check?: boolean
}

export function addRestore(program: Command): void {
  const command = program
    .command('restore')
    .argument('<folder>', 'what "cordboard backup" has written')
    .description('make the portals of a backup, which must not be there; each file is checked first')
    .option('--portal <name>', 'Only this portal; may be given several times.', collect)
    .option('--as <name>', 'Name of the portal that is made, where one is restored.')
    .option('--check', 'Only check that the backup is whole.')
  takeOptions(command, ['data', 'output', 'log']).action(
    async (given: string, { portal: names = [], as, check = false }: RestoreFlags) => {
      const config = configOf(command)
      const folder = resolve(given)
      if (check) {
        if (as !== undefined) throw new UserError('--check makes no portal: leave out --as')
        const portals = await checkBackup(folder, names)
        if (config.json) printJson({ folder, portals })
        else {
          printPortals(portals)
          print()
          print(`The backup in ${folder} is whole.`)
        }
        return
      }
      const restored = await withPortals(config, (portals) => restoreBackup(portals, folder, { names, as }))
      if (config.json) printJson({ folder, portals: restored })
      else
        for (const { from, name, rows } of restored)
          print(`Portal "${name}" is restored${from === name ? '' : ` from "${from}"`}, with ${rows} rows.`)
    },
  )
}

function printPortals(portals: readonly BackedUpPortal[]): void {
  printTable(
    ['PORTAL', 'ROWS', 'SIZE', 'AS OF'],
    portals.map(({ name, rows, bytes, at }) => [name, rows, shownBytes(bytes), shownTime(at)]),
    'There are no portals in it.',
  )
}
