import type { FastifyInstance } from 'fastify'
import type { Readiness } from './readiness.ts'

/** Paths that machines ask every few seconds: requests of no interest to a reader of the log. */
export const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** `/healthz`: the process lives; `/readyz`: it takes calls. Neither tells anything of what runs here. */
export function addProbes(server: FastifyInstance, readiness: Readiness): void {
  server.get('/healthz', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    const state = await readiness.state()
    return reply
      .code(state.status === 'ok' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(state)
  })
}
