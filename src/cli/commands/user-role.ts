import type { Command } from 'commander'
import { assignRole, listRoles, removeRole, rolesOf } from '../../domain/people/roles.ts'
import { Refusal } from '../../domain/refusal.ts'
import { UserError } from '../../kernel/errors.ts'
import type { Tx } from '../../storage/store.ts'
import { parseId } from '../parse.ts'
import { print, printJson } from '../print.ts'
import { configOf, takeOptions, takePortal } from '../take-options.ts'
import { withPortal } from '../with-portals.ts'

interface RoleOptions {
  readonly portal: string
  readonly add?: string[]
  readonly remove?: string[]
}

const codes = (text: string, before: string[] = []): string[] => [...before, text]

/** `cordboard user role ID`: what somebody may do with the CRM, and changing it. */
export function addUserRole(user: Command): void {
  const command = user
    .command('role')
    .description('show and change the roles of an employee, which give rights on the CRM')
    .argument('<id>', 'id of the employee, as "cordboard user list" shows it', parseId('The id'))
    .option('--add <role>', 'Role to give; may be repeated.', codes)
    .option('--remove <role>', 'Role to take away; may be repeated.', codes)
  takeOptions(takePortal(command), ['data', 'output', 'log']).action(async (id: number, options: RoleOptions) => {
    const config = configOf(command)
    const { roles, all } = await withPortal(config, options.portal, ({ store }) =>
      store.write((tx) => changeRoles(tx, id, options)),
    ).catch((error: unknown) => {
      throw error instanceof Refusal
        ? new UserError(`${error.message}: see "cordboard user list" and "cordboard user role ID"`, { cause: error })
        : error
    })
    if (config.json) printJson({ id, roles })
    else print(`${roles.length === 0 ? 'No role' : roles.join(', ')} (of ${all.join(', ')})`)
  })
}

async function changeRoles(tx: Tx, userId: number, { add = [], remove = [] }: RoleOptions) {
  for (const code of add) await assignRole(tx, userId, code)
  for (const code of remove) await removeRole(tx, userId, code)
  return { roles: await rolesOf(tx, userId), all: (await listRoles(tx)).map(({ code }) => code) }
}
