import type { z } from 'zod'
import type { Caller } from '../domain/caller.ts'
import type { Portal } from '../domain/portals/portal.ts'
import type { PortalSettings } from '../domain/portals/settings.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Reader, Tx } from '../storage/store.ts'

/** A parameter: its type on the wire, what it means, and which error tells that it is missing or wrong. */
export interface Param<Schema extends z.ZodType = z.ZodType, Required extends boolean = boolean> {
  readonly schema: Schema
  readonly doc: string
  readonly required: Required
  /** The method's own reason when it is missing or empty; else `ERROR_ARGUMENT`. */
  readonly missing?: string
  /** The method's own reason when it has a wrong type; else `ERROR_ARGUMENT`. */
  readonly invalid?: string
  /** Whether a wrong value is told as "is null or empty", as some pages do. */
  readonly invalidIsEmpty?: boolean
}

interface ParamErrors {
  missing?: string
  invalid?: string
  invalidIsEmpty?: boolean
}

export function required<Schema extends z.ZodType>(
  schema: Schema,
  doc: string,
  errors: ParamErrors = {},
): Param<Schema, true> {
  return { schema, doc, required: true, ...errors }
}

export function optional<Schema extends z.ZodType>(
  schema: Schema,
  doc: string,
  errors: ParamErrors = {},
): Param<Schema, false> {
  return { schema, doc, required: false, ...errors }
}

export type Params = Readonly<Record<string, Param>>
export type ParamValues<P extends Params> = {
  [Name in keyof P]: P[Name] extends Param<infer Schema, true>
    ? z.output<Schema>
    : P[Name] extends Param<infer Schema>
      ? z.output<Schema> | undefined
      : never
}

/** Code, status and text of an error that a method documents, and the keys beside them where the page shows more. */
export type ErrorEntry = readonly [
  code: string,
  status: number,
  description: string,
  extra?: Readonly<Record<string, string>>,
]
export type Errors = Readonly<Record<string, ErrorEntry>>

/** An event to which handlers can be bound. */
export interface BindableEvent {
  /** In upper case. */
  readonly name: string
  readonly scope: string
  /** Whether it can be kept for `event.offline.get`; so it is where nothing is said. */
  readonly offline?: boolean
}

/** The methods and events of this server, for those that tell of them. */
export interface Catalogue {
  /** All of them, in the order of their names. */
  list(): readonly Method[]
  /** In any letter case. */
  find(name: string): Method | undefined
  /** The events to which handlers can be bound. */
  events(): readonly BindableEvent[]
  /** Every scope but `basic`. */
  scopes(): readonly string[]
}

/** What a handler is given. */
export interface Call<P extends Params = Params, E extends Errors = Errors> {
  readonly params: ParamValues<P>
  /** The parameters as sent, for the few methods that take free names. */
  readonly raw: JsonObject
  readonly caller: Caller
  readonly portal: Portal
  readonly settings: PortalSettings
  readonly catalogue: Catalogue
  /** Epoch milliseconds at which the call began. */
  readonly now: number
  /** Ends the call with one of the errors that the method declares. */
  readonly fail: (reason: keyof E & string, detail?: string) => never
}

/** A page of a list: `total` and `next` stand beside `result`. */
export class Page<T> {
  readonly result: T
  /** How many there are in all; left out when the caller did not want them counted. */
  readonly total: number | undefined
  /** Where the next page starts; left out on the last. */
  readonly next: number | undefined

  constructor(result: T, total?: number, next?: number) {
    this.result = result
    this.total = total
    this.next = next
  }
}

interface Declaration<P extends Params, R extends z.ZodType, E extends Errors> {
  /** One line: what it does. */
  readonly doc: string
  /** The scope that a caller needs; several where any of them will do. */
  readonly scope: string | readonly string[]
  /**
   * Who may call: `any` by webhook or application; `application` in an application's context only (a webhook
   * too where the portal lets webhooks act as one); `admin` administrators.
   */
  readonly auth?: 'any' | 'application' | 'admin'
  /** Whether it may stand in a `batch`. */
  readonly batch?: boolean
  readonly params: P
  /** The shape of `result`. Documentation and a check in tests; not run in production. */
  readonly result: R
  readonly errors?: E
}

type Outcome<R extends z.ZodType> = z.input<R> | Page<z.input<R>>

/** A method that only reads. */
interface ReadMethod<P extends Params, R extends z.ZodType, E extends Errors> extends Declaration<P, R, E> {
  readonly read: (call: Call<P, E>, read: Reader) => Promise<Outcome<R>>
}

/** A method that writes: the whole call is one transaction. */
interface WriteMethod<P extends Params, R extends z.ZodType, E extends Errors> extends Declaration<P, R, E> {
  /** Whether a call touches many rows that other calls may touch too, in whatever order: such calls take turns. */
  readonly wide?: boolean
  /**
   * What a call is about, `chat:12`, where it reads no row that such a call about something else writes, and takes no
   * savepoint: calls about different things may share a transaction.
   */
  readonly about?: (call: Call<P, E>) => string
  readonly write: (call: Call<P, E>, tx: Tx) => Promise<Outcome<R>>
}

/** A method as the registry holds it. */
export interface Method extends Declaration<Params, z.ZodType, Errors> {
  readonly name: string
  readonly read?: (call: Call, read: Reader) => Promise<unknown>
  readonly wide?: boolean
  readonly about?: (call: Call) => string
  readonly write?: (call: Call, tx: Tx) => Promise<unknown>
}

/**
 * Declares a method. From this one declaration come validation, the registry, `methods` and `method.get`,
 * OpenAPI and the reference pages.
 */
export function method<const P extends Params, R extends z.ZodType, const E extends Errors>(
  name: string,
  declaration: ReadMethod<P, R, E> | WriteMethod<P, R, E>,
): Method {
  // The registry holds methods of all shapes; parameters are parsed by the same declaration before the handler sees them.
  return { name, ...declaration } as unknown as Method
}
