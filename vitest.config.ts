import { defineConfig } from 'vitest/config'
import { findPostgres } from './test/support/postgres-server.ts'

const report = process.env['CORDBOARD_TEST_REPORT']

/** Suites that touch storage: they run over both engines. */
const OVER_BOTH = ['storage', 'domain', 'rest', 'conformance', 'jobs', 'events', 'http', 'clients'].map(
  (room) => `test/${room}/**/*.test.ts`,
)

const hasPostgres = findPostgres() !== undefined
if (!hasPostgres && process.env['CORDBOARD_TEST_REQUIRE_ALL'] !== '1')
  console.warn(
    'PostgreSQL is not on this machine: the suites run over SQLite only (Debian: apt-get install postgresql)',
  )

export default defineConfig({
  test: {
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    reporters: report === undefined ? ['default'] : ['default', 'json'],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
    projects: [
      { extends: true, test: { name: 'sqlite', include: ['test/**/*.test.ts'], provide: { postgresUrl: undefined } } },
      ...(hasPostgres || process.env['CORDBOARD_TEST_REQUIRE_ALL'] === '1'
        ? [
            {
              extends: true as const,
              test: {
                name: 'postgres',
                include: OVER_BOTH,
                exclude: ['test/storage/sqlite/**'],
                globalSetup: ['test/support/postgres-setup.ts'],
              },
            },
          ]
        : []),
    ],
  },
})
