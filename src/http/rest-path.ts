/** Where a REST request goes, read from its path. */
export interface RestPath {
  /** Of `/rest/api/…`, the newer protocol. */
  readonly v3: boolean
  /** `/rest/{userId}/{secret}/{method}` */
  readonly webhook: { readonly userId: number; readonly secret: string } | undefined
  /** Empty where the path names none. */
  readonly method: string
  readonly format: 'json' | 'xml'
}

/**
 * Reads `/rest/[api/][{uid}/{secret}/]{method}[.json|.xml][/]`. Clients double slashes and add one at the
 * end; neither matters.
 */
export function parseRestPath(path: string): RestPath {
  const parts = path.split('/').filter((part) => part !== '')
  parts.shift()
  const v3 = parts[0]?.toLowerCase() === 'api'
  if (v3) parts.shift()
  let webhook: RestPath['webhook']
  if (parts.length >= 2 && /^\d{1,15}$/.test(parts[0]!)) {
    webhook = { userId: Number(parts[0]), secret: parts[1]! }
    parts.splice(0, 2)
  }
  // A method of the newer protocol may hold slashes; here it only has to be named in an error.
  const [, method, extension] = /^(.*?)(?:\.(json|xml))?$/i.exec(parts.join('/'))!
  return { v3, webhook, method: method ?? '', format: extension?.toLowerCase() === 'xml' ? 'xml' : 'json' }
}
