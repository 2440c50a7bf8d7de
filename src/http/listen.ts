import type { FastifyInstance } from 'fastify'
import { UserError, messageOf } from '../kernel/errors.ts'

/** How often connections are looked at while a server closes, in milliseconds. */
const SWEEP = 50

/** Takes no more connections and waits for the calls under way. */
export async function closeServer(server: FastifyInstance): Promise<void> {
  // A connection whose call ends only now would else be kept open for a next one.
  const sweep = setInterval(() => server.server.closeIdleConnections(), SWEEP)
  try {
    await server.close()
  } finally {
    clearInterval(sweep)
  }
}

/** Listens on a port; answers the address. `option` is what chooses the port: it stands in what is told when it cannot be had. */
export async function listenOn(server: FastifyInstance, host: string, port: number, option: string): Promise<string> {
  try {
    const url = await server.listen({ host, port })
    // What listens on every address is shown with one that can be called.
    return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE')
      throw new UserError(
        `Port ${port} on ${host} is taken: stop what listens there, or choose another with ${option} (0 takes any free one)`,
        { cause: error },
      )
    if (code === 'EACCES')
      throw new UserError(`Port ${port} needs more rights: choose one above 1023 with ${option}`, { cause: error })
    throw new UserError(`Cannot listen on ${host}:${port}: ${messageOf(error)}`, { cause: error })
  }
}
