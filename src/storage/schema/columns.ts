import type { ColumnType, Generated } from 'kysely'

/** An id that the database gives. */
export type Id = Generated<number>
/** Epoch milliseconds. */
export type Millis = number
/** A column with a default: it may be left out when a row is written. */
export type Defaulted<T> = Generated<T>
/** An object or a list kept as JSON; the engine's codec encodes and decodes it. */
export type Json<T extends object> = ColumnType<T, T, T>
/** JSON with a default: it may be left out when a row is written. */
export type DefaultedJson<T extends object> = ColumnType<T, T | undefined, T>
