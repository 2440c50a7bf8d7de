/** Which tables this process has written to, and who wants to know. Tables by the names that the database has. */
export class Writes {
  readonly #versions = new Map<string, number>()
  readonly #listeners = new Map<string, Set<() => void>>()

  /** After a commit. */
  note(tables: Iterable<string>): void {
    for (const table of tables) {
      this.#versions.set(table, (this.#versions.get(table) ?? 0) + 1)
      for (const listener of this.#listeners.get(table) ?? []) listener()
    }
  }

  version(tables: readonly string[]): number {
    return tables.reduce((sum, table) => sum + (this.#versions.get(table) ?? 0), 0)
  }

  listen(table: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(table) ?? new Set()
    this.#listeners.set(table, listeners.add(listener))
    return () => listeners.delete(listener)
  }
}
