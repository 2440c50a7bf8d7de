import { Socket } from 'node:net'
import pg, { type PoolClient } from 'pg'
import { timeLeft } from '../../kernel/deadline.ts'
import { camelCase } from '../names.ts'
import { decode, encode } from './codec.ts'
import { failureKind, isPlanStale } from './failures.ts'

/**
 * Limits in milliseconds. With two seconds for a statement and the time of a call (`callTime`) they keep every answer,
 * also one that says no, below five seconds: what a call begins at the end of its time may still wait for a
 * connection and then for one answer.
 */
const CONNECTING = 1_000
/** Two that wait for each other are told after a second by the server: too late for those who wait for an answer. */
const LOCK = 300
/** A line that was cut gives no sign: what is not answered so long after its time is given up, with its connection. */
const ON_THE_WAY = 200
/** Where the caller has less time left than this: as long as answers come a long transaction goes on. */
const LAST_ANSWER = 500
const KEEP_IDLE = 30_000
/**
 * A serialisable transaction that reads a table from end to end conflicts with everybody who writes to it, and that is
 * how PostgreSQL reads a small one unless it is told to use the index.
 *
 * A session whose client was cut off holds its place until the server notices: with these settings after some ten
 * seconds instead of two hours. Its locks are gone before, by the limits on statements and on idle transactions.
 */
const SESSION = [
  'enable_seqscan=off',
  'tcp_keepalives_idle=5',
  'tcp_keepalives_interval=2',
  'tcp_keepalives_count=3',
  'tcp_user_timeout=10000',
]
  .map((setting) => `-c ${setting}`)
  .join(' ')
/** How long a connection takes its era for the present one, in milliseconds: short against the pause of checkpoints. */
const ERA_KEPT = 10_000
/** A connection that has prepared so many statements is closed after its use: the server keeps each of them. */
const MOST_PREPARED = 1_000

export interface ConnectionsOptions {
  /** `postgres://user:password@host:port/database`, with the parameters that libpq knows. */
  readonly url: string
  /** How many connections there are at the most. */
  readonly size: number
  /** How long one statement may take, in milliseconds. */
  readonly timeLimit: number
  /** Told of connections that broke while nobody used them. */
  readonly onError: (error: unknown) => void
}

/** What a statement gave: rows by names in camelCase. */
export interface Outcome {
  readonly rows: Record<string, unknown>[]
  readonly affected: number
  /** `INSERT`, `COMMIT`, `ROLLBACK`, … */
  readonly command: string
}

/** A client whose statements of one moment go out in one packet: half as many system calls for a transaction. */
class PackingClient extends pg.Client {
  readonly #socket: Socket
  #isPacking = false

  constructor(config?: string | pg.ClientConfig) {
    const socket = new Socket()
    super({ ...(typeof config === 'string' ? { connectionString: config } : config), stream: () => socket })
    this.#socket = socket
  }

  /** Holds back what is sent until everything that can go on without an answer has gone on. */
  pack(): void {
    if (this.#isPacking) return
    this.#isPacking = true
    this.#socket.cork()
    process.nextTick(() => {
      this.#isPacking = false
      this.#socket.uncork()
    })
  }
}

/** One connection to the server. Statements go out at once, in order, without waiting for those before them. */
export class Connection {
  readonly #client: pg.ClientBase
  readonly #answer: number
  readonly #prepared = new Set<string>()
  #isBroken = false
  #era: string | undefined
  #eraAskedAt = -Infinity

  /** `answer`: how long an answer is waited for, in milliseconds. */
  constructor(client: pg.ClientBase, answer = Infinity) {
    this.#client = client
    this.#answer = answer
  }

  /**
   * A time of the server's in which it has not crashed: it begins with a checkpoint, and there is one after each crash.
   * That of this connection, as far as it is known: see {@link noteEra}.
   */
  get era(): string | undefined {
    return this.#era
  }

