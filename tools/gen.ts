import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readContract } from './contract.ts'
import { registrySource } from './registry.ts'

/**
 * Writes everything that is made from the declarations. `--check` writes nothing, names each file that is out
 * of date and ends with 1 when there is one.
 */
const ROOT = new URL('..', import.meta.url).pathname
const REGISTRY = 'src/rest/methods.gen.ts'
/** Holds nothing but what is generated. */
const REFERENCE = 'docs/reference'

const check = process.argv.includes('--check')
const stale: string[] = []

async function put(path: string, text: string): Promise<void> {
  const file = join(ROOT, path)
  const found = await readFile(file, 'utf8').catch(() => undefined)
  if (found === text) return
  stale.push(path)
  if (check) return
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

async function removeOthers(kept: ReadonlySet<string>): Promise<void> {
  const found = await readdir(join(ROOT, REFERENCE), { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of found) {
    const path = join(entry.parentPath, entry.name).slice(ROOT.length)
    if (!entry.isFile() || kept.has(path)) continue
    stale.push(path)
    if (!check) await rm(join(ROOT, path))
  }
}

const contract = await readContract()
await put(REGISTRY, await registrySource(contract))
// While the registry is out of date there is no telling whether the pages are.
if (!check || stale.length === 0) {
  // Imported here: the registry was written just now.
  const [{ methods }, { referencePages }] = await Promise.all([
    import('../src/rest/methods.gen.ts'),
    import('./generated.ts'),
  ])
  const pages = referencePages(methods, contract)
  for (const [path, text] of pages) await put(path, text)
  await removeOthers(new Set(pages.keys()))
}

if (check && stale.length > 0) {
  console.error(`Out of date: ${stale.join(', ')}. Run "npm run gen".`)
  process.exitCode = 1
}
