import { type DestinationStream, type Level, type Logger, destination, pino, stdSerializers } from 'pino'
import { redact } from './redact.ts'

export type { Logger } from 'pino'
export type LogLevel = Level | 'silent'

/** Lines are written at once, so that the last one before the end of the process is not lost. */
const stderr = (): DestinationStream => destination({ fd: 2, sync: true })

function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  // The raw bytes of a request that could not be parsed hold its secrets in a form that cannot be searched for them.
  const { code, rawPacket: _, ...fields } = stdSerializers.errWithCause(error)
  // "code" is how clients name a secret, and is hidden as one: that of an error has to be read.
  return code === undefined ? fields : { ...fields, errorCode: code as unknown }
}

/** One JSON object a line, on stderr. Secrets are taken out of the finished line: whatever was logged, and wherever in it. */
export function createLogger(level: LogLevel, stream: DestinationStream = stderr()): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      serializers: { err: errorFields, error: errorFields },
      hooks: { streamWrite: redact },
    },
    stream,
  )
}
