import type { JsonObject } from '../../kernel/json.ts'
import type { WireEvent } from './wire-event.ts'

/** Leads: handlers are told which one it is and ask for the rest, by their own rights. */

function leadEvent(name: string, doc: string, on: string): WireEvent {
  return {
    name,
    doc,
    scope: 'crm',
    on,
    tell: ({ event }) => {
      const { entityId } = event.payload as { readonly entityId: number }
      const data: JsonObject = { FIELDS: { ID: String(entityId) } }
      return Promise.resolve({ data })
    },
  }
}

export const crmLeadAdd = leadEvent('ONCRMLEADADD', 'A lead has been added.', 'lead.added')
export const crmLeadUpdate = leadEvent('ONCRMLEADUPDATE', 'A lead has been changed.', 'lead.updated')
export const crmLeadDelete = leadEvent('ONCRMLEADDELETE', 'A lead has been deleted.', 'lead.deleted')
