import type { Command } from 'commander'
import { followEvents } from '../../events/feed.ts'
import { UserError } from '../../kernel/errors.ts'
import { lastEventSeq, readEventsAfter } from '../../storage/event-log.ts'
import { printJson } from '../print.ts'
import { stopSignal } from '../stop-signal.ts'
import { configOf, takeOptions, takePortal } from '../take-options.ts'
import { withPortal } from '../with-portals.ts'
import { addDeliveryCommands } from './event-delivery.ts'

/** How often a follower looks, in milliseconds: a command hears no hints. */
const POLL = 250

export function addEventCommands(program: Command): void {
  const event = program.command('event').description('see what happens in a portal, and whom it was told')
  addDeliveryCommands(event)
  const tail = event
    .command('tail')
    .description('show events as lines of JSON, with their numbers; a running server numbers them')
    .option('--after <number>', 'Show the events after this number (default: after the newest).')
    .option('--follow', 'Go on with what happens from now on, until interrupted.')
  takeOptions(takePortal(tail), ['data', 'log']).action(
    async ({ portal, after, follow }: { portal: string; after?: string; follow?: boolean }) => {
      if (after === undefined && !follow)
        throw new UserError('Give --after NUMBER to see what was (0 from the beginning), --follow to see what comes')
      const from = after === undefined ? undefined : parseSeq(after)
      await withPortal(configOf(tail), portal, async ({ store }) => {
        let seq = from ?? (await lastEventSeq(store.read))
        if (follow) {
          const stop = new AbortController()
          void stopSignal().then(() => stop.abort())
          const feed = { store, onHint: () => () => {}, poll: POLL }
          for await (const happened of followEvents(feed, seq, stop.signal)) printJson(happened)
          return
        }
        for (
          let page = await readEventsAfter(store.read, seq);
          page.length > 0;
          page = await readEventsAfter(store.read, seq)
        ) {
          for (const happened of page) printJson(happened)
          seq = page.at(-1)!.seq
        }
      })
    },
  )
}

function parseSeq(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new UserError(`--after must be the number of an event, not ${JSON.stringify(text)}`)
  return Number(text)
}
