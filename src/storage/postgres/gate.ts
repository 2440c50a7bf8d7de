/**
 * Who may be in a transaction at the same moment: any number together, or one alone. Whoever waits to be alone goes
 * before those who come later.
 */
export class Gate {
  #inside = 0
  #isAlone = false
  readonly #waiting: { readonly alone: boolean; readonly enter: () => void }[] = []

  /** Waits until there is room; answers how to leave. */
  async enter(alone: boolean): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#hasRoom(alone)) {
      await new Promise<void>((enter) => this.#waiting.push({ alone, enter }))
    } else this.#take(alone)
    return () => this.#leave()
  }

  #hasRoom(alone: boolean): boolean {
    return alone ? this.#inside === 0 : !this.#isAlone
  }

  #take(alone: boolean): void {
    this.#inside++
    this.#isAlone = alone
  }

  #leave(): void {
    this.#inside--
    if (this.#inside === 0) this.#isAlone = false
    for (;;) {
      const [next] = this.#waiting
      if (!next || !this.#hasRoom(next.alone)) return
      this.#waiting.shift()
      this.#take(next.alone)
      next.enter()
    }
  }
}
