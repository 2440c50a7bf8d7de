const known = new Map<string, string>()

/** `chat_id` as `chatId`: names of columns are few and come back with every row. */
export function camelCase(name: string): string {
  let camel = known.get(name)
  if (camel === undefined) {
    camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    known.set(name, camel)
  }
  return camel
}

const TARGET =
  /^\s*(?:with\b.*?\b)?(?:insert(?: or \w+)? into|replace into|update(?: or \w+)?|delete from)\s+(?:"[^"]+"\.)?"(\w+)"/is

/** The table that a statement writes to, as the database names it; none where it only reads. */
export function writtenTable(sql: string): string | undefined {
  return TARGET.exec(sql)?.[1]
}
