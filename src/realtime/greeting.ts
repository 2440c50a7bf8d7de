import { connect } from 'node:net'

/**
 * Settles when a server that speaks first has said something, and hangs up. `server` is `host:port` or `[IPv6]:port`.
 * Rejects where nothing is said within so many milliseconds, or when the signal comes.
 */
export async function greeting(server: string, milliseconds: number, signal: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(`nats://${server}`)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(Number(port === '' ? '4222' : port), hostname.replace(/^\[(.*)\]$/, '$1'))
  const giveUp = (): void => void socket.destroy()
  const timer = setTimeout(giveUp, milliseconds)
  signal.addEventListener('abort', giveUp, { once: true })
  socket.once('data', () => resolve())
  socket.once('error', reject)
  socket.once('close', () => reject(new Error('The server takes connections and says nothing')))
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
    socket.destroy()
  }
}
