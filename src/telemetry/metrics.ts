import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { keptFor } from '../kernel/kept-for.ts'

const PREFIX = 'cordboard_'
/** Seconds. Few: each is a series for each method. */
const DURATIONS = [0.005, 0.025, 0.1, 0.5, 2.5]
const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256]
/** How long counted sessions are told again, in milliseconds. */
const SESSIONS_KEPT = 10_000
/** Series of one source are asked for one after another in a scrape, and shall tell of the same moment. */
const SCRAPE = 100

/** What was written since a store was opened. */
export interface Counted {
  readonly commits: number
  readonly transactions: number
  readonly retries: number
}

export interface CountedStore {
  readonly counted: Counted
}

/** Where the figures come from that are read at a scrape. There is no series for a source that there is not. */
export interface MetricSources {
  /** The open databases. */
  readonly stores: () => Promise<readonly CountedStore[]>
  /** Open sessions by state, over the open portals. */
  readonly sessions: () => Promise<Readonly<Record<string, number>>>
  /** Events that wait to be dispatched, over the open portals; `oldestSeconds` is the age of the oldest, 0 where none waits. */
  readonly outbox?: (() => Promise<{ readonly rows: number; readonly oldestSeconds: number }>) | undefined
  /** The bus to other processes: whether it is connected, and how many hints came in over it. */
  readonly bus?: (() => { readonly connected: boolean; readonly hints: number }) | undefined
  /** Attempts of deliveries to handlers of events since the process began, by what became of them. */
  readonly deliveries?: (() => Readonly<Record<string, number>>) | undefined
}

export interface MetricsOptions {
  readonly sources: MetricSources
  /** Told when a source fails; its series are left out of that scrape. */
  readonly onError: (error: unknown) => void
}

/** The figures of one server. */
export interface Metrics {
  readonly contentType: string
  /** In the text form of Prometheus. */
  text(): Promise<string>
  /** A REST call was answered; `method` must be one of a bounded set. */
  readonly answered: (call: { readonly method: string; readonly status: number; readonly milliseconds: number }) => void
  /** So many transactions shared a commit. */
  readonly committed: (transactions: number) => void
}

export function createMetrics({ sources, onError }: MetricsOptions): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: PREFIX })
  const requests = new Counter({
    name: `${PREFIX}requests_total`,
    help: 'REST calls answered.',
    labelNames: ['method', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: `${PREFIX}request_duration_seconds`,
    help: 'Time from the whole request to its answer.',
    labelNames: ['method'],
    buckets: DURATIONS,
    registers,
  })
  const groups = new Histogram({
    name: `${PREFIX}commit_group_size`,
    help: 'Transactions that shared a commit.',
    buckets: GROUP_SIZES,
    registers,
  })
  addWritten(registers, sources.stores, onError)
  addSessions(registers, sources.sessions, onError)
  if (sources.outbox) addOutbox(registers, sources.outbox, onError)
  if (sources.deliveries) addDeliveries(registers, sources.deliveries)
  if (sources.bus) addBus(registers, sources.bus)
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    answered({ method, status, milliseconds }) {
      requests.inc({ method, status })
      durations.observe({ method }, milliseconds / 1000)
    },
    committed: (transactions) => groups.observe(transactions),
  }
}

type OnError = MetricsOptions['onError']

/** Counters of what the stores wrote. They go on when a portal is closed: a sum over the open ones would fall. */
function addWritten(registers: Registry[], stores: MetricSources['stores'], onError: OnError): void {
  const total = { commits: 0, transactions: 0, retries: 0 }
  const before = new WeakMap<CountedStore, Counted>()
  const read = keptFor(SCRAPE, async () => {
    for (const store of await stores()) {
      const counted = { ...store.counted }
      const last = before.get(store)
      for (const key of Object.keys(total) as (keyof Counted)[]) total[key] += counted[key] - (last?.[key] ?? 0)
      before.set(store, counted)
    }
  })
  const counter = (key: keyof Counted, name: string, help: string): void => {
    const series: Counter = new Counter({
      name: `${PREFIX}${name}`,
      help,
      registers,
      async collect() {
        // What was counted before stays true when the stores cannot be asked.
        await read().catch(onError)
        series.reset()
        series.inc(total[key])
      },
    })
  }
  counter('commits', 'commits_total', 'Durable commits.')
  counter('transactions', 'transactions_total', 'Transactions that were committed.')
  counter('retries', 'transaction_retries_total', 'Transactions that had to be tried again.')
}

function addSessions(registers: Registry[], sessions: MetricSources['sessions'], onError: OnError): void {
  const read = keptFor(SESSIONS_KEPT, sessions)
  const series: Gauge<'state'> = new Gauge({
    name: `${PREFIX}sessions`,
    help: 'Open sessions, by state.',
    labelNames: ['state'],
    registers,
    async collect() {
      try {
        const counts = await read()
        series.reset()
        for (const [state, count] of Object.entries(counts)) series.set({ state }, count)
      } catch (error) {
        series.reset()
        onError(error)
      }
    },
  })
}

function addOutbox(registers: Registry[], outbox: NonNullable<MetricSources['outbox']>, onError: OnError): void {
  const read = keptFor(SCRAPE, outbox)
  const gauge = (key: 'rows' | 'oldestSeconds', name: string, help: string): void => {
    const series: Gauge = new Gauge({
      name: `${PREFIX}${name}`,
      help,
      registers,
      async collect() {
        try {
          series.set((await read())[key])
        } catch (error) {
          series.remove()
          onError(error)
        }
      },
    })
  }
  gauge('rows', 'outbox_rows', 'Events that wait to be dispatched.')
  gauge('oldestSeconds', 'outbox_oldest_seconds', 'Age of the oldest event that waits to be dispatched.')
}

function addDeliveries(registers: Registry[], deliveries: NonNullable<MetricSources['deliveries']>): void {
  const series: Counter<'outcome'> = new Counter({
    name: `${PREFIX}deliveries_total`,
    help: 'Attempts to deliver an event to a handler, by outcome: delivered, retried (it is tried again) or failed.',
    labelNames: ['outcome'],
    registers,
    collect() {
      series.reset()
      for (const [outcome, count] of Object.entries(deliveries())) series.inc({ outcome }, count)
    },
  })
}

function addBus(registers: Registry[], bus: NonNullable<MetricSources['bus']>): void {
  const connected: Gauge = new Gauge({
    name: `${PREFIX}bus_connected`,
    help: '1 while the bus to other processes is connected, else 0.',
    registers,
    collect: () => connected.set(bus().connected ? 1 : 0),
  })
  const hints: Counter = new Counter({
    name: `${PREFIX}bus_hints_total`,
    help: 'Hints that came in over the bus.',
    registers,
    collect() {
      hints.reset()
      hints.inc(bus().hints)
    },
  })
}
