import { type Socket, connect } from 'node:net'

/** One request as it goes over the socket, made before the clock starts. */
export type RequestBytes = Buffer

export interface Load {
  /** The connections are spread over them. */
  readonly ports: readonly number[]
  readonly connections: number
  /** The request of a turn; turns count up over all connections. */
  readonly request: (turn: number) => RequestBytes
  readonly milliseconds: number
  /** Requests a second; as fast as the answers come when left out. */
  readonly rate?: number
}

export interface Measured {
  readonly requests: number
  readonly perSecond: number
  /** Milliseconds from the moment a request was due to its answer. */
  readonly p50: number
  readonly p99: number
  /** Answers whose status was not 200. */
  readonly failed: number
  readonly firstFailure: string | undefined
}

export function postJson(port: number, path: string, body: unknown): RequestBytes {
  const text = JSON.stringify(body)
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}

const HEAD_END = Buffer.from('\r\n\r\n')

/** Reads answers off one connection: enough of HTTP/1.1 for servers that name the length of the body. */
class AnswerReader {
  #received: Buffer = Buffer.alloc(0)

  /** The whole answer once it is there. */
  push(chunk: Buffer): string | undefined {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const head = this.#received.indexOf(HEAD_END)
    if (head < 0) return undefined
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#received.toString('latin1', 0, head))?.[1] ?? 0)
    const end = head + HEAD_END.length + length
    if (this.#received.length < end) return undefined
    const answer = this.#received.toString('utf8', 0, end)
    this.#received = this.#received.subarray(end)
    return answer
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** Drives a server for a while and measures it. Each connection has one request under way. */
export async function drive({ ports, connections, request, milliseconds, rate }: Load): Promise<Measured> {
  const sockets = await Promise.all(Array.from({ length: connections }, (_, i) => open(ports[i % ports.length]!)))
  const latencies: number[] = []
  let failed = 0
  let firstFailure: string | undefined
  let turn = 0
  const started = performance.now()
  const ends = started + milliseconds

  const work = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      const reader = new AnswerReader()
      let due = 0
      const next = (): void => {
        const own = turn++
        due = rate === undefined ? performance.now() : started + (own * 1000) / rate
        const wait = due - performance.now()
        if (due >= ends || performance.now() >= ends) resolve()
        else if (wait > 1) setTimeout(() => socket.write(request(own)), wait)
        else socket.write(request(own))
      }
      socket.on('data', (chunk: Buffer) => {
        const answer = reader.push(chunk)
        if (answer === undefined) return
        latencies.push(performance.now() - due)
        if (!answer.startsWith('HTTP/1.1 200')) {
          failed++
          firstFailure ??= answer
        }
        next()
      })
      socket.once('error', reject)
      next()
    })

  await Promise.all(sockets.map(work))
  const seconds = (performance.now() - started) / 1000
  for (const socket of sockets) socket.destroy()
  const sorted = Float64Array.from(latencies).toSorted()
  return {
    requests: latencies.length,
    perSecond: latencies.length / seconds,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    failed,
    firstFailure,
  }
}
