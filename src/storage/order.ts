import type { OrderByItemBuilder } from 'kysely'

/** The direction with null as the least value: engines place it differently when nothing is said. */
export function nullsLeast(direction: 'asc' | 'desc'): (order: OrderByItemBuilder) => OrderByItemBuilder {
  return (order) => (direction === 'asc' ? order.asc().nullsFirst() : order.desc().nullsLast())
}
