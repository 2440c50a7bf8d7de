import { randomUUID } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'

/** An open channel chat that a client writes into. */
export interface LoadChat {
  readonly leadId: number
  readonly chatId: number
  readonly userId: number
}

export interface LoadOptions {
  /** The port of the balancer. */
  readonly port: number
  /** May write into the chats. */
  readonly webhook: { readonly userId: number; readonly secret: string }
  readonly chats: readonly LoadChat[]
  /** Messages a second, over all chats. */
  readonly rate: number
  /** How long messages are made, in milliseconds. */
  readonly milliseconds: number
  /** Told of each message at the moment of its acknowledgement. */
  readonly onAcknowledged?: (message: SentMessage) => void
}

/** One try to send a message; times in milliseconds of `performance.now()`. */
export interface Attempt {
  readonly began: number
  readonly ended: number
  /** `200`, `503`, `ECONNRESET`, …; `late` where no answer came in time. */
  readonly outcome: string
}

/** A message with all that was tried. */
export interface SentMessage {
  readonly chatId: number
  /** 1, 2, 3, … in its chat. */
  readonly number: number
  readonly text: string
  readonly due: number
  readonly attempts: Attempt[]
  /** The id that was answered with 200. */
  id: number | undefined
}

/** What one chat's client has yet to send. */
interface Queue {
  readonly chat: LoadChat
  readonly waiting: SentMessage[]
  busy: boolean
}

/** No answer may take longer, in milliseconds. */
const LIMIT = 5_000
/** What clients wait before they repeat a call, in milliseconds. */
const PAUSE = 100
const TICK = 5

/** Open-loop load: messages are due at a fixed rate, whatever becomes of those before them. */
export class ChatLoad {
  readonly messages: SentMessage[] = []
  readonly #options: LoadOptions
  readonly #agent = new Agent({ keepAlive: true })
  readonly #queues: readonly Queue[]
  readonly #unacknowledged = new Set<SentMessage>()
  readonly #failure = Promise.withResolvers<never>()

  constructor(options: LoadOptions) {
    this.#options = options
    this.#queues = options.chats.map((chat) => ({ chat, waiting: [], busy: false }))
    this.#failure.promise.catch(() => {})
  }

  /** Messages that have been due for so many milliseconds and are not acknowledged. */
  overdue(milliseconds: number): number {
    const due = performance.now() - milliseconds
    let count = 0
    for (const message of this.#unacknowledged) {
      if (message.due > due) break
      count++
    }
    return count
  }

  /** Resolves when every message is acknowledged. Rejects at an answer that repeating would not mend. */
  async run(): Promise<void> {
    const { rate, milliseconds } = this.#options
    const began = performance.now()
    const made = Promise.withResolvers<void>()
    let turn = 0
    const timer = setInterval(() => {
      const elapsed = performance.now() - began
      for (; turn < (Math.min(elapsed, milliseconds) * rate) / 1000; turn++) this.#make(turn, began)
      if (elapsed >= milliseconds) made.resolve()
    }, TICK)
    try {
      await Promise.race([made.promise, this.#failure.promise])
      clearInterval(timer)
      while (this.#unacknowledged.size > 0)
        await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), this.#failure.promise])
    } finally {
      clearInterval(timer)
      this.#agent.destroy()
    }
  }

  #make(turn: number, began: number): void {
    const queue = this.#queues[turn % this.#queues.length]!
    const number = Math.floor(turn / this.#queues.length) + 1
    const { chatId } = queue.chat
    const due = began + (turn * 1000) / this.#options.rate
    const message = { chatId, number, text: `Message ${number} of chat ${chatId}`, due, attempts: [], id: undefined }
    this.messages.push(message)
    this.#unacknowledged.add(message)
    queue.waiting.push(message)
    if (!queue.busy) void this.#work(queue).catch(this.#failure.reject)
  }

  /** One message of a chat at a time: the next is sent when the one before it was acknowledged. */
  async #work(queue: Queue): Promise<void> {
    queue.busy = true
    for (let message = queue.waiting.shift(); message; message = queue.waiting.shift()) {
      await this.#deliver(queue.chat, message)
      this.#unacknowledged.delete(message)
      this.#options.onAcknowledged?.(message)
    }
    queue.busy = false
  }

  /** The same request with the same id until it is acknowledged, as the SDK of Bitrix24 repeats a call. */
  async #deliver({ leadId, chatId, userId }: LoadChat, message: SentMessage): Promise<void> {
    const body = JSON.stringify({
      CRM_ENTITY_TYPE: 'lead',
      CRM_ENTITY: leadId,
      USER_ID: userId,
      CHAT_ID: chatId,
      MESSAGE: message.text,
    })
    const { webhook } = this.#options
    const path = `/rest/${webhook.userId}/${webhook.secret}/imopenlines.crm.message.add?bx24_request_id=${randomUUID()}`
    for (;;) {
      const began = performance.now()
      const { outcome, text } = await this.#post(path, body)
      message.attempts.push({ began, ended: performance.now(), outcome })
      if (outcome === '200') {
        message.id = (JSON.parse(text) as { result: number }).result
        return
      }
      if (/^[1-4]\d\d$/.test(outcome)) throw new Error(`"${message.text}" was answered ${outcome}: ${text}`)
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }

  #post(path: string, body: string): Promise<{ outcome: string; text: string }> {
    const { promise, resolve } = Promise.withResolvers<{ outcome: string; text: string }>()
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const { port } = this.#options
    const call = request({ host: '127.0.0.1', port, path, method: 'POST', agent: this.#agent, headers })
    const late = setTimeout(() => {
      resolve({ outcome: 'late', text: '' })
      call.destroy()
    }, LIMIT)
    const broken = (error: Error): void => resolve({ outcome: codeOf(error), text: '' })
    call.once('error', broken)
    call.once('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', broken)
      response.once('end', () =>
        resolve({ outcome: String(response.statusCode), text: Buffer.concat(chunks).toString() }),
      )
    })
    call.end(body)
    return promise.finally(() => clearTimeout(late))
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
