import type { Tx } from '../../storage/store.ts'
import { addStatus } from '../crm/statuses.ts'
import type { Line } from './lines.ts'

/**
 * The source of CRM entities that a line makes: the one of its settings, or with `create` one for the line and
 * the connector, `22|LIVECHAT`, made when it is first wanted.
 */
export async function sourceOf(
  tx: Tx,
  line: Line,
  connector: { readonly id: string; readonly name: string },
): Promise<string> {
  const { crmSource } = line.settings
  if (crmSource !== 'create') return crmSource
  const statusId = `${line.id}|${connector.id.toUpperCase()}`.slice(0, 50)
  const present = await tx.db
    .selectFrom('crmStatus')
    .select('id')
    .where('entityId', '=', 'SOURCE')
    .where('statusId', '=', statusId)
    .executeTakeFirst()
  if (!present) {
    const name = `${connector.name} - ${line.name}`.slice(0, 100)
    await addStatus(tx, { entityId: 'SOURCE', statusId, name, sort: 500, color: '', semantics: '' })
  }
  return statusId
}
