import { UserError } from '../kernel/errors.ts'

/** The scopes named, each checked; all there are where none was named. */
export async function checkScopes(named: readonly string[] | undefined): Promise<string[]> {
  // Loaded when wanted: with every method comes most of the server.
  const [{ documentedMethods, methods }, { Registry }, { wireEvents }] = await Promise.all([
    import('../rest/methods.gen.ts'),
    import('../rest/registry.ts'),
    import('../events/wire/index.ts'),
  ])
  const known = new Registry(methods, documentedMethods, wireEvents).scopes()
  if (named === undefined) return known
  const unknown = named.find((scope) => !known.includes(scope))
  if (unknown !== undefined) throw new UserError(`There is no scope "${unknown}": there are ${known.join(', ')}`)
  return [...new Set(named)]
}
