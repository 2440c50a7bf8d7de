import type { Command } from 'commander'
import { print } from '../print.ts'
import { version } from '../version.ts'

export function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the versions of Cordboard, Node and SQLite')
    .action(() =>
      print(`cordboard ${version} (Node ${process.versions.node}, SQLite ${process.versions['sqlite'] ?? 'unknown'})`),
    )
}
