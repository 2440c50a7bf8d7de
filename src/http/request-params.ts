import type { FastifyRequest } from 'fastify'
import { messageOf } from '../kernel/errors.ts'
import { type JsonObject, isJsonObject } from '../kernel/json.ts'
import { MalformedInput } from '../kernel/malformed-input.ts'
import { addFormField, checkJsonShape, newFormTarget, parsePhpForm } from '../kernel/php-form.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(body: Buffer): string {
  try {
    return utf8.decode(body)
  } catch {
    throw new MalformedInput('The body is not UTF-8: encode it as UTF-8')
  }
}

function parseJson(text: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new MalformedInput('The body is not valid JSON: check that it is complete')
  }
  const checked = checkJsonShape(value)
  if (isJsonObject(checked)) return checked
  // PHP clients send an empty set of parameters as `[]`, and positional ones as a list.
  if (Array.isArray(checked)) return Object.fromEntries(checked.entries())
  if (checked === null) return {}
  throw new MalformedInput('The JSON body must be an object: send {"NAME": value, …}')
}

/** Fields as a form would give them; a file becomes `[name, base64]`, the form in which methods take files. */
async function readMultipart(request: FastifyRequest): Promise<JsonObject> {
  const target = newFormTarget()
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') {
        const content = await part.toBuffer()
        addFormField(target, `${part.fieldname}[0]`, part.filename)
        addFormField(target, `${part.fieldname}[1]`, content.toString('base64'))
      } else {
        addFormField(target, part.fieldname, String(part.value))
      }
    }
  } catch (error) {
    if (error instanceof MalformedInput || (error instanceof Error && 'statusCode' in error)) throw error
    throw new MalformedInput(`The multipart body cannot be read: ${messageOf(error)}`, { cause: error })
  }
  return target.finish()
}

/** Everything after the question mark. */
function queryOf(request: FastifyRequest): string {
  const url = request.raw.url ?? ''
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark + 1)
}

async function readBody(request: FastifyRequest): Promise<JsonObject> {
  if (request.isMultipart()) return readMultipart(request)
  const { body } = request
  if (!Buffer.isBuffer(body) || body.length === 0) return {}
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';')
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='))
  if (charset !== undefined && !/^charset="?(utf-?8|us-ascii)"?$/.test(charset)) {
    throw new MalformedInput(`The body is sent as ${charset.slice('charset='.length)}: send UTF-8`)
  }
  switch (type.trim()) {
    case 'application/json':
      return parseJson(decode(body))
    case 'application/x-www-form-urlencoded':
      return parsePhpForm(decode(body))
    default:
      throw new MalformedInput(
        `Bodies of type "${type.trim().slice(0, 100)}" are not read: send application/json, application/x-www-form-urlencoded or multipart/form-data`,
      )
  }
}

/** Query and body of a request as one set of parameters; the body wins. */
export async function readParams(request: FastifyRequest): Promise<JsonObject> {
  const query = queryOf(request)
  const body = await readBody(request)
  return query === '' ? body : { ...parsePhpForm(query), ...body }
}
