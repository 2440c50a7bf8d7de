import type { Command } from 'commander'
import { z } from 'zod'
import { type PortalSettings, changeSettings, loadSettings, portalSettings } from '../../domain/portals/settings.ts'
import { UserError } from '../../kernel/errors.ts'
import { print, printJson } from '../print.ts'
import { configOf, takeOptions, takePortal } from '../take-options.ts'
import { withPortal } from '../with-portals.ts'

const shape = portalSettings.shape
const NAMES = Object.keys(shape)

export function addSettingCommands(program: Command): void {
  const setting = program.command('setting').description('show and change the settings of a portal')
  const list = setting.command('list').description('show every setting with its value and meaning')
  takeOptions(takePortal(list), ['data', 'output', 'log']).action(async ({ portal }: { portal: string }) => {
    const config = configOf(list)
    const settings = await withPortal(config, portal, ({ store }) => loadSettings(store.read))
    if (config.json) {
      printJson(settings)
      return
    }
    for (const [name, value] of Object.entries(settings)) {
      print(`${name} = ${JSON.stringify(value)}`)
      print(`    ${shape[name as keyof PortalSettings].meta()?.description ?? ''}`)
    }
  })

  const set = setting
    .command('set')
    .argument('<name>', `name of the setting: ${NAMES.join(', ')}`)
    .argument('<value>', 'its new value')
    .description('change a setting')
  takeOptions(takePortal(set), ['data', 'log']).action(
    async (name: string, value: string, { portal }: { portal: string }) => {
      const change = parseSetting(name, value)
      const settings = await withPortal(configOf(set), portal, ({ store }) =>
        store.write((tx) => changeSettings(tx, change)),
      )
      print(`${name} = ${JSON.stringify(settings[name as keyof PortalSettings])}`)
    },
  )
}

/** The change of one setting, its value parsed by the type that the setting has. */
function parseSetting(name: string, text: string): Partial<PortalSettings> {
  if (!Object.hasOwn(shape, name)) throw new UserError(`There is no setting "${name}": there are ${NAMES.join(', ')}`)
  if (name === 'memberId') throw new UserError('memberId never changes: applications know the portal by it')
  const schema = shape[name as keyof PortalSettings]
  const parsed = schema.safeParse(valueOf(text, z.toJSONSchema(schema).type))
  if (!parsed.success)
    throw new UserError(
      `${name} cannot be ${JSON.stringify(text)}: ${parsed.error.issues.map(({ message }) => message).join('; ')}`,
    )
  return { [name]: parsed.data }
}

function valueOf(text: string, type: unknown): unknown {
  if (type === 'boolean')
    return (
      { true: true, on: true, yes: true, 1: true, false: false, off: false, no: false, 0: false }[text.toLowerCase()] ??
      text
    )
  if (type === 'integer' || type === 'number')
    return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
  return text
}
