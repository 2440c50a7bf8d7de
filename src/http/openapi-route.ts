import type { FastifyInstance } from 'fastify'
import { openApiDocument } from '../rest/openapi.ts'
import type { RestRouteOptions } from './rest-route.ts'

/** `GET /rest/openapi.json`: the description of every method, with the address of the portal that was asked. */
export function addOpenApiRoute(
  server: FastifyInstance,
  { dispatcherFor }: Pick<RestRouteOptions, 'dispatcherFor'>,
): void {
  // Methods do not change while the process runs.
  const documents = new Map<string, string>()
  server.get('/rest/openapi.json', async (request, reply) => {
    const { portal, registry } = await dispatcherFor(request.headers.host)
    let document = documents.get(portal.baseUrl)
    if (document === undefined) {
      document = JSON.stringify(openApiDocument(registry, { serverUrl: portal.baseUrl }))
      documents.set(portal.baseUrl, document)
    }
    return reply.type('application/json; charset=utf-8').send(document)
  })
}
