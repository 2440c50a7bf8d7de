import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

const SRC = new URL('../src/', import.meta.url).pathname

/** What each room may import, beside itself: CONTRIBUTING.md draws it. A file in `src` itself is a room of its own. */
const BELOW_DOMAIN = ['kernel', 'storage']
const BELOW_EDGES = [...BELOW_DOMAIN, 'domain']
const EDGES = ['rest', 'events', 'jobs', 'channels', 'realtime']
const BELOW_APP = [...BELOW_EDGES, ...EDGES, 'telemetry', 'http', 'cli', 'config']
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  storage: ['kernel'],
  domain: BELOW_DOMAIN,
  realtime: ['kernel'],
  telemetry: [...BELOW_EDGES, 'events', 'realtime'],
  rest: BELOW_EDGES,
  events: [...BELOW_EDGES, 'realtime'],
  jobs: BELOW_EDGES,
  channels: BELOW_EDGES,
  // A configuration is made of the types of what it configures.
  config: ['kernel', 'rest'],
  http: [...BELOW_EDGES, ...EDGES, 'telemetry'],
  app: BELOW_APP.filter((room) => room !== 'cli'),
  // The entry of the program is a command: `cli/main.ts` starts the app.
  cli: [...BELOW_APP, 'app'],
  main: [...BELOW_APP, 'app'],
}

/** Who writes which tables. `src/storage/schema/` says so of each. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  'domain/portals': ['setting'],
  'domain/people': ['user', 'department', 'userDepartment', 'role', 'userRole', 'rolePermission'],
  'domain/apps': ['webhook', 'application', 'token', 'option', 'answeredRequest'],
  'domain/crm': ['lead', 'deal', 'contact', 'company', 'multifield', 'crmBinding', 'crmStatus'],
  'domain/chats': ['chat', 'chatMember', 'message'],
  'domain/openlines': ['line', 'lineQueue', 'session', 'chatCrm', 'quickAnswer'],
  'domain/connectors': ['connector', 'connectorLine', 'connectorUser', 'connectorMessage'],
  'domain/bots': ['bot', 'botCommand'],
  'domain/timers': ['timer'],
  'domain/delivery': ['eventHandler', 'eventFanOut', 'delivery', 'deliveryLane', 'deliveryAttempt', 'offlineEvent'],
  'domain/limits': ['rateUse', 'operatingUse'],
  storage: ['outbox', 'event', 'eventSequence'],
}

/** Steps of the schema may write any table. */
const WRITES_ALL = 'storage/migrations/'

interface SourceFile {
  readonly path: string
  readonly text: string
  /** Paths below `src`, of types too: an arrow is an arrow. */
  readonly imports: readonly string[]
}

const files: SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .toSorted()
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8')
    const imports = [...text.matchAll(/(?:^import|^export|^\} from|\bimport\()[^'\n]*'(\.[^']+)'/gm)]
    return { path, text, imports: imports.map((match) => normalize(join(dirname(path), match[1]!))) }
  })

function roomOf(path: string): string {
  return path.split('/', 1)[0]!.replace(/\.ts$/, '')
}

test('every room is on the map', () => {
  expect(files.length).toBeGreaterThan(0)
  expect([...new Set(files.map(({ path }) => roomOf(path)))].filter((room) => !(room in MAY_IMPORT))).toEqual([])
})

test('imports follow the arrows', () => {
  const against = files.flatMap(({ path, imports }) => {
    const room = roomOf(path)
    return imports
      .filter((target) => roomOf(target) !== room && !MAY_IMPORT[room]?.includes(roomOf(target)))
      .map((target) => `${path} imports ${target}`)
  })
  expect(against).toEqual([])
})

test('what is imported is there, below src', () => {
  const paths = new Set(files.map(({ path }) => path))
  const lost = files.flatMap(({ path, imports }) =>
    imports.filter((target) => !paths.has(target)).map((target) => `${path} imports ${target}`),
  )
  expect(lost).toEqual([])
})

test('no import leads back to where it came from', () => {
  const importsOf = new Map(files.map(({ path, text }) => [path, valueImports(path, text)]))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at >= 0) cycles.push([...trail.slice(at), path].join(' > '))
    if (at >= 0 || done.has(path)) return
    for (const target of importsOf.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const { path } of files) visit(path, [])
  expect(cycles).toEqual([])
})

/** Types are gone before anything runs: only values can make a cycle that bites. */
function valueImports(path: string, text: string): string[] {
  const statements = text.matchAll(/^(?:import|export) (?!type )([^']*?)\s?(?:from )?'(\.[^']+)'/gm)
  return [...statements].flatMap(([, names, target]) => {
    const named = /^\{(.*)\}$/s.exec(names!.trim().replace(/ from$/, ''))?.[1]
    const onlyTypes = named?.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type '))
    return onlyTypes ? [] : [normalize(join(dirname(path), target!))]
  })
}

test('every table has one owner', () => {
  const schema = files.find(({ path }) => path === 'storage/schema.ts')!.text
  const tables = [...schema.matchAll(/^ {2}(\w+): \w+\.\w+Table$/gm)].map((match) => match[1]!)
  const owned = Object.values(WRITES).flat()
  expect(tables.length).toBeGreaterThan(0)
  expect(tables.filter((table) => owned.filter((name) => name === table).length !== 1)).toEqual([])
})

const WRITE = /\b(?:insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\(\s*([^),\s]+)/g

test('a table is written by its owner only', () => {
  const trespasses = files
    .filter(({ path }) => !path.startsWith(WRITES_ALL))
    .flatMap(({ path, text }) => {
      const owner = Object.keys(WRITES).find((place) => path.startsWith(`${place}/`))
      const own = WRITES[owner ?? ''] ?? []
      return [...text.matchAll(WRITE)].flatMap(([, table]) => {
        const name = /^'(\w+)'$/.exec(table!)?.[1]
        // A table by a variable: its type holds tables of one context; only where there are such types.
        const allowed = name === undefined ? owner === 'domain/crm' : own.includes(name)
        return allowed ? [] : [`${path} writes ${table}`]
      })
    })
  expect(trespasses).toEqual([])
})
