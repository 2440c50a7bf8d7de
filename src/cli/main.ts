#!/usr/bin/env -S node --max-semi-space-size=4
// A larger nursery for young objects would keep 15 MB more for five messages in a hundred.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { nodeProblem } from './node-version.ts'

const problem = nodeProblem(process.version)
if (problem === undefined) {
  // Whoever reads the output may stop early, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  // Stripping the types anew costs each start 300 ms and 30 MB. Where the folder cannot be written there is no cache.
  enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/cordboard', import.meta.url)))
  // Loaded late: an old Node stumbles over what these import before it could be told.
  const { run } = await import('./run.ts')
  process.exitCode = await run(process.argv.slice(2), process.env)
} else {
  process.stderr.write(`cordboard: ${problem}\n`)
  process.exitCode = 1
}
