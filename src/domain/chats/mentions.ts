const MENTION = /\[USER=(\d{1,15})(?: [^\]]*)?\]/gi

/** Who is named in a text, as `[USER=12]Anna[/USER]`; each once. */
export function mentionedIn(text: string): number[] {
  return [...new Set([...text.matchAll(MENTION)].map(([, id]) => Number(id)))]
}

/** The text without its mentions of somebody, and without the comma and the spaces around them. */
export function withoutMention(text: string, userId: number): string {
  return text.replaceAll(new RegExp(String.raw`\[USER=${userId}(?: [^\]]*)?\][^[]*\[/USER\],?`, 'gi'), '').trim()
}
