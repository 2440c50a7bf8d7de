import type { Command } from 'commander'
import { createApplication, deleteApplication, listApplications } from '../../domain/apps/applications.ts'
import { issueTokens } from '../../domain/apps/tokens.ts'
import { Refusal } from '../../domain/refusal.ts'
import { systemClock } from '../../kernel/clock.ts'
import { UserError } from '../../kernel/errors.ts'
import { parseId, parseWebAddress } from '../parse.ts'
import { print, printJson, printTable, shownTime } from '../print.ts'
import { checkScopes } from '../scopes.ts'
import { collect, configOf, takeOptions, takePortal } from '../take-options.ts'
import { withPortal } from '../with-portals.ts'

export function addAppCommands(program: Command): void {
  const app = program.command('app').description('register, list and delete local applications, and give them tokens')
  addCreate(app)
  addList(app)
  addDelete(app)
  addToken(app)
}

interface CreateOptions {
  readonly portal: string
  readonly scope?: readonly string[]
  readonly handlerUrl?: string
  readonly installUrl?: string
}

function addCreate(app: Command): void {
  const command = app
    .command('create')
    .argument('<title>', 'name of the application')
    .description('register a local application and print its keys, which are not shown again')
    .option('--scope <scopes>', 'What it may do, as in im,crm; may be repeated. Everything where left out.', collect)
    .option('--handler-url <url>', 'Address that the portal opens or calls.', parseWebAddress('--handler-url'))
    .option('--install-url <url>', 'Address that is opened once, to install it.', parseWebAddress('--install-url'))
  takeOptions(takePortal(command), ['data', 'output', 'log']).action(async (title: string, options: CreateOptions) => {
    const config = configOf(command)
    const application = {
      title,
      scopes: await checkScopes(options.scope),
      handlerUrl: options.handlerUrl ?? '',
      installUrl: options.installUrl ?? '',
    }
    const made = await withPortal(config, options.portal, ({ store, ids }) =>
      store.write((tx) => createApplication(tx, ids, systemClock.now(), application)),
    )
    if (config.json) {
      printJson({ ...made, scopes: application.scopes })
      return
    }
    print(`Application ${made.id} "${title}"`)
    print(`  client_id          ${made.clientId}`)
    print(`  client_secret      ${made.clientSecret}`)
    print(`  application_token  ${made.applicationToken}`)
    print(
      `Keep these secret: they are not shown again. "cordboard app token ${made.id} --user ID" gives an access token.`,
    )
  })
}

function addList(app: Command): void {
  const command = app.command('list').description('list the applications')
  takeOptions(takePortal(command), ['data', 'output', 'log']).action(async ({ portal }: { portal: string }) => {
    const config = configOf(command)
    const applications = await withPortal(config, portal, ({ store }) => listApplications(store.read))
    if (config.json) {
      printJson(applications)
      return
    }
    printTable(
      ['ID', 'TITLE', 'CLIENT ID', 'INSTALLED', 'HANDLER', 'SCOPES'],
      applications.map(({ id, title, clientId, installed, handlerUrl, scopes }) => [
        id,
        title,
        clientId,
        installed ? 'yes' : 'no',
        handlerUrl || '-',
        scopes.join(','),
      ]),
      'There are no applications: "cordboard app create TITLE" registers one.',
    )
  })
}

function addDelete(app: Command): void {
  const command = app
    .command('delete')
    .argument('<id>', 'id of the application, as "cordboard app list" shows it', parseId('The id of an application'))
    .description('delete an application with its tokens and options')
  takeOptions(takePortal(command), ['data', 'log']).action(async (id: number, { portal }: { portal: string }) => {
    await withPortal(configOf(command), portal, ({ store, clock }) =>
      store.write((tx) => deleteApplication(tx, clock.now(), id)),
    )
    print(`Application ${id} is deleted.`)
  })
}

interface TokenOptions {
  readonly portal: string
  readonly user: number
  readonly scope?: readonly string[]
}

function addToken(app: Command): void {
  const command = app
    .command('token')
    .argument('<id>', 'id of the application, as "cordboard app list" shows it', parseId('The id of an application'))
    .description('give an application an access and a refresh token for a person')
    .requiredOption('--user <id>', 'Person that it acts for.', parseId('--user'))
    .option('--scope <scopes>', 'Less than the application may; may be repeated.', collect)
  takeOptions(takePortal(command), ['data', 'addresses', 'output', 'log']).action(
    async (id: number, options: TokenOptions) => {
      const config = configOf(command)
      const request = { applicationId: id, userId: options.user, ...(options.scope ? { scopes: options.scope } : {}) }
      const { tokens, clientEndpoint } = await withPortal(config, options.portal, async ({ store, ids, baseUrl }) => ({
        tokens: await store.write((tx) => issueTokens(tx, ids, systemClock.now(), request)),
        clientEndpoint: `${baseUrl}/rest/`,
      })).catch((error: unknown) => {
        throw explained(error, id, options)
      })
      const { accessToken, refreshToken, accessExpiresAt, scopes } = tokens
      if (config.json) {
        printJson({ accessToken, refreshToken, accessExpiresAt, scopes, clientEndpoint })
        return
      }
      print(`  access_token     ${accessToken}`)
      print(`  refresh_token    ${refreshToken}`)
      print(`  client_endpoint  ${clientEndpoint}`)
      print(
        `The access token lasts until ${shownTime(accessExpiresAt)}; the application renews it with the refresh token.`,
      )
    },
  )
}

function explained(error: unknown, id: number, { user, scope }: TokenOptions): unknown {
  if (!(error instanceof Refusal)) return error
  const sentences: Record<string, string> = {
    applicationNotFound: `There is no application ${id}: see "cordboard app list"`,
    userAccess: `There is no active employee ${user}: see "cordboard user list"`,
    invalidScope: `The application may not do all of ${scope?.join(', ')}: see "cordboard app list"`,
  }
  return new UserError(sentences[error.reason] ?? error.message, { cause: error })
}
