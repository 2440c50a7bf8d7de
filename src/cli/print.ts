/** Writes a line for people or programs to stdout. Logs and errors go to stderr. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** One line of JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value))
}

/** Rows in aligned columns below their titles; a sentence where there are none. */
export function printTable(
  titles: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  none: string,
): void {
  if (rows.length === 0) {
    print(none)
    return
  }
  const lines = [titles, ...rows].map((row) => row.map(cell))
  const widths = titles.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)))
  for (const line of lines)
    print(
      line
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

/** Names come from outside: what would move the cursor or break the line is shown as a space. */
function cell(value: string | number): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}

/** `2026-01-05 09:00:00Z` */
export function shownTime(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19).replace('T', ' ')}Z`
}
