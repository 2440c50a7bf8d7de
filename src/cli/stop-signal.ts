import { constants } from 'node:os'

/** `npm start` passes on what the terminal has sent already: two that come together are one. */
const ECHO = 500

/** Resolves with the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stoppedAt: number | undefined
    const stop = (signal: NodeJS.Signals): void => {
      const now = performance.now()
      if (stoppedAt === undefined) {
        stoppedAt = now
        resolve(signal)
      } else if (now - stoppedAt > ECHO) process.exit(128 + constants.signals[signal])
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
