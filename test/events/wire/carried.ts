import * as application from '../../../src/events/wire/application.ts'
import * as connector from '../../../src/events/wire/connector.ts'
import * as crmEvents from '../../../src/events/wire/crm-events.ts'
import * as openLines from '../../../src/events/wire/open-lines.ts'
import type { WireEvent } from '../../../src/events/wire/wire-event.ts'

/** Every event that handlers can be bound to. */
export const carriedEvents: readonly WireEvent[] = [application, connector, crmEvents, openLines].flatMap((family) =>
  Object.values(family),
)
