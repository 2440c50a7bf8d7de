import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Method, method, optional, required } from '../../src/rest/method.ts'
import { openApiDocument } from '../../src/rest/openapi.ts'
import { Registry } from '../../src/rest/registry.ts'
import { wire } from '../../src/rest/wire.ts'
import { registry } from '../support/portal.ts'

const SERVER = { serverUrl: 'https://portal.test' }
const document = openApiDocument(registry, SERVER)
const ofOne = (declared: Method) => openApiDocument(new Registry([declared], []), SERVER)

/** Every object within, with the place where it stands. */
function* objects(value: unknown, path = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [path, value as Record<string, unknown>]
  for (const [key, inner] of Object.entries(value)) yield* objects(inner, `${path}/${key}`)
}

function resolve(root: unknown, reference: string): unknown {
  const steps = reference.split('/').slice(1)
  return steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], root)
}

test('every reference leads somewhere', () => {
  const references = [...objects(document)].flatMap(([path, { $ref }]) =>
    typeof $ref === 'string' ? [[path, $ref]] : [],
  )
  expect(references.length).toBeGreaterThan(0)
  expect(references.filter(([, reference]) => resolve(document, reference!) === undefined)).toEqual([])
})

test('every method is one operation with an id of its own', () => {
  const operations = Object.entries(document.paths).map(([path, { post }]) => [path, post.operationId])
  const names = registry.list().map(({ name }) => name)
  expect(operations).toEqual(names.map((name) => [`/${name}`, name]))
  expect(new Set(names).size).toBe(names.length)
})

test('every operation has what OpenAPI wants of one', () => {
  const tags = document.tags.map((tag) => (tag as { name: string }).name)
  const schemes = Object.keys(document.components.securitySchemes)
  for (const { post } of Object.values(document.paths)) {
    expect(post.summary).toMatch(/\S/)
    expect(tags).toEqual(expect.arrayContaining([...post.tags]))
    expect(Object.keys(post.responses)).toEqual(expect.arrayContaining(['200', 'default']))
    for (const response of Object.values(post.responses)) {
      expect(response).toSatisfy((value: { $ref?: string; description?: string }) =>
        Boolean(value.$ref ?? value.description),
      )
    }
    expect(schemes).toEqual(expect.arrayContaining(post.security.flatMap((way) => Object.keys(way))))
  }
  for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[\w.-]+$/)
})

test('every parameter says what it means and of what type it is', () => {
  const silent = registry.list().flatMap(({ name, params }) => {
    const declared = document.components.schemas[`${name}.params`]?.properties ?? {}
    expect(Object.keys(declared)).toEqual(Object.keys(params))
    return Object.entries(declared).flatMap(([key, schema]) =>
      schema.description || schema.$ref ? [] : [`${name} ${key}`],
    )
  })
  expect(silent).toEqual([])
})

test('describes types, errors, scopes and pages as declared', () => {
  const { paths, components, servers } = ofOne(
    method('thing.list', {
      doc: 'Lists things.',
      scope: ['one', 'two'],
      params: {
        KIND: required(wire.oneOf('a', 'b'), 'Which.', { missing: 'noKind' }),
        start: optional(wire.integer(), 'Where.'),
      },
      result: z.array(z.strictObject({ id: z.int() })).meta({ description: 'The things.' }),
      errors: { noKind: ['NO_KIND', 404, 'Name a kind'] },
      read: async () => [],
    }),
  )
  expect(servers.map((server) => (server as { url: string }).url)).toEqual([
    'https://portal.test/rest',
    'https://portal.test/rest/{user}/{secret}',
  ])
  expect(components.schemas['thing.list.params']).toEqual({
    type: 'object',
    properties: {
      KIND: { type: 'string', enum: ['a', 'b'], description: 'Which.' },
      start: { type: 'integer', description: 'Where.' },
    },
    required: ['KIND'],
  })
  const { post } = paths['/thing.list']!
  expect(post.security).toEqual([{ bearer: ['one'] }, { token: ['one'] }, { bearer: ['two'] }, { token: ['two'] }, {}])
  expect(Object.keys(post.responses)).toEqual(['200', '400', '404', 'default'])
  expect(JSON.stringify(post.responses['404'])).toContain('NO_KIND')
  expect(post.responses['200']).toMatchObject({
    description: 'The things.',
    content: { 'application/json': { schema: { properties: { result: { type: 'array' }, total: {}, next: {} } } } },
  })
})

test('keeps shapes that hold themselves', () => {
  const node = z.object({
    id: z.int(),
    get inner() {
      return z.array(node)
    },
  })
  const recursive = ofOne(
    method('tree.get', {
      doc: 'Gets a tree.',
      scope: 'basic',
      params: {},
      result: node,
      read: async () => ({ id: 1, inner: [] }),
    }),
  )
  const references = [...objects(recursive)].flatMap(([, { $ref }]) => (typeof $ref === 'string' ? [$ref] : []))
  expect(references).toContain('#/components/schemas/tree.get.result')
  expect(references.filter((reference) => resolve(recursive, reference) === undefined)).toEqual([])
})

test('a method of applications cannot be called by webhook', () => {
  const { paths } = ofOne(
    method('app.only', {
      doc: 'For applications.',
      scope: 'basic',
      auth: 'application',
      params: {},
      result: z.boolean(),
      read: async () => true,
    }),
  )
  expect(paths['/app.only']!.post.security).toEqual([{ bearer: [] }, { token: [] }])
})
