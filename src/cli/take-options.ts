import { type Command, Option as CommanderOption } from 'commander'
import { type Config, type Flags, loadConfig } from '../config/load.ts'
import type { Topic } from '../config/option.ts'
import { type OptionKey, options } from '../config/options.ts'
import { DEFAULT_PORTAL } from '../domain/portals/portal.ts'

/** Gives a command the configuration options of these topics; `configOf` reads them. */
export function takeOptions(command: Command, topics: readonly Topic[]): Command {
  for (const { flag, doc, env, shownDefault, topic } of Object.values(options)) {
    if (topics.includes(topic))
      command.addOption(new CommanderOption(flag, `${doc} (default: ${shownDefault}; ${env})`))
  }
  return command
}

/** `--portal NAME`, for commands that work in one portal. */
export function takePortal(command: Command): Command {
  return command.option('--portal <name>', 'Name of the portal to work in.', DEFAULT_PORTAL)
}

/** The configuration of a command: its options, the environment, the defaults. */
export function configOf(command: Command): Config {
  const given = command.opts()
  const flags: Partial<Record<OptionKey, string | boolean>> = {}
  for (const key of Object.keys(options) as OptionKey[]) {
    const value: unknown = given[key]
    if (typeof value === 'string' || typeof value === 'boolean') flags[key] = value
  }
  return loadConfig(flags satisfies Flags)
}

/** Collects an option that may be given several times, and with commas. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(/[\s,]+/).filter((part) => part !== '')]
}
