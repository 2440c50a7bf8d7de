import { Page, optional } from './method.ts'
import { wire } from './wire.ts'

/** Lists come in pages of exactly so many. */
export const PAGE_SIZE = 50

/** The parameter with which a client asks for a page. */
export const startParam = optional(
  wire.integer(),
  'Where the page starts: 0, 50, 100 …; -1 gives one page without counting, for walking with a filter `>ID`.',
)

interface Source<T> {
  /** So many items from there on. */
  readonly list: (offset: number, limit: number) => Promise<T[]>
  /** How many there are in all. */
  readonly count: () => Promise<number>
}

/** One page of a list. A negative `start` leaves out `total` and `next`, and spares the counting. */
export async function pageFrom<T>(start: number | undefined, { list, count }: Source<T>): Promise<Page<T[]>> {
  const offset = start ?? 0
  if (offset < 0) return new Page(await list(0, PAGE_SIZE))
  const [items, total] = [await list(offset, PAGE_SIZE), await count()]
  const end = offset + items.length
  return new Page(items, total, items.length > 0 && end < total ? end : undefined)
}
