import type { Command } from 'commander'
import { createWebhook, listWebhooks, revokeWebhook } from '../../domain/apps/webhooks.ts'
import { systemClock } from '../../kernel/clock.ts'
import { parseId } from '../parse.ts'
import { print, printJson, printTable, shownTime } from '../print.ts'
import { checkScopes } from '../scopes.ts'
import { collect, configOf, takeOptions, takePortal } from '../take-options.ts'
import { webhookUrl, withPortal } from '../with-portals.ts'

export function addWebhookCommands(program: Command): void {
  const webhook = program
    .command('webhook')
    .description('make, list and revoke inbound webhooks: addresses that let in as one person')
  addCreate(webhook)
  addList(webhook)
  addRevoke(webhook)
}

interface CreateOptions {
  readonly portal: string
  readonly user: number
  readonly scope?: readonly string[]
  readonly title?: string
}

function addCreate(webhook: Command): void {
  const command = webhook
    .command('create')
    .description('make a webhook and print its address, which is not shown again')
    .requiredOption('--user <id>', 'Person that it acts for.', parseId('--user'))
    .option('--scope <scopes>', 'What it may do, as in im,crm; may be repeated. Everything where left out.', collect)
    .option('--title <text>', 'What it is for.')
  takeOptions(takePortal(command), ['data', 'addresses', 'output', 'log']).action(async (options: CreateOptions) => {
    const config = configOf(command)
    const scopes = await checkScopes(options.scope)
    await withPortal(config, options.portal, async ({ store, ids, baseUrl }) => {
      const { id, secret } = await store.write((tx) =>
        createWebhook(tx, ids, systemClock.now(), { userId: options.user, scopes, title: options.title ?? '' }),
      )
      const url = webhookUrl(baseUrl, { userId: options.user, secret })
      if (config.json) {
        printJson({ id, url, userId: options.user, scopes })
      } else {
        print(url)
        print(
          `This is webhook ${id}. Keep the address secret: it is not shown again. "cordboard webhook revoke ${id}" ends it.`,
        )
      }
    })
  })
}

function addList(webhook: Command): void {
  const command = webhook.command('list').description('list the webhooks that let in')
  takeOptions(takePortal(command), ['data', 'output', 'log']).action(async ({ portal }: { portal: string }) => {
    const config = configOf(command)
    const webhooks = await withPortal(config, portal, ({ store }) => listWebhooks(store.read))
    if (config.json) {
      printJson(webhooks)
      return
    }
    printTable(
      ['ID', 'USER', 'TITLE', 'MADE', 'LAST USED', 'SCOPES'],
      webhooks.map(({ id, userId, title, createdAt, lastUsedAt, scopes }) => [
        id,
        userId,
        title,
        shownTime(createdAt),
        lastUsedAt === null ? '-' : shownTime(lastUsedAt),
        scopes.join(','),
      ]),
      'There are no webhooks: "cordboard webhook create --user ID" makes one.',
    )
  })
}

function addRevoke(webhook: Command): void {
  const command = webhook
    .command('revoke')
    .argument('<id>', 'id of the webhook, as "cordboard webhook list" shows it', parseId('The id of a webhook'))
    .description('end a webhook')
  takeOptions(takePortal(command), ['data', 'log']).action(async (id: number, { portal }: { portal: string }) => {
    await withPortal(configOf(command), portal, ({ store }) =>
      store.write((tx) => revokeWebhook(tx, systemClock.now(), id)),
    )
    print(`Webhook ${id} is revoked: a running server refuses it within a second.`)
  })
}
