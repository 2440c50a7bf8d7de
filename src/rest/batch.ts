import type { Caller } from '../domain/caller.ts'
import type { PortalSettings } from '../domain/portals/settings.ts'
import type { JsonObject } from '../kernel/json.ts'
import { parsePhpForm } from '../kernel/php-form.ts'
import type { Reader, Tx } from '../storage/store.ts'
import { type BatchCommand, parseBatchCommands, resolveReferences, shapeOfKeys } from './batch-commands.ts'
import type { Dispatcher, Outcome, PreparedCall } from './dispatch.ts'
import type { Time } from './envelope.ts'
import { RestError, systemError } from './errors.ts'
import { wire } from './wire.ts'

const LARGEST_BATCH = 50

interface BatchRequest {
  readonly caller: Caller
  readonly params: JsonObject
  readonly settings: PortalSettings
  readonly requestId: string | undefined
}

interface BatchParts {
  readonly result: Map<string, unknown>
  readonly error: Map<string, unknown>
  readonly total: Map<string, unknown>
  readonly next: Map<string, unknown>
  readonly time: Map<string, Time>
}

/**
 * Runs up to fifty commands one after another; later ones may refer to what earlier ones gave. When any of
 * them writes, the batch is one transaction with a savepoint a command: one commit for all, and a command
 * that fails undoes only itself.
 */
export async function runBatch(dispatcher: Dispatcher, request: BatchRequest): Promise<Outcome> {
  const { params } = request
  const cmd = params['cmd'] ?? params['CMD'] ?? params['0'] ?? null
  const commands = parseBatchCommands(cmd, parsePhpForm)
  if (commands.length > LARGEST_BATCH) throw systemError('batchLength')
  const halt = wire.flag().safeParse(params['halt'] ?? params['HALT'] ?? params['1'] ?? false).data ?? false

  const run = (db: Reader, tx?: Tx) => runCommands(dispatcher, request, commands, halt, db, tx)
  const { store } = dispatcher.portal
  const writes = commands.some((command) => dispatcher.registry.find(command.method)?.write)
  const parts = await (writes ? store.write((tx) => run(tx, tx), { wide: true }) : run(store.read))
  return {
    result: {
      result: shapeOfKeys(parts.result),
      result_error: shapeOfKeys(parts.error),
      result_total: shapeOfKeys(parts.total),
      result_next: shapeOfKeys(parts.next),
      result_time: shapeOfKeys(parts.time),
    },
  }
}

async function runCommands(
  dispatcher: Dispatcher,
  { caller, settings, requestId }: BatchRequest,
  commands: readonly BatchCommand[],
  halt: boolean,
  db: Reader,
  tx: Tx | undefined,
): Promise<BatchParts> {
  const parts: BatchParts = { result: new Map(), error: new Map(), total: new Map(), next: new Map(), time: new Map() }
  for (const command of commands) {
    const began = performance.now()
    const start = dispatcher.portal.clock.now()
    try {
      const prepared = prepareCommand(dispatcher, caller, settings, command, parts.result)
      const id = requestId === undefined ? undefined : `${requestId}#${command.key}`
      const outcome = await runCommand(dispatcher, prepared, db, tx, id)
      parts.result.set(command.key, outcome.result)
      if (outcome.total !== undefined) parts.total.set(command.key, outcome.total)
      if (outcome.next !== undefined) parts.next.set(command.key, outcome.next)
      parts.time.set(command.key, dispatcher.timeOf(caller, command.method, start, performance.now() - began, settings))
    } catch (error) {
      if (!(error instanceof RestError)) throw error
      parts.error.set(command.key, { error: error.code, error_description: error.message, ...error.extra })
      if (halt) break
    }
  }
  return parts
}

function prepareCommand(
  dispatcher: Dispatcher,
  caller: Caller,
  settings: PortalSettings,
  command: BatchCommand,
  results: ReadonlyMap<string, unknown>,
): PreparedCall {
  if (command.method.toLowerCase() === 'batch') throw systemError('batchMethodNotAllowed')
  const method = dispatcher.registry.get(command.method)
  if (method.batch === false) throw systemError('batchMethodNotAllowed')
  return dispatcher.prepare(caller, method, resolveReferences(command.params, results), settings)
}

function runCommand(
  dispatcher: Dispatcher,
  prepared: PreparedCall,
  db: Reader,
  tx: Tx | undefined,
  requestId: string | undefined,
): Promise<Outcome> {
  if (tx === undefined || prepared.method.read) return prepared.run(db)
  return tx.savepoint(() => dispatcher.inTransaction(tx, prepared, requestId))
}
