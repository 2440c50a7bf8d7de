import type { Command } from 'commander'
import { createUser } from '../../domain/people/users.ts'
import { Refusal } from '../../domain/refusal.ts'
import { systemClock } from '../../kernel/clock.ts'
import { UserError } from '../../kernel/errors.ts'
import { parseId } from '../parse.ts'
import { print, printJson, printTable } from '../print.ts'
import { configOf, takeOptions, takePortal } from '../take-options.ts'
import { withPortal } from '../with-portals.ts'
import { addUserRole } from './user-role.ts'

export function addUserCommands(program: Command): void {
  const user = program.command('user').description('add and list the people who work in a portal')
  addAdd(user)
  addList(user)
  addUserRole(user)
}

interface AddOptions {
  readonly portal: string
  readonly name: string
  readonly lastName?: string
  readonly email?: string
  readonly position?: string
  readonly admin?: boolean
  readonly department?: number[]
}

function addAdd(user: Command): void {
  const command = user
    .command('add')
    .description('add an employee')
    .requiredOption('--name <text>', 'First name.')
    .option('--last-name <text>', 'Last name.')
    .option('--email <address>', 'E-mail address; nobody else may have it.')
    .option('--position <text>', 'What the person does.')
    .option('--admin', 'Make the person an administrator, who may do everything.')
    .option(
      '--department <id>',
      'Department to work in; may be repeated.',
      (text: string, before: number[] | undefined) => [...(before ?? []), parseId('--department')(text)],
    )
  takeOptions(takePortal(command), ['data', 'output', 'log']).action(async (options: AddOptions) => {
    const config = configOf(command)
    const id = await withPortal(config, options.portal, ({ store }) =>
      store.write((tx) =>
        createUser(tx, systemClock.now(), {
          name: options.name,
          lastName: options.lastName ?? '',
          email: options.email ?? '',
          workPosition: options.position ?? '',
          isAdmin: options.admin ?? false,
          departmentIds: options.department ?? [],
        }),
      ),
    ).catch((error: unknown) => {
      throw explained(error, options)
    })
    if (config.json) printJson({ id })
    else
      print(
        `${options.name} has id ${id}. "cordboard user role ${id} --add operators" gives rights on the CRM, "cordboard webhook create --user ${id}" makes a webhook that acts for this person.`,
      )
  })
}

function explained(error: unknown, { email, portal }: AddOptions): unknown {
  if (!(error instanceof Refusal)) return error
  const sentences: Record<string, string> = {
    wrongEmail: `"${email}" is no e-mail address`,
    emailTaken: `Somebody has the address ${email} already: see "cordboard user list"`,
    tooManyUsers: `Portal "${portal}" holds as many people as its setting userLimit allows: "cordboard setting set userLimit 0" lifts it`,
  }
  return new UserError(sentences[error.reason] ?? error.message, { cause: error })
}

function addList(user: Command): void {
  const command = user.command('list').description('list the employees')
  takeOptions(takePortal(command), ['data', 'output', 'log']).action(async ({ portal }: { portal: string }) => {
    const config = configOf(command)
    const people = await withPortal(config, portal, ({ store }) =>
      store.read.db
        .selectFrom('user')
        .select(['id', 'name', 'lastName', 'email', 'isAdmin', 'active'])
        .where('kind', '=', 'employee')
        .orderBy('id')
        .execute(),
    )
    if (config.json) {
      printJson(people)
      return
    }
    printTable(
      ['ID', 'NAME', 'E-MAIL', 'RIGHTS', 'STATE'],
      people.map(({ id, name, lastName, email, isAdmin, active }) => [
        id,
        `${name} ${lastName}`.trim(),
        email,
        isAdmin ? 'administrator' : 'employee',
        active ? 'active' : 'has left',
      ]),
      'Nobody is in this portal: "cordboard user add --admin --name NAME" adds an administrator.',
    )
  })
}
