import { type DescribedError, type JsonSchema, errorsOf, isPaged, paramSchema, resultSchema } from './describe.ts'
import { systemErrors } from './errors.ts'
import type { Method } from './method.ts'
import { type Registry, scopesOf } from './registry.ts'

export interface OpenApiOptions {
  /** Without a slash at the end: `https://contact.example.com`. */
  readonly serverUrl: string
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, object>>
}

export interface OpenApiDocument {
  readonly openapi: string
  readonly info: object
  readonly servers: readonly object[]
  readonly tags: readonly object[]
  readonly paths: Readonly<Record<string, { readonly post: Operation }>>
  readonly components: {
    readonly securitySchemes: object
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly responses: object
  }
}

type Schemas = Record<string, JsonSchema>

/** OpenAPI 3.1 of every method that the registry carries. */
export function openApiDocument(registry: Registry, { serverUrl }: OpenApiOptions): OpenApiDocument {
  const methods = registry.list()
  const schemas: Schemas = { Time: TIME, Error: ERROR }
  const paths = Object.fromEntries(methods.map((method) => [`/${method.name}`, { post: operation(method, schemas) }]))
  return {
    openapi: '3.1.1',
    info: {
      title: 'Cordboard',
      version: '1',
      description:
        'Methods take JSON or a form in which PHP brackets name what is within (`fields[TITLE]=…`). Names are taken in any ' +
        'letter case; a number may come as a string, a boolean as `Y`/`N`, `1`/`0`. `GET` with a query works too.',
    },
    servers: [
      { url: `${serverUrl}/rest`, description: 'By an access token.' },
      {
        url: `${serverUrl}/rest/{user}/{secret}`,
        description: 'By an inbound webhook: its address is its secret.',
        variables: {
          user: { default: '1', description: 'The id of the user for whom the webhook was made.' },
          secret: { default: 'secret', description: 'The code of the webhook.' },
        },
      },
    ],
    tags: [...new Set(methods.map(tagOf))].toSorted().map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An access token of an application.' },
        token: {
          type: 'apiKey',
          in: 'query',
          name: 'auth',
          description: 'The same token; it may stand in the body too.',
        },
      },
      schemas,
      responses: { Failure: failure('An error that every method can answer.', systemErrorLines()) },
    },
  }
}

function operation(method: Method, schemas: Schemas): Operation {
  return {
    operationId: method.name,
    summary: method.doc,
    tags: [tagOf(method)],
    security: securityOf(method),
    ...requestBody(method, schemas),
    responses: {
      200: success(method, schemas),
      ...failures(errorsOf(method)),
      default: { $ref: '#/components/responses/Failure' },
    },
  }
}

function tagOf({ name }: Method): string {
  return name.split('.', 1)[0]!
}

/** OpenAPI lets any scheme name the roles that a call wants: here the scopes, of which one will do. */
function securityOf(method: Method): Operation['security'] {
  const scopes = scopesOf(method).filter((scope) => scope !== 'basic')
  const wanted = scopes.length === 0 ? [[]] : scopes.map((scope) => [scope])
  const byToken = wanted.flatMap((roles) => [{ bearer: roles }, { token: roles }])
  // A webhook needs nothing beside its address.
  return method.auth === 'application' ? byToken : [...byToken, {}]
}

function requestBody(method: Method, schemas: Schemas): { requestBody?: object } {
  const params = Object.entries(method.params)
  if (params.length === 0) return {}
  const required = params.flatMap(([name, param]) => (param.required ? [name] : []))
  const name = `${method.name}.params`
  schemas[name] = {
    type: 'object',
    properties: Object.fromEntries(
      params.map(([key, param]) => [key, embed(paramSchema(param), `${name}.${key}`, schemas)]),
    ),
    ...(required.length === 0 ? {} : { required }),
  }
  const content = { schema: { $ref: `#/components/schemas/${name}` } }
  return {
    requestBody: {
      required: required.length > 0,
      content: { 'application/json': content, 'application/x-www-form-urlencoded': content },
    },
  }
}

function success(method: Method, schemas: Schemas): object {
  const result = embed(resultSchema(method), `${method.name}.result`, schemas)
  const counts = isPaged(method)
    ? {
        total: { type: 'integer', description: 'How many there are in all.' },
        next: { type: 'integer', description: 'The `start` of the next page; absent on the last.' },
      }
    : {}
  const schema = {
    type: 'object',
    properties: { result, ...counts, time: { $ref: '#/components/schemas/Time' } },
    required: ['result', 'time'],
  }
  return { description: result.description ?? 'Success.', content: { 'application/json': { schema } } }
}

function failures(errors: readonly DescribedError[]): Record<string, object> {
  const byStatus = Map.groupBy(errors, ({ status }) => status)
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => {
      const lines = group.map(({ code, description }) => errorLine(code, description))
      const codes = [...new Set(group.map(({ code }) => code))]
      return [String(status), failure('An error of this method.', lines, codes)]
    }),
  )
}

function failure(head: string, lines: readonly string[], codes?: readonly string[]): object {
  const base = { $ref: '#/components/schemas/Error' }
  // A status may also come from an error of the whole API: the codes are named, not exhausted.
  const schema = codes ? { allOf: [base, { properties: { error: { examples: codes } } }] } : base
  return { description: [head, '', ...new Set(lines)].join('\n'), content: { 'application/json': { schema } } }
}

function systemErrorLines(): string[] {
  return Object.values(systemErrors).map(([code, status, description]) => `${errorLine(code, description)} (${status})`)
}

function errorLine(code: string, description: string): string {
  return `- ${code === '' ? '(empty code)' : `\`${code}\``}: ${description}`
}

/** Moves what a schema defines for itself to where the document keeps schemas. */
function embed(schema: JsonSchema, name: string, schemas: Schemas): JsonSchema {
  const { $defs, ...root } = schema
  const text = JSON.stringify(root)
  if (!$defs && !text.includes('"$ref":"#"')) return root
  const place = (definition: string): string => (definition === '' ? name : `${name}.${definition}`)
  const moved = (part: JsonSchema): JsonSchema =>
    JSON.parse(JSON.stringify(part), (key, value: unknown) =>
      key === '$ref' && typeof value === 'string' && !value.startsWith('#/components/')
        ? `#/components/schemas/${place(value.replace(/^#(?:\/\$defs\/)?/, ''))}`
        : value,
    ) as JsonSchema
  for (const [definition, part] of Object.entries($defs ?? {})) schemas[place(definition)] = moved(part)
  if (!text.includes('"$ref":"#"')) return moved(root)
  schemas[name] = moved(root)
  return { $ref: `#/components/schemas/${name}` }
}

const ERROR: JsonSchema = {
  type: 'object',
  properties: {
    error: { type: 'string', description: 'The code; many methods of `crm` have none.' },
    error_description: { type: 'string' },
  },
  required: ['error', 'error_description'],
}

const TIME: JsonSchema = {
  type: 'object',
  description: 'What the call took, in seconds.',
  properties: {
    start: { type: 'number', description: 'Epoch seconds.' },
    finish: { type: 'number', description: 'Epoch seconds.' },
    duration: { type: 'number' },
    processing: { type: 'number' },
    date_start: { type: 'string', format: 'date-time' },
    date_finish: { type: 'string', format: 'date-time' },
    operating_reset_at: { type: 'integer', description: 'Epoch seconds at which some of `operating` is given back.' },
    operating: { type: 'number', description: 'What the caller used of this method within ten minutes.' },
  },
  required: [
    'start',
    'finish',
    'duration',
    'processing',
    'date_start',
    'date_finish',
    'operating_reset_at',
    'operating',
  ],
}
