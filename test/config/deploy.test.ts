import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { options } from '../../src/config/options.ts'

const read = (name: string): string => readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8')
const compose = read('compose.yaml')
const proxy = read('haproxy.cfg')

test('the compose file sets only variables that there are', () => {
  const known = new Set(Object.values(options).map(({ env }) => env as string))
  const named = [...`${compose}\n${read('Dockerfile')}`.matchAll(/\bCORDBOARD_[A-Z_]+\b/g)].map(([name]) => name)
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((name) => !known.has(name))).toEqual([])
})

test('the proxy knows every server of the compose file, and asks whether it takes calls', () => {
  const servers = [...compose.matchAll(/^ {2}(server-\d): \*server$/gm)].map((match) => match[1]!)
  expect(servers).toHaveLength(3)
  for (const server of servers) expect(proxy).toContain(`server ${server} ${server}:${options.port.fallback}`)
  expect(proxy).toContain('httpchk GET /readyz')
})
