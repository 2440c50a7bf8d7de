import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { addOpenApiRoute } from '../../src/http/openapi-route.ts'
import { Limits } from '../../src/rest/limits.ts'
import { Dispatcher } from '../../src/rest/dispatch.ts'
import { type TestPortal, registry, testPortal } from '../support/portal.ts'

function serverOf(t: TestPortal) {
  const server = Fastify()
  const seen: (string | undefined)[] = []
  const dispatcher = new Dispatcher({ portal: t.portal, registry, limits: new Limits({}) })
  addOpenApiRoute(server, {
    dispatcherFor: async (host) => {
      seen.push(host)
      return dispatcher
    },
  })
  server.all('/rest/*', async () => 'a method')
  return { server, seen }
}

test('serves the description of the portal that was asked, before any method of that name', async () => {
  await using t = await testPortal()
  const { server, seen } = serverOf(t)
  const answer = await server.inject({ url: '/rest/openapi.json', headers: { host: 'one.portal.test' } })
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  const { openapi, servers, paths } = answer.json<{ openapi: string; servers: { url: string }[]; paths: object }>()
  expect(openapi).toMatch(/^3\.1\./)
  expect(servers[0]!.url).toBe('http://portal.test/rest')
  expect(Object.keys(paths)).toHaveLength(registry.list().length)
  expect(seen).toEqual(['one.portal.test'])
  expect((await server.inject({ url: '/rest/openapi.json' })).body).toBe(answer.body)
})
