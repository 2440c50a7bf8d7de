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

/** `20260105T090000`, for the names of files. */
export function fileStamp(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().slice(0, 19).replace(/[:-]/g, '')
}

/** `1.5 MB` */
export function shownBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${unit === 0 ? bytes : (bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`
}
