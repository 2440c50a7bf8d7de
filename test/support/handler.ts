import { type IncomingHttpHeaders, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '../../src/kernel/json.ts'
import { parsePhpForm } from '../../src/kernel/php-form.ts'

/** A call as a handler got it. */
export interface HandlerCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: JsonObject
}

/** What a handler does with a call; a number is the status that it answers. */
export type Answering = (
  call: HandlerCall,
  response: ServerResponse,
) => number | undefined | Promise<number | undefined>

/** A handler of events on loopback, which writes down its calls. */
export interface TestHandler extends AsyncDisposable {
  readonly url: string
  readonly calls: HandlerCall[]
  answer: Answering
}

export async function startHandler(answer: Answering = () => 200): Promise<TestHandler> {
  const calls: HandlerCall[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => {})
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      const call = { path: request.url ?? '', headers: request.headers, text, body: parsePhpForm(text) }
      calls.push(call)
      void Promise.resolve(handler.answer(call, response)).then((status) => {
        if (status !== undefined) response.writeHead(status).end()
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const handler: TestHandler = {
    url: `http://127.0.0.1:${port}/`,
    calls,
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return handler
}

/** The lead that a call tells of. */
export function leadOf({ body }: HandlerCall): number {
  const { FIELDS } = body['data'] as { FIELDS: { ID: string } }
  return Number(FIELDS.ID)
}
