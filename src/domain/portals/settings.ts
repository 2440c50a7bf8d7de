import { sql } from 'kysely'
import { z } from 'zod'
import { prepared } from '../../storage/prepared.ts'
import type { Reader, Tx } from '../../storage/store.ts'
import { writeFact } from './facts.ts'

/** The settings of a portal, documented where they are declared; the reference page is made from this. */
export const portalSettings = z.object({
  title: z.string().default('Cordboard').meta({ description: 'The name shown to people.' }),
  memberId: z.string().default('').meta({ description: 'The portal’s unchanging id, `member_id` on the wire.' }),
  language: z.string().default('en').meta({ description: 'The language of texts that the portal writes itself.' }),
  timeZone: z
    .string()
    .refine(isTimeZone, 'it is no IANA time zone, as Europe/Berlin is')
    .default('UTC')
    .meta({ description: 'IANA time zone of dates in answers.' }),
  currency: z.string().default('USD').meta({ description: 'The currency of new deals and leads.' }),
  webhooksActAsApplications: z.boolean().default(false).meta({
    description:
      'Lets a webhook call the methods of connectors and bots that else want an application. Its webhook then stands for the application.',
  }),
  userLimit: z.int().nonnegative().default(0).meta({
    description:
      'How many active employees there may be; 0 sets no limit. `user.add` answers `user_count_exceeded` beyond it.',
  }),
  restrictSender: z.boolean().default(false).meta({
    description: 'Only administrators, and a bot’s own application, may name somebody else as the sender of a message.',
  }),
})

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export type PortalSettings = z.output<typeof portalSettings>

const KEY = 'portal'

/** As text: checking the time zone costs more than reading the row, and text that has not changed was checked. */
const readSetting = prepared<{ key: string }>()((db, p) =>
  db
    .selectFrom('setting')
    .select(sql<string>`cast(${sql.ref('setting.value')} as text)`.as('text'))
    .where('key', '=', p.key),
)

const parsed = new Map<string, PortalSettings>()
const PARSED_KEPT = 100

/** Every setting, with its default where the portal has none of its own. */
export async function loadSettings(read: Reader): Promise<PortalSettings> {
  const text = (await read.first(readSetting, { key: KEY }))?.text ?? '{}'
  let settings = parsed.get(text)
  if (!settings) {
    settings = Object.freeze(portalSettings.parse(JSON.parse(text)))
    if (parsed.size >= PARSED_KEPT) parsed.clear()
    parsed.set(text, settings)
  }
  return settings
}

/** Changes the named settings and keeps the others. */
export async function changeSettings(tx: Tx, change: Partial<PortalSettings>): Promise<PortalSettings> {
  const settings = portalSettings.parse({ ...(await loadSettings(tx)), ...change })
  await writeFact(tx, KEY, settings)
  return settings
}
