import type { Check } from '../databases.ts'
import type { Connections } from './connections.ts'

/** A difference of clocks that shows in the order of what is written, in milliseconds. */
const CLOCK = 1_000
/** Connections that others want too: an administrator's, backups, other servers. */
const SPARE = 5

const ASKED = `select current_setting('server_version') as version, current_setting('server_encoding') as encoding,
  current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
  current_setting('full_page_writes') as full_page_writes,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections,
  (extract(epoch from clock_timestamp()) * 1000)::float8 as clock,
  has_database_privilege(current_database(), 'CREATE') as may_create, current_user::text as role,
  current_database()::text as database`

interface Expected {
  /** How many connections one server opens. */
  readonly poolSize: number
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Looks at a PostgreSQL server for what would lose messages, or keep portals from being made. */
export function checkServer(connections: Connections, { poolSize, now }: Expected): Promise<Check[]> {
  return connections.use(async (connection) => {
    const before = now()
    const { rows } = await connection.execute(ASKED)
    const after = now()
    const found = rows[0]!
    const text = (name: string): string => String(found[name])
    return [
      // An older version and another encoding are refused before anything is asked.
      { ok: true, about: 'database', message: `PostgreSQL ${text('version')}, ${text('encoding')}` },
      durability({
        fsync: text('fsync'),
        synchronous_commit: text('synchronousCommit'),
        full_page_writes: text('fullPageWrites'),
      }),
      room(Number(found['connections']), poolSize),
      clocks(Number(found['clock']), before, after),
      rights(found['mayCreate'] === true, text('role'), text('database')),
    ]
  })
}

/** What is acknowledged outlasts a power cut only with all of these. */
function durability(settings: Readonly<Record<string, string>>): Check {
  const about = 'database durability'
  const off = Object.entries(settings).filter(([, value]) => value === 'off')
  if (off.length === 0) return { ok: true, about, message: `${Object.keys(settings).join(', ')} are on` }
  const names = off.map(([name]) => name).join(', ')
  return {
    ok: false,
    about,
    message: `acknowledged messages would be lost in a power cut: set ${names} to on in postgresql.conf, and for this role and database`,
  }
}

function room(connections: number, poolSize: number): Check {
  const about = 'database connections'
  if (poolSize + SPARE <= connections)
    return { ok: true, about, message: `the server takes ${connections}, one Cordboard server opens up to ${poolSize}` }
  return {
    ok: false,
    about,
    message: `the server takes ${connections}, and one Cordboard server opens up to ${poolSize}: raise max_connections, or lower --database-pool`,
  }
}

/** The server's clock was read at some moment between `before` and `after`. */
function clocks(clock: number, before: number, after: number): Check {
  const about = 'database clock'
  const difference = Math.round(clock < before ? before - clock : Math.max(0, clock - after))
  if (difference < CLOCK) return { ok: true, about, message: 'goes with that of this machine' }
  return {
    ok: false,
    about,
    message: `differs from that of this machine by ${(difference / 1000).toFixed(1)} s: let both be set by NTP`,
  }
}

function rights(mayCreate: boolean, role: string, database: string): Check {
  const about = 'database rights'
  if (mayCreate) return { ok: true, about, message: `${role} may make portals in ${database}` }
  return {
    ok: false,
    about,
    message: `${role} cannot make portals: run as its owner: grant create on database "${database}" to "${role}"`,
  }
}
