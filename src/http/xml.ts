function escape(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
      // XML 1.0 has no way to write these.
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
  )
}

function element(name: string, value: unknown): string {
  if (value === undefined) return ''
  // A name that XML does not allow, such as a number, becomes an item that says its key.
  const [open, close] = /^[A-Za-z_][\w.-]*$/.test(name) ? [name, name] : [`item key="${escape(name)}"`, 'item']
  if (Array.isArray(value)) return `<${open}>${value.map((item) => element('item', item)).join('')}</${close}>`
  if (typeof value === 'object' && value !== null) {
    const inner = Object.entries(value).map(([key, item]) => element(key, item))
    return `<${open}>${inner.join('')}</${close}>`
  }
  if (value === null) return `<${open}/>`
  const flag = typeof value === 'boolean' ? Number(value) : value
  const text = typeof flag === 'string' ? flag : JSON.stringify(flag)
  return `<${open}>${escape(text)}</${close}>`
}

/** An answer for a path that ends in `.xml`. */
export function toXml(answer: object): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n${element('response', answer)}`
}
