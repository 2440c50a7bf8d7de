import * as application from './application.ts'
import * as connector from './connector.ts'
import * as crmEvents from './crm-events.ts'
import * as crmLead from './crm-lead.ts'
import * as offline from './offline.ts'
import * as openLines from './open-lines.ts'
import * as user from './user.ts'
import type { WireEvent } from './wire-event.ts'

/** Every event that handlers can be bound to: the constants of the families. */
export const wireEvents: readonly WireEvent[] = [
  application,
  connector,
  crmEvents,
  crmLead,
  offline,
  openLines,
  user,
].flatMap((family) => Object.values<unknown>(family).filter(isWireEvent))

function isWireEvent(value: unknown): value is WireEvent {
  return typeof value === 'object' && value !== null && 'tell' in value
}
