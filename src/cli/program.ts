import { Command } from 'commander'
import { addAppCommands } from './commands/app.ts'
import { addBackup, addRestore } from './commands/backup.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEventCommands } from './commands/event.ts'
import { addMigrate } from './commands/migrate.ts'
import { addPortalCommands } from './commands/portal.ts'
import { addSettingCommands } from './commands/setting.ts'
import { addStart } from './commands/start.ts'
import { addUserCommands } from './commands/user.ts'
import { addVersion } from './commands/version.ts'
import { addWebhookCommands } from './commands/webhook.ts'
import { version } from './version.ts'

/** The whole command line. Throws `CommanderError` instead of ending the process. */
export function createProgram(): Command {
  const program = new Command('cordboard')
    .description('A self-hosted contact centre whose REST API is the one that Bitrix24 integrations already speak.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${commandLineError(text)}\n`) })
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      '\nEvery option can stand in the environment too, --port as CORDBOARD_PORT.\n"cordboard COMMAND --help" tells more of a command.',
    )
  addStart(program)
  addPortalCommands(program)
  addUserCommands(program)
  addWebhookCommands(program)
  addAppCommands(program)
  addSettingCommands(program)
  addEventCommands(program)
  addBackup(program)
  addRestore(program)
  addMigrate(program)
  addDoctor(program)
  addVersion(program)
  return program
}

/** `error: unknown option '--prot'⏎(Did you mean --port?)` as one line. */
function commandLineError(text: string): string {
  const message = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
  return `cordboard: ${message.endsWith(')') ? message : `${message}: see "cordboard --help"`}`
}
