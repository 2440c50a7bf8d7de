import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres-server.ts'

/** Starts one server for all suites of a run over PostgreSQL. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ settings: { max_connections: 300 } })
  project.provide('postgresUrl', server.socketUrl)
  return async () => server[Symbol.asyncDispose]()
}
