import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContractMethod } from './contract.ts'

const REST = new URL('../src/rest/', import.meta.url).pathname

/** Every file below `src/rest` that declares methods, with the names of its exported declarations. */
async function declarations(): Promise<{ file: string; names: string[] }[]> {
  const files = (await readdir(REST, { recursive: true }))
    .filter((file) => file.endsWith('.ts') && file.includes('/'))
    .toSorted()
  const found = []
  for (const file of files) {
    const text = await readFile(join(REST, file), 'utf8')
    const names = [...text.matchAll(/^export const (\w+)(?:: [\w<>[\] ]+)? = (?:method|methodsOf\w+)\(/gm)].map(
      (match) => match[1]!,
    )
    if (names.length > 0) found.push({ file, names })
  }
  return found
}

/** The text of `src/rest/methods.gen.ts`. */
export async function registrySource(contract: readonly ContractMethod[]): Promise<string> {
  const found = (await declarations()).map((entry) => ({ ...entry, module: moduleName(entry.file) }))
  // By module, so that two resources may each have their `userGet`. A constant may hold one method or, for
  // families that come from one description, a list of them.
  const constants = found.flatMap(({ module, names }) => names.map((name) => `${module}.${name}`))
  const documented = [...new Set(contract.map(({ name }) => name))].toSorted()
  return [
    '// Made by `npm run gen` from the declarations in this folder and from contract/. Do not edit.',
    ...found.map(({ file, module }) => `import * as ${module} from './${file}'`),
    "import type { Method } from './method.ts'",
    '',
    `export const methods: readonly Method[] = [\n${constants.map((name) => `  ${name},`).join('\n')}\n].flat()`,
    '',
    `export const documentedMethods: readonly string[] = [\n${documented.map((name) => `  '${name}',`).join('\n')}\n]`,
    '',
  ].join('\n')
}

/** `imUserStatus` for `im/user-status.ts`. */
function moduleName(file: string): string {
  return file.replace(/\.ts$/, '').replaceAll(/[/-](\w)/g, (_, letter: string) => letter.toUpperCase())
}
