import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = new URL('../contract/', import.meta.url).pathname

/** Names that the contract took from overview pages: no method answers to them. */
const NOT_METHODS = new Set(['im.v2', 'imbot.v2'])

/** A table of parameters, or of what is returned; `of` names the object that it describes. */
export interface ContractTable {
  readonly of?: string
  readonly fields: readonly { readonly name: string; readonly type: string; readonly required?: boolean }[]
}

export interface ContractError {
  readonly code: string
  readonly status?: number
  readonly message?: string
}

/** What the public reference says of one method. */
export interface ContractMethod {
  readonly name: string
  /** The contract's file, without `.json`: `crm-lead`. */
  readonly family: string
  /** The page in the repository of the reference. */
  readonly doc: string
  readonly scope: readonly string[]
  readonly params: readonly ContractTable[]
  readonly result: readonly ContractTable[]
  readonly errors: readonly ContractError[]
  /** A success: `{ result, time, … }`; `{ raw }` where the page abbreviates it. */
  readonly example?: Readonly<Record<string, unknown>>
  readonly errorExample?: Readonly<Record<string, unknown>>
}

type Entry = Omit<ContractMethod, 'family'> & { readonly kind: 'method' | 'event' }

/** Every documented method, by family in the order of the families' names. */
export function readContract(): Promise<ContractMethod[]> {
  return readEntries('method')
}

/** Every documented event. The example is a whole body: `{ event, data, ts, auth }`. */
export function readContractEvents(): Promise<ContractMethod[]> {
  return readEntries('event')
}

async function readEntries(wanted: Entry['kind']): Promise<ContractMethod[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.json')).toSorted()
  const families = await Promise.all(
    files.map(async (file) => {
      const entries = JSON.parse(await readFile(join(FOLDER, file), 'utf8')) as Entry[]
      const family = file.slice(0, -'.json'.length)
      return entries.flatMap(({ kind, ...entry }) =>
        kind === wanted && !NOT_METHODS.has(entry.name) ? [{ ...entry, family }] : [],
      )
    }),
  )
  return families.flat()
}
