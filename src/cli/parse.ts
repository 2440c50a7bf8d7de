import { UserError } from '../kernel/errors.ts'

/** A parser of ids for commander; `what` begins the sentence where the text is none. */
export function parseId(what: string): (text: string) => number {
  return (text) => {
    const id = /^\d{1,15}$/.test(text) ? Number(text) : 0
    if (id < 1) throw new UserError(`${what} must be a whole number from 1, not ${JSON.stringify(text)}`)
    return id
  }
}

/** A parser of http and https addresses for commander. */
export function parseWebAddress(what: string): (text: string) => string {
  return (text) => {
    const url = URL.parse(text)
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
      throw new UserError(`${what} must be an http or https address, not ${JSON.stringify(text)}`)
    return text
  }
}
