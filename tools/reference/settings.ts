import type { z } from 'zod'
import { portalSettings } from '../../src/domain/portals/settings.ts'
import { code, page, table } from './markdown.ts'

/** `docs/reference/portal-settings.md`. */
export function settingsPage(): string {
  const shape: Record<string, z.ZodType> = portalSettings.shape
  const rows = Object.entries(shape).map(([name, schema]) => {
    const fallback = JSON.stringify(schema.parse(undefined))
    const json = schema.toJSONSchema({ io: 'input', unrepresentable: 'any' })
    const values = json.enum?.map((value) => code(JSON.stringify(value))).join(', ')
    return [code(name), values ?? String(json.type ?? 'any'), code(fallback), schema.description ?? '']
  })
  return page([
    '# Settings of a portal',
    '',
    'Made by `npm run gen` from `src/domain/portals/settings.ts`.',
    'Show them with `cordboard setting list`.',
    '',
    ...table(['Setting', 'Type', 'Default', 'Meaning'], rows),
  ])
}