  /** Learns the era now and then, without waiting for it: it is known before what is sent afterwards is answered. */
  noteEra(): void {
    const now = performance.now()
    if (now - this.#eraAskedAt < ERA_KEPT) return
    this.#eraAskedAt = now
    this.askEra().then(
      (era) => (this.#era = era),
      () => {},
    )
  }

  async askEra(): Promise<string> {
    const { rows } = await this.execute('select checkpoint_lsn::text as era from pg_control_checkpoint()')
    return String(rows[0]!['era'])
  }

  /** Whether it should be closed after its use instead of being used again. */
  get isSpent(): boolean {
    return this.#isBroken || this.#prepared.size > MOST_PREPARED
  }

  /** With a name the server keeps the statement, and only binds and runs it the next time. */
  async execute(sql: string, values: readonly unknown[] = [], name?: string): Promise<Outcome> {
    if (name !== undefined) this.#prepared.add(name)
    const named = name === undefined ? {} : { name }
    const { fields, rows, rowCount, command } = await this.#query({
      ...named,
      text: sql,
      values: values.map(encode),
      rowMode: 'array',
    })
    const names = fields.map((field) => camelCase(field.name))
    const objects = rows.map((row) => {
      const object: Record<string, unknown> = {}
      for (let i = 0; i < names.length; i++) object[names[i]!] = decode(row[i], fields[i]!.dataTypeID)
      return object
    })
    return { rows: objects, affected: rowCount ?? 0, command }
  }

  /** The rows alone, each as its values in order. */
  async values(sql: string): Promise<unknown[][]> {
    const { fields, rows } = await this.#query({ text: sql, rowMode: 'array' })
    return rows.map((row) => row.map((value, i) => decode(value, fields[i]!.dataTypeID)))
  }

  async #query(query: pg.QueryArrayConfig): Promise<pg.QueryArrayResult<unknown[]>> {
    if (this.#client instanceof PackingClient) this.#client.pack()
    try {
      const left = this.#answer === Infinity ? Infinity : timeLeft()
      if (left >= this.#answer) return await this.#client.query<unknown[]>(query)
      const limited = { ...query, query_timeout: Math.max(LAST_ANSWER, left) }
      return await this.#client.query<unknown[]>(limited)
    } catch (error) {
      if (failureKind(error) === 'lost' || isPlanStale(error)) this.#isBroken = true
      throw error
    }
  }
}

/** A connection of its own, closed by whoever opened it; what was not committed by then is undone. */
export class PatientConnection extends Connection {
  readonly #client: pg.Client

  constructor(client: pg.Client) {
    super(client)
    this.#client = client
  }

  async close(): Promise<void> {
    await this.#client.end()
  }
}

/** The connections of this process to one database, shared by all its portals. */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #pool: pg.Pool
  readonly #answer: number
  readonly #known = new WeakMap<PoolClient, Connection>()

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#answer = options.timeLimit + ON_THE_WAY
    this.#pool = new pg.Pool({
      ...this.#address(),
      max: options.size,
      connectionTimeoutMillis: CONNECTING,
      idleTimeoutMillis: KEEP_IDLE,
      statement_timeout: options.timeLimit,
      lock_timeout: LOCK,
      idle_in_transaction_session_timeout: this.#answer,
      query_timeout: this.#answer,
      pipeline: true,
      Client: PackingClient,
    })
    this.#pool.on('error', options.onError)
  }

  /** Runs `work` on a connection of its own. */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let connection = this.#known.get(client)
    if (!connection) {
      connection = new Connection(client, this.#answer)
      this.#known.set(client, connection)
      // Without a listener a line that breaks during the work would end the process; the work learns of it itself.
      client.on('error', () => {})
    }
    try {
      return await work(connection)
    } finally {
      client.release(connection.isSpent)
    }
  }

  /** A connection outside the pool, without time limits: for changes of the schema and for whole portals. */
  async openPatiently(): Promise<PatientConnection> {
    const client = new pg.Client({ ...this.#address(), connectionTimeoutMillis: CONNECTING, pipeline: true })
    client.on('error', () => {})
    await client.connect()
    return new PatientConnection(client)
  }

  async usePatiently<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.openPatiently()
    try {
      return await work(connection)
    } finally {
      await connection.close()
    }
  }

  async end(): Promise<void> {
    await this.#pool.end()
  }

  #address() {
    return {
      connectionString: this.#options.url,
      application_name: 'cordboard',
      keepAlive: true,
      options: SESSION,
    }
  }
}
