import type { Command } from 'commander'
import { listHandlers, secretOf } from '../../domain/delivery/handlers.ts'
import { readDeliveryLog, replayDeliveries } from '../../domain/delivery/log.ts'
import { Refusal } from '../../domain/refusal.ts'
import { systemClock } from '../../kernel/clock.ts'
import { UserError } from '../../kernel/errors.ts'
import { parseId } from '../parse.ts'
import { print, printJson, printTable, shownTime } from '../print.ts'
import { configOf, takeOptions, takePortal } from '../take-options.ts'
import { withPortal } from '../with-portals.ts'

/** Deliveries shown where nothing is said. */
const SHOWN = 50

export function addDeliveryCommands(event: Command): void {
  addHandlers(event)
  addSecret(event)
  addLog(event)
  addReplay(event)
}

function addHandlers(event: Command): void {
  const command = event
    .command('handlers')
    .description('list the addresses that applications have bound to events, and those of bots')
  takeOptions(takePortal(command), ['data', 'output', 'log']).action(async ({ portal }: { portal: string }) => {
    const config = configOf(command)
    const handlers = await withPortal(config, portal, ({ store }) => listHandlers(store.read))
    if (config.json) {
      printJson(handlers)
      return
    }
    printTable(
      ['ID', 'OWNER', 'EVENT', 'ACTS FOR', 'UNDER WAY', 'BOUND', 'ADDRESS'],
      handlers.map(({ id, owner, botId, event: name, userId, pending, createdAt, address, offline, authConnector }) => [
        id,
        botId === 0 ? owner : `${owner} (bot ${botId})`,
        name,
        userId === 0 ? 'who caused it' : userId,
        pending ?? 0,
        shownTime(createdAt),
        offline ? `offline${authConnector === '' ? '' : ` ${authConnector}`}` : address,
      ]),
      'Nothing is bound to any event: applications do that with event.bind.',
    )
  })
}

function addSecret(event: Command): void {
  const command = event
    .command('secret')
    .argument('<handler>', 'id of a handler, as "cordboard event handlers" shows it', parseId('The id of a handler'))
    .description('print the secret that the bodies for a handler are signed with; it is the same for all of its owner')
  takeOptions(takePortal(command), ['data', 'log']).action(async (id: number, { portal }: { portal: string }) => {
    const secret = await withPortal(configOf(command), portal, ({ store }) => secretOf(store.read, id))
    if (secret === undefined) throw new UserError(`There is no handler ${id}: see "cordboard event handlers"`)
    print(secret)
  })
}

interface LogOptions {
  readonly portal: string
  readonly handler?: number
  readonly failed?: boolean
  readonly limit?: number
}

function addLog(event: Command): void {
  const command = event
    .command('log')
    .description('show what became of events on their way to handlers, the newest first')
    .option('--handler <id>', 'Only those of one handler.', parseId('--handler'))
    .option('--failed', 'Only those that failed.')
    .option('--limit <number>', `How many at the most (default: ${SHOWN}).`, parseId('--limit'))
  takeOptions(takePortal(command), ['data', 'output', 'log']).action(
    async ({ portal, handler, failed, limit = SHOWN }: LogOptions) => {
      const config = configOf(command)
      const choice = { handlerId: handler, onlyFailed: failed, limit }
      const deliveries = await withPortal(config, portal, ({ store }) => readDeliveryLog(store.read, choice))
      if (config.json) {
        for (const delivery of deliveries) printJson(delivery)
        return
      }
      printTable(
        ['ID', 'EVENT', 'ABOUT', 'HANDLER', 'STATE', 'ATTEMPTS', 'LAST', 'MADE', 'WHY'],
        deliveries.map((delivery) => [
          delivery.id,
          delivery.event,
          delivery.subject,
          delivery.handlerId,
          delivery.state,
          delivery.attempts,
          delivery.lastStatus ?? '-',
          shownTime(delivery.createdAt),
          delivery.lastError,
        ]),
        'No deliveries are kept that are meant.',
      )
    },
  )
}

function addReplay(event: Command): void {
  const command = event
    .command('replay')
    .argument('[delivery]', 'id of a delivery, as "cordboard event log" shows it', parseId('The id of a delivery'))
    .description('send what was delivered or has failed once more; a running server does it within a second')
    .option('--failed', 'All that failed and are still kept.')
  takeOptions(takePortal(command), ['data', 'log']).action(
    async (id: number | undefined, { portal, failed }: { portal: string; failed?: boolean }) => {
      if ((id === undefined) !== (failed === true))
        throw new UserError(
          'Give the id of a delivery, or --failed for all that failed: "cordboard event log" shows them',
        )
      const count = await withPortal(configOf(command), portal, async ({ store }) => {
        try {
          return await store.write((tx) => replayDeliveries(tx, systemClock.now(), id ?? 'failed'))
        } catch (error) {
          throw error instanceof Refusal ? new UserError(error.message) : error
        }
      })
      print(`${count} ${count === 1 ? 'delivery is' : 'deliveries are'} sent again.`)
    },
  )
}
