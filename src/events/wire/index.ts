import { crmLeadAdd, crmLeadDelete, crmLeadUpdate } from './crm-lead.ts'
import { offlineEvent } from './offline.ts'
import { userAdd } from './user.ts'
import type { WireEvent } from './wire-event.ts'

/** Every event that handlers can be bound to. */
export const wireEvents: readonly WireEvent[] = [offlineEvent, userAdd, crmLeadAdd, crmLeadUpdate, crmLeadDelete]
