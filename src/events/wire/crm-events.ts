import type { EntityEvent } from '../../domain/crm/changes.ts'
import type { CrmEntityType } from '../../storage/schema/crm.ts'
import type { WireEvent } from './wire-event.ts'

/** Deals, contacts and companies: handlers are told which one it is and ask for the rest, by their own rights. */

type Change = 'added' | 'updated' | 'deleted'

const WORDS = { added: 'ADD', updated: 'UPDATE', deleted: 'DELETE' } as const satisfies Record<Change, string>

function entityEvent(type: Exclude<CrmEntityType, 'lead'>, change: Change): WireEvent {
  return {
    name: `ONCRM${type.toUpperCase()}${WORDS[change]}`,
    doc: `A ${type} has been ${change}.`,
    scope: 'crm',
    on: `${type}.${change}`,
    tell: ({ event }) => {
      const { entityId } = event.payload as EntityEvent
      return Promise.resolve({ data: { FIELDS: { ID: String(entityId) } } })
    },
  }
}

export const crmDealAdd = entityEvent('deal', 'added')
export const crmDealUpdate = entityEvent('deal', 'updated')
export const crmDealDelete = entityEvent('deal', 'deleted')
export const crmContactAdd = entityEvent('contact', 'added')
export const crmContactUpdate = entityEvent('contact', 'updated')
export const crmContactDelete = entityEvent('contact', 'deleted')
export const crmCompanyAdd = entityEvent('company', 'added')
export const crmCompanyUpdate = entityEvent('company', 'updated')
export const crmCompanyDelete = entityEvent('company', 'deleted')
