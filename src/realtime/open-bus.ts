import { UserError } from '../kernel/errors.ts'
import type { Bus, BusOptions } from './bus.ts'
import { MemoryBus } from './memory-bus.ts'
import { natsBus } from './nats-bus.ts'
import { postgresBus } from './postgres-bus.ts'

/**
 * The bus of an address as `--bus` takes it: `memory`, `postgres` (the database's own, at `database`), `nats://…` or
 * `tls://…`. It is there at once, whether its server is or not. Throws a `UserError` where there can be no such bus.
 */
export function openBus(address: string, database: string | undefined, options: BusOptions): Bus {
  if (address === 'memory') return new MemoryBus(options)
  if (address !== 'postgres') return natsBus(address, options)
  if (database === undefined) {
    throw new UserError(
      '--bus postgres needs a PostgreSQL database: give --bus memory, or the address of a NATS server',
    )
  }
  return postgresBus(database, options)
}
