import { AsyncLocalStorage } from 'node:async_hooks'
import type { Commits } from '../store.ts'

/** What a group needs of the database, all of it synchronous. */
export interface CommitPort {
  begin(): void
  commit(): void
  rollback(): void
  savepoint(): void
  release(): void
  rollbackToSavepoint(): void
}

interface Job {
  readonly work: (hooks: (() => void)[]) => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A transaction that was committed. */
interface Done {
  readonly job: Job
  readonly value: unknown
  readonly hooks: readonly (() => void)[]
}

/** How many transactions share a commit at the most: beyond it the first would wait too long for its answer. */
const LARGEST_GROUP = 256
/** How many turns of the event loop a group may gather. */
const LONGEST_GATHERING = 8

/**
 * Commits together the transactions that wait at the same moment: each in its savepoint, one fsync, then
 * all are acknowledged. They run one after another, so what one sees the next one sees too.
 */
export class GroupCommit {
  readonly #port: CommitPort
  readonly #onFatal: (error: unknown) => void
  readonly #onCommit: ((transactions: number) => void) | undefined
  readonly #inside = new AsyncLocalStorage<true>()
  #waiting: Job[] = []
  #scheduled = false
  #open: Promise<void> | undefined
  #failed: unknown
  #closed = false
  /** Nothing is retried here: there is one writer. */
  readonly counted: Commits = { commits: 0, transactions: 0, retries: 0 }

  /** `onCommit` is told how many transactions shared a commit. */
  constructor(port: CommitPort, onFatal: (error: unknown) => void, onCommit?: (transactions: number) => void) {
    this.#port = port
    this.#onFatal = onFatal
    this.#onCommit = onCommit
  }

  /** What a reader outside the transaction waits for: the group under way, if one is. */
  readonly idle = (): Promise<void> | undefined => {
    if (this.#open === undefined) return undefined
    this.#refuseInside()
    return this.#open
  }

  add<T>(work: (hooks: (() => void)[]) => Promise<T>): Promise<T> {
    this.#refuseInside()
    if (this.#closed) return Promise.reject(new Error('The store is closed'))
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject })
      this.#schedule()
    })
  }

  /** Takes no more and resolves when everything taken is settled. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#waiting.length > 0 || this.#open) {
      await (this.#open ?? new Promise((resolve) => setImmediate(resolve)))
    }
  }

  #refuseInside(): void {
    if (this.#inside.getStore())
      throw new Error('The store was used inside a transaction, which would wait for itself: use tx')
  }

  #schedule(): void {
    if (this.#scheduled || this.#open) return
    this.#scheduled = true
    this.#gather(0, 0)
  }

  /** Waits while every turn of the loop brings more: what arrives together over the sockets shares one fsync. */
  #gather(seen: number, turns: number): void {
    setImmediate(() => {
      const arrived = this.#waiting.length
      if (arrived > seen && arrived < LARGEST_GROUP && turns < LONGEST_GATHERING) this.#gather(arrived, turns + 1)
      else this.#begin()
    })
  }

  #begin(): void {
    this.#scheduled = false
    this.#open = this.#inside
      .run(true, () => this.#commitGroup())
      // Outside the transactions: who is told of the commit may well use the store.
      .then((done) => done && this.#settle(done))
      .finally(() => {
        this.#open = undefined
        if (this.#waiting.length > 0) this.#schedule()
      })
  }

  /** Answers what was committed, if it was. */
  async #commitGroup(): Promise<readonly Done[] | undefined> {
    const group = this.#waiting.splice(0, LARGEST_GROUP)
    const done: Done[] = []
    try {
      this.#port.begin()
      for (const job of group) {
        const hooks: (() => void)[] = []
        this.#port.savepoint()
        try {
          const value = await job.work(hooks)
          this.#port.release()
          done.push({ job, value, hooks })
        } catch (error) {
          this.#port.rollbackToSavepoint()
          this.#port.release()
          job.reject(error)
        }
      }
      this.#port.commit()
    } catch (error) {
      this.#fail(group, error)
      return undefined
    }
    this.counted.commits++
    this.counted.transactions += done.length
    return done
  }

  #settle(done: readonly Done[]): void {
    this.#onCommit?.(done.length)
    for (const { job, value } of done) job.resolve(value)
    for (const { hooks } of done) for (const hook of hooks) hook()
  }

  #fail(group: Job[], error: unknown): void {
    try {
      this.#port.rollback()
    } catch {
      // The engine has already rolled back by itself, as it does when the disk is full.
    }
    for (const job of group) job.reject(error)
    // After a failed write or fsync nobody knows what the disk holds: nothing more is acknowledged.
    if (/disk I\/O error|malformed/i.test(String(error))) {
      this.#failed = error
      for (const job of this.#waiting.splice(0)) job.reject(error)
      this.#onFatal(error)
    }
  }
}
