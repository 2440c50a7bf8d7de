/**
 * Who may be in a transaction at the same moment: any number together, or one alone. Whoever waits to be alone goes
 * before those who come later.
 */
export class Gate {
  #inside = 0
  #isAlone = false
  readonly #waiting: { readonly alone: boolean; readonly enter: () => void }[] = []

  /** Waits until there is room, at most so many milliseconds; answers how to leave, or nothing where it was in vain. */
  async enter(alone: boolean, milliseconds = Infinity): Promise<(() => void) | undefined> {
    if (this.#waiting.length > 0 || !this.#hasRoom(alone)) {
      if (!(await this.#wait(alone, milliseconds))) return undefined
    } else this.#take(alone)
    return () => this.#leave()
  }

  async #wait(alone: boolean, milliseconds: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting = { alone, enter: () => resolve(true) }
    this.#waiting.push(waiting)
    const giveUp = (): void => {
      const at = this.#waiting.indexOf(waiting)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      resolve(false)
      // Those behind may have waited for this one only.
      this.#admit()
    }
    const timer = milliseconds === Infinity ? undefined : setTimeout(giveUp, Math.max(0, milliseconds))
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
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
    this.#admit()
  }

  #admit(): void {
    for (;;) {
      const [next] = this.#waiting
      if (!next || !this.#hasRoom(next.alone)) return
      this.#waiting.shift()
      this.#take(next.alone)
      next.enter()
    }
  }
}
